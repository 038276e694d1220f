//! libFuzzer on [`decoders::checkpoint`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::checkpoint(data);
});
