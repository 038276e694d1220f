//! libFuzzer on [`decoders::tile_path`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::tile_path(data);
});
