//! Every bound of the link by name and unit, in one place, so that a test can make a wait short without a second code path.

use std::time::Duration;

use weegnet_protocol::codec::MAX_BYTES;

/// Handshakes of unknown callers at one time; one more pushes out the oldest.
pub const PENDING_INBOUND: usize = 32;
/// Connections per member; a newer authenticated one evicts the oldest.
pub const CONNECTIONS_PER_PEER: usize = 2;
/// Streams per connection, both directions together.
pub const STREAMS_PER_CONNECTION: usize = 16;
/// Deliveries to one member that wait for their reply; the next `deliver` waits for room.
pub const OUTBOUND_IN_FLIGHT: usize = 1024;
/// Deliveries from one member that wait for our reply, in bytes; at the bound its streams are not read any more.
pub const INBOUND_IN_FLIGHT_BYTES: usize = 4 * 1024 * 1024;
/// What the smallest delivery counts for in [`INBOUND_IN_FLIGHT_BYTES`], so that their number is bounded too.
pub const INBOUND_FRAME_FLOOR_BYTES: usize = 4 * 1024;
/// Deliveries from one member that wait for our reply, in number: follows from the two bounds above.
pub const INBOUND_IN_FLIGHT: usize = INBOUND_IN_FLIGHT_BYTES / INBOUND_FRAME_FLOOR_BYTES;
/// Frames are gathered up to this many bytes, then written and flushed at once.
pub const WRITE_BATCH_BYTES: usize = MAX_BYTES;
/// Read-ahead per stream, in bytes.
pub const READ_BUFFER_BYTES: usize = 32 * 1024;
/// Commands from handles to the link's task.
pub const COMMAND_QUEUE: usize = 16;

/// The waits; all have one value outside tests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// From accepted (or dialled) to authenticated and multiplexed, and from opening a stream to its protocol agreed.
    pub handshake: Duration,
    /// From the first byte of a frame to its last.
    pub frame: Duration,
    /// From a batch of frames handed to the stream to all of it taken; also for bytes handed to the socket.
    pub write: Duration,
    /// Between two heartbeats.
    pub beat: Duration,
    /// Without a heartbeat a connection counts as dead.
    pub silence: Duration,
    /// After the first failed attempt to reach a member.
    pub redial_first: Duration,
    /// Between any two attempts at most.
    pub redial_most: Duration,
    /// A stream that lived this long forgets earlier failures.
    pub steady: Duration,
}

impl Limits {
    /// As they run.
    pub const STANDARD: Limits = Limits {
        handshake: Duration::from_secs(10),
        frame: Duration::from_secs(10),
        write: Duration::from_secs(20),
        beat: Duration::from_secs(10),
        silence: Duration::from_secs(30),
        redial_first: Duration::from_millis(200),
        redial_most: Duration::from_secs(30),
        steady: Duration::from_secs(10),
    };
}
