//! Who writes: the thread, for callers that come together; or a caller itself, once for a while everybody came alone.
//! Then no thread has to be woken and waited for, which on an idle machine takes longer than the sync.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::shared::Shared;
use super::writer::{Call, Writer, refused};

/// Batches of one call, one after another, before a caller writes itself: 16; fewer where every call to the disk is broken,
/// so that both ways are.
pub(super) const LONE_BATCHES: u32 = if cfg!(test) { 4 } else { 16 };
/// A caller keeps its own thread waiting for the disk. That is left to the writer's thread when the last batch took
/// longer than 2 ms. In tests no time decides.
const QUICK: Duration = if cfg!(test) { Duration::MAX } else { Duration::from_millis(2) };

/// Whoever holds it writes.
pub(super) struct Pen {
    shared: Arc<Shared>,
    writer: Mutex<Writer>,
    /// Quick batches of one call since the last other one.
    lone: AtomicU32,
}

impl Pen {
    pub(super) fn new(shared: Arc<Shared>, writer: Writer) -> Self {
        Pen { shared, writer: Mutex::new(writer), lone: AtomicU32::new(0) }
    }

    /// Writes and answers a call if its caller is alone; gives it back when it is the thread's to write.
    pub(super) fn write_alone(&self, call: Call) -> Result<(), Call> {
        if self.lone.load(Ordering::Relaxed) < LONE_BATCHES || self.shared.crowd.is_one_of_several() {
            return Err(call);
        }
        let mut writer = match self.writer.try_lock() {
            Ok(writer) if !writer.closed && !self.shared.is_alarmed() => writer,
            Ok(_) | Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => return Err(call),
        };
        let alarm = Alarm::armed(&self.shared);
        if let Err(error) = self.serve(&mut writer, vec![call]) {
            refused(&error);
            return Ok(());
        }
        alarm.disarm();
        Ok(())
    }

    /// For the thread: waits for a caller that writes. `None` when one came to grief meanwhile.
    pub(super) fn take(&self) -> Option<MutexGuard<'_, Writer>> {
        self.writer.lock().ok()
    }

    /// For the thread at its end, whatever happened.
    pub(super) fn take_last(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a batch and notes how it went.
    pub(super) fn serve(&self, writer: &mut Writer, batch: Vec<Call>) -> io::Result<()> {
        let (calls, began) = (batch.len(), Instant::now());
        writer.serve(batch)?;
        match calls {
            0 => {}
            1 if began.elapsed() <= QUICK => {
                let _ = self.lone.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |lone| lone.checked_add(1));
            }
            _ => self.lone.store(0, Ordering::Relaxed),
        }
        Ok(())
    }
}

/// Tells everybody that this process must end, unless it is disarmed: also when what it watches panics.
pub(super) struct Alarm<'s>(Option<&'s Shared>);

impl<'s> Alarm<'s> {
    pub(super) fn armed(shared: &'s Shared) -> Self {
        Alarm(Some(shared))
    }

    pub(super) fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0 {
            shared.sound_alarm();
        }
    }
}
