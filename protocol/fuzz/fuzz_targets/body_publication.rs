//! libFuzzer on [`decoders::body_publication`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::body_publication(data);
});
