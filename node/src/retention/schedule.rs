//! When it is forgotten: before a node serves, when answer windows close, and once a day.

use std::sync::Arc;
use std::time::Duration;

use weegnet_protocol::Timestamp;
use weegnet_protocol::time::Millis;

use super::bodies::Cause;
use super::{RetentionError, pass, window};
use crate::clock;
use crate::config::TimeOfDay;
use crate::node::Node;

/// When the daily pass runs where `node.toml` does not say: 03:30 UTC.
const DAILY_AT: TimeOfDay = match TimeOfDay::from_minutes(210) {
    Some(time) => time,
    None => panic!("a time of day"),
};
/// Longest time between two passes, whatever the clock says: 24 h.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Longest sleep before the clock is looked at again, which may have been set: 60 s.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Pause before what could not be written down is tried again: 5 s.
const RETRY: Duration = Duration::from_secs(5);

/// The pass of a start: what became due while the node was off, or came back with a backup, goes before anything is served.
pub async fn before_serving(node: &Arc<Node>) {
    match pass(node, Cause::Start, None, clock::now(), false).await {
        Ok(report) => {
            if let Some(number) = report.pass {
                tracing::info!(pass = number, "what was due is erased");
            }
        }
        // Tried again by the schedule: a full disk must not keep a node from refusing in order.
        Err(error) => tracing::error!(%error, "not everything that is due could be erased"),
    }
}

/// The pass before an act on a stopped node: without it, a backup that was put back would show what had been erased.
///
/// # Errors
/// [`RetentionError`]: what is due could not be erased, so nothing is shown. A node that lost entries writes nothing, and
/// shows nothing either.
pub async fn before_acting(node: &Arc<Node>) -> Result<(), RetentionError> {
    pass(node, Cause::Start, None, clock::now(), false).await.map(|_| ())
}

/// Forgets in time until the node stops.
pub async fn keep(node: Arc<Node>) {
    let mut last = tokio::time::Instant::now();
    let mut next = next_daily(&node, clock::now());
    let mut wait = Duration::ZERO;
    loop {
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            () = node.retention.sooner.notified() => {}
        }
        let now = clock::now();
        wait = LONGEST_SLEEP;
        if next <= now || last.elapsed() >= LONGEST_PAUSE {
            match pass(&node, Cause::Daily, None, now, false).await {
                Ok(_) => {
                    last = tokio::time::Instant::now();
                    next = next_daily(&node, now);
                }
                Err(error) => {
                    tracing::error!(%error, "the retention pass is tried again");
                    wait = RETRY;
                }
            }
        } else if node.retention.next_window().is_some_and(|ends| ends <= now)
            && let Err(error) = window::close_now(&node, now).await
        {
            tracing::error!(%error, "who questions without a match were about is not erased yet; it is tried again");
            wait = RETRY;
            continue;
        }
        let coming = node.retention.next_window().map_or(LONGEST_SLEEP, clock::until);
        wait = wait.min(coming.max(Duration::from_millis(1))).min(clock::until(next).max(Duration::from_millis(1)));
    }
}

/// The next moment of the daily pass after `now`.
fn next_daily(node: &Node, now: Timestamp) -> Timestamp {
    let at = node.config.retention_at.unwrap_or(DAILY_AT);
    let today = now.day().start() + at.since_midnight();
    if now < today { today } else { today + Millis::hours(24) }
}
