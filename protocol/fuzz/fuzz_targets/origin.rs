//! libFuzzer on [`decoders::origin`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::origin(data);
});
