//! The door of the console: who is inside, who is trying, and who is enrolling at this moment. None of it is on disk.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use super::PersonName;
use super::password::{self, Cost, Verifier};
use super::patience::{Pace, Patience};
use super::session::Sessions;
use super::totp::TotpKey;

/// Passwords that are worked on together: each takes 64 MiB.
const HASHING_AT_ONCE: usize = 2;
/// Passwords that wait for that; a further one is told to come back.
const HASHING_WAITING: usize = 32;
/// How long somebody may take to set up their app: 15 min.
const ENROLLING_FOR: Millis = Millis::seconds(15 * 60);
/// People who enrol at the same time.
const MAX_ENROLLING: usize = 100;

/// Everything about coming in that a start forgets.
pub struct Door {
    /// Who is signed in.
    pub sessions: Sessions,
    /// Who tries to.
    pub patience: Patience,
    /// How many requests a client makes.
    pub pace: Pace,
    enrolling: Mutex<HashMap<Hash, Enrolling>>,
    hashing: Semaphore,
    waiting: Semaphore,
    pepper: Zeroizing<[u8; 32]>,
    cost: Cost,
    nobody: Verifier,
}

/// Too many people sign in at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// Somebody who has chosen a password and is setting up an app.
#[derive(Clone)]
pub(crate) struct Enrolling {
    pub(crate) person: PersonName,
    pub(crate) verifier: Verifier,
    pub(crate) totp: TotpKey,
    until: Timestamp,
}

impl Door {
    /// Of the node with this store key.
    pub fn new(store: &[u8; 32]) -> Self {
        // Tests that are not about the work have better things to do.
        #[cfg(test)]
        let cost = password::LITTLE;
        #[cfg(not(test))]
        let cost = password::COST;
        Self::with_cost(store, cost)
    }

    /// With another amount of work for each password.
    fn with_cost(store: &[u8; 32], cost: Cost) -> Self {
        Door {
            sessions: Sessions::default(),
            patience: Patience::default(),
            pace: Pace::default(),
            enrolling: Mutex::default(),
            hashing: Semaphore::new(HASHING_AT_ONCE),
            waiting: Semaphore::new(HASHING_AT_ONCE + HASHING_WAITING),
            pepper: password::pepper(store),
            cost,
            nobody: Verifier::of_nobody(cost),
        }
    }

    /// Opens a second factor with a password; for a name that nobody has, the same work for nothing.
    pub async fn open(
        &self,
        verifier: Option<&Verifier>,
        password: Zeroizing<String>,
    ) -> Result<Option<TotpKey>, Busy> {
        let (is_known, verifier) = (verifier.is_some(), verifier.unwrap_or(&self.nobody).clone());
        let pepper = self.pepper.clone();
        let opened = self.work(move || verifier.open(&password, &pepper)).await?;
        Ok(opened.filter(|_| is_known))
    }

    /// Chooses a second factor for a password: to be shown once, and confirmed by a code of it.
    pub(crate) async fn enrol(
        &self,
        code: Hash,
        person: PersonName,
        password: Zeroizing<String>,
        now: Timestamp,
    ) -> Result<TotpKey, Busy> {
        let (totp, pepper, cost) = (TotpKey::random(), self.pepper.clone(), self.cost);
        let made = totp.clone();
        let verifier = self.work(move || Verifier::new(&password, &made, &pepper, cost)).await?;
        let mut enrolling = self.enrolling();
        enrolling.retain(|_, other| now < other.until);
        if enrolling.len() >= MAX_ENROLLING {
            return Err(Busy);
        }
        enrolling.insert(code, Enrolling { person, verifier, totp: totp.clone(), until: now + ENROLLING_FOR });
        Ok(totp)
    }

    /// Who is enrolling with this code.
    pub(crate) fn enrolling_with(&self, code: &Hash, now: Timestamp) -> Option<Enrolling> {
        self.enrolling().get(code).filter(|enrolling| now < enrolling.until).cloned()
    }

    /// The enrolment is complete, or given up.
    pub(crate) fn enrolled(&self, code: &Hash) {
        self.enrolling().remove(code);
    }

    /// Does what takes much memory and time, beside the threads that serve.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _place = self.waiting.try_acquire().map_err(|_| Busy)?;
        let _turn = self.hashing.acquire().await.map_err(|_| Busy)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }

    fn enrolling(&self) -> MutexGuard<'_, HashMap<Hash, Enrolling>> {
        // Every change is one insert or remove.
        self.enrolling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
