//! libFuzzer on [`decoders::body_withdrawal`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::body_withdrawal(data);
});
