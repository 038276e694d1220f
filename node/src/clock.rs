//! The only place where the node asks what time it is and draws randomness.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use weegnet_protocol::Timestamp;

/// This machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// How long to sleep until `moment`; zero when it has passed.
pub fn until(moment: Timestamp) -> Duration {
    Duration::from_millis(now().until(moment).0)
}

/// Fresh randomness from the operating system.
///
/// # Panics
/// When the operating system has none to give: nothing here can go on without.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
