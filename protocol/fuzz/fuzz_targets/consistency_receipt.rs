//! libFuzzer on [`decoders::consistency_receipt`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::consistency_receipt(data);
});
