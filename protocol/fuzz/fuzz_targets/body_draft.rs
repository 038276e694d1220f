//! libFuzzer on [`decoders::body_draft`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::body_draft(data);
});
