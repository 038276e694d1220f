//! libFuzzer on [`decoders::oin`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::oin(data);
});
