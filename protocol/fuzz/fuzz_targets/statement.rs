//! libFuzzer on [`decoders::statement`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::statement(data);
});
