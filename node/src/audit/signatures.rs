//! Signatures of statements, verified many at a time on all cores, each as strictly as when its statement came in.
//!
//! Batch verification would take half the time on one core, but it cannot promise the same: it accepts with some chance
//! what `verify_strict` refuses, when points of small order cancel out. So it is not used.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::sign::{Envelope, VerifyError};

use crate::journal::Place;

/// Signatures that are handed over together: enough that handing over costs nothing beside them.
const TOGETHER: usize = 128;
/// Hands that wait for a core, for each core; whoever reads on beyond that waits.
const WAITING: usize = 4;

type Job = (Place, VerifyingKey, Envelope);
type Verdict = Result<(), (Place, VerifyError)>;

/// Signatures on their way to be verified, while the reading of the journal goes on.
#[derive(Default)]
pub(super) struct Signatures {
    hand: Vec<Job>,
    crew: Option<Crew>,
}

/// A thread for each core.
struct Crew {
    jobs: SyncSender<Vec<Job>>,
    threads: Vec<JoinHandle<Verdict>>,
}

impl Signatures {
    /// Takes one, of an entry of the exchange log.
    pub(super) fn add(&mut self, place: Place, key: VerifyingKey, envelope: Envelope) {
        self.hand.push((place, key, envelope));
        if self.hand.len() == TOGETHER {
            self.hand_over();
        }
    }

    /// Waits for all that were taken.
    ///
    /// # Errors
    /// The first entry whose signature is not valid.
    pub(super) fn finish(&mut self) -> Verdict {
        if !self.hand.is_empty() {
            self.hand_over();
        }
        let Some(Crew { jobs, threads }) = self.crew.take() else { return Ok(()) };
        drop(jobs);
        let verdicts = threads.into_iter().map(|thread| match thread.join() {
            Ok(verdict) => verdict,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        verdicts.filter_map(Result::err).min_by_key(|(place, _)| place.entry).map_or(Ok(()), Err)
    }

    fn hand_over(&mut self) {
        let crew = self.crew.get_or_insert_with(Crew::start);
        // It fails only when every thread panicked, and then `finish` does too.
        let _ = crew.jobs.send(std::mem::take(&mut self.hand));
    }
}

impl Crew {
    fn start() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let (jobs, waiting) = sync_channel(cores * WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let work = |_| {
            let waiting = Arc::clone(&waiting);
            thread::spawn(move || verify(&waiting))
        };
        Crew { jobs, threads: (0..cores).map(work).collect() }
    }
}

/// Verifies hands until there are no more; the first entry in them whose signature is not valid.
fn verify(waiting: &Mutex<Receiver<Vec<Job>>>) -> Verdict {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    let mut verdict = Ok(());
    while let Ok(hand) = next() {
        for (place, key, envelope) in &hand {
            if verdict.is_ok() {
                verdict = envelope.verify(key).map_err(|error| (*place, error));
            }
        }
    }
    verdict
}
