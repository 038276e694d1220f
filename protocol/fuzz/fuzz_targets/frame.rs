//! libFuzzer on [`decoders::frame`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::frame(data);
});
