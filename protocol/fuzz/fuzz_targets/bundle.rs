//! libFuzzer on [`decoders::bundle`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::bundle(data);
});
