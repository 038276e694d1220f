//! libFuzzer on [`decoders::cbor`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::cbor(data);
});
