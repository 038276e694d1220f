//! libFuzzer on [`decoders::person`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::person(data);
});
