//! libFuzzer on [`decoders::cosignature`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::cosignature(data);
});
