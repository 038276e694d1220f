//! libFuzzer on [`decoders::contact`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::contact(data);
});
