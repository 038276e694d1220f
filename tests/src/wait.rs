//! Waiting for an event: looks again and again until it is there, and fails loudly when it does not come.

use std::time::{Duration, Instant};

use weegnet_node::clock;
use weegnet_protocol::Timestamp;
use weegnet_protocol::time::{Day, Millis};

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

/// Returns so long before a moment of the machine's clock, or at once when that has passed.
pub fn until_clock(moment: &str, lead: Duration) {
    std::thread::sleep(clock::until(timestamp(moment)).saturating_sub(lead));
}

/// Returns when the day (UTC) has room for a story that counts by the day.
pub fn out_of_midnight() {
    const ROOM_SECONDS: u64 = 300;
    const DAY_SECONDS: u64 = 86_400;
    let left = DAY_SECONDS - clock::now().as_seconds() % DAY_SECONDS;
    if left < ROOM_SECONDS {
        std::thread::sleep(Duration::from_secs(left));
    }
}

/// The moment that a node printed, such as `2026-11-23T12:00:00.000Z`.
///
/// # Panics
/// When it is none.
pub fn timestamp(text: &str) -> Timestamp {
    let number = |from: usize, to: usize| text[from..to].parse::<u64>().expect("a moment");
    let part = |from, to| u8::try_from(number(from, to)).expect("a moment");
    let day = Day::new(u16::try_from(number(0, 4)).expect("a year"), part(5, 7), part(8, 10)).expect("a day");
    let seconds = number(11, 13) * 3600 + number(14, 16) * 60 + number(17, 19);
    day.start() + Millis::seconds(seconds)
}
