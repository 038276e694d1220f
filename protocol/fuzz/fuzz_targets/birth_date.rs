//! libFuzzer on [`decoders::birth_date`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::birth_date(data);
});
