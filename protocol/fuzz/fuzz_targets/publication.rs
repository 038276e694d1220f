//! libFuzzer on [`decoders::publication`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::publication(data);
});
