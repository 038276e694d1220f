//! libFuzzer on [`decoders::tiles`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::tiles(data);
});
