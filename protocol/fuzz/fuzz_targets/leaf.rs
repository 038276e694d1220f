//! libFuzzer on [`decoders::leaf`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::leaf(data);
});
