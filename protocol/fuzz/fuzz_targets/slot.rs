//! libFuzzer on [`decoders::slot`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::slot(data);
});
