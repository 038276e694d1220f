//! Waiting for an event: looks again and again until it is there, and fails loudly when it does not come.

use std::time::{Duration, Instant};

/// Longest that any single event may take on a busy machine: 60 s.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// What `look` finds, as soon as it finds anything.
///
/// # Panics
/// After [`PATIENCE`].
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look)
}

/// Like [`until`], for an event that takes longer, or must come sooner.
///
/// # Panics
/// After `patience`.
pub fn within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "did not happen within {patience:?}: {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}
