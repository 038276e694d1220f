//! libFuzzer on [`decoders::body_refusal`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::body_refusal(data);
});
