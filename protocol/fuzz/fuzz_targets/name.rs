//! libFuzzer on [`decoders::name`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::name(data);
});
