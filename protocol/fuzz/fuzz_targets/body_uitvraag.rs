//! libFuzzer on [`decoders::body_uitvraag`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::body_uitvraag(data);
});
