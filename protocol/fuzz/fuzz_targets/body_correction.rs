//! libFuzzer on [`decoders::body_correction`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::body_correction(data);
});
