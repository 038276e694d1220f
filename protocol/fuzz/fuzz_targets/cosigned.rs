//! libFuzzer on [`decoders::cosigned`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    decoders::cosigned(data);
});
