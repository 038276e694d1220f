//! libFuzzer on [`decoders::sealed`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::sealed(data);
});
