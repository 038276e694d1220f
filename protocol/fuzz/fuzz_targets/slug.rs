//! libFuzzer on [`decoders::slug`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::slug(data);
});
