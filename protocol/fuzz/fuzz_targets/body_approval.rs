//! libFuzzer on [`decoders::body_approval`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::body_approval(data);
});
