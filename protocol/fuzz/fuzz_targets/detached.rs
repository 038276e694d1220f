//! libFuzzer on [`decoders::detached`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::detached(data);
});
