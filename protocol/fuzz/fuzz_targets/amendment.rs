//! libFuzzer on [`decoders::amendment`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::amendment(data);
});
