//! Places at which a test lets the process die, to prove that a crash there leaves the old register or the new one.

/// Dies here when this is the place, and the time, that the test chose. Nothing in the product.
#[cfg(not(test))]
pub(super) fn pass(_place: &'static str) {}

#[cfg(test)]
pub(super) use chosen::{VARIABLE, pass};

#[cfg(test)]
mod chosen {
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Names the place and how often it is passed before: `row-block:3`.
    pub(in crate::register) const VARIABLE: &str = "WEEGNET_TEST_DIE_AT";

    static PASSED: AtomicU32 = AtomicU32::new(0);

    pub(in crate::register) fn pass(place: &'static str) {
        let Ok(chosen) = std::env::var(VARIABLE) else { return };
        let (name, times) = chosen.split_once(':').unwrap_or((&chosen, "0"));
        if name == place && PASSED.fetch_add(1, Ordering::SeqCst).to_string() == times {
            std::process::abort();
        }
    }
}
