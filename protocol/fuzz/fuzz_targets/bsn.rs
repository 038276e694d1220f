//! libFuzzer on [`decoders::bsn`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::bsn(data);
});
