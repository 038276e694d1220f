//! libFuzzer on [`decoders::body_answer`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::body_answer(data);
});
