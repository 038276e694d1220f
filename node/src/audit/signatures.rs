//! Signatures of statements, verified many at a time on all cores, each as strictly as when its statement came in.
//!
//! Batch verification would take half the time on one core, but it cannot promise the same: it accepts with some chance
//! what `verify_strict` refuses, when points of small order cancel out. So it is not used.

use std::num::NonZero;
use std::thread;

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::log::LeafIndex;
use weegnet_protocol::sign::{Envelope, VerifyError};

/// Signatures that wait for each other: enough that starting threads costs nothing beside them.
const TOGETHER: usize = 2048;

/// Signatures not yet verified.
#[derive(Default)]
pub(super) struct Signatures {
    waiting: Vec<(LeafIndex, VerifyingKey, Envelope)>,
}

impl Signatures {
    /// Takes one, of an entry of the exchange log, and verifies those that wait when they are many.
    ///
    /// # Errors
    /// The first entry of those that waited whose signature is not valid.
    pub(super) fn add(
        &mut self,
        entry: LeafIndex,
        key: VerifyingKey,
        envelope: Envelope,
    ) -> Result<(), (LeafIndex, VerifyError)> {
        self.waiting.push((entry, key, envelope));
        if self.waiting.len() < TOGETHER { Ok(()) } else { self.finish() }
    }

    /// Verifies all that wait.
    ///
    /// # Errors
    /// The first entry whose signature is not valid.
    pub(super) fn finish(&mut self) -> Result<(), (LeafIndex, VerifyError)> {
        let waiting = std::mem::take(&mut self.waiting);
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let share = waiting.len().div_ceil(cores).max(1);
        thread::scope(|scope| {
            let threads: Vec<_> = waiting.chunks(share).map(|share| scope.spawn(|| first_invalid(share))).collect();
            threads.into_iter().try_for_each(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })
    }
}

fn first_invalid(share: &[(LeafIndex, VerifyingKey, Envelope)]) -> Result<(), (LeafIndex, VerifyError)> {
    share.iter().try_for_each(|(entry, key, envelope)| envelope.verify(key).map_err(|error| (*entry, error)))
}
