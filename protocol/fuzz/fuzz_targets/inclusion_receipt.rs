//! libFuzzer on [`decoders::inclusion_receipt`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::inclusion_receipt(data);
});
