//! libFuzzer on [`decoders::purpose`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::purpose(data);
});
