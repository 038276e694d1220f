//! libFuzzer on [`decoders::id`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::id(data);
});
