//! libFuzzer on [`decoders::disclosure`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::disclosure(data);
});
