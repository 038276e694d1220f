//! Whether this node signs. A node that lost part of its journal would sign a second history; so at start it first
//! hears what others hold of its log.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::journal::JournalError;

/// How long an act waits for the first other members after a start: 10 s.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It signs.
    Signs,
    /// Too few others said what they hold of its log.
    Waits,
    /// Others hold more of its log than it has, or another one.
    RolledBack,
}

/// The one switch.
#[derive(Debug)]
pub struct Signing {
    state: watch::Sender<State>,
}

impl Default for Signing {
    /// Signs: who works alone on a stopped node tells nobody.
    fn default() -> Self {
        Signing { state: watch::Sender::new(State::Signs) }
    }
}

impl Signing {
    /// Where it stands.
    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    /// Signs no more until others were heard; a rollback stays.
    pub fn wait_for_others(&self) {
        self.change(State::Waits);
    }

    /// Enough others were heard, or a human decided; a rollback stays. Whether this changed anything.
    pub fn begin(&self) -> bool {
        self.change(State::Signs)
    }

    /// Never again in this journal.
    pub fn stop(&self) {
        self.state.send_replace(State::RolledBack);
    }

    /// Returns when the node signs.
    ///
    /// # Errors
    /// [`JournalError::Unheard`] after 10 s without others, [`JournalError::RolledBack`] at once.
    pub async fn allowed(&self) -> Result<(), JournalError> {
        let mut state = self.state.subscribe();
        let decided = timeout(PATIENCE, state.wait_for(|state| *state != State::Waits)).await;
        match decided {
            Ok(Ok(state)) if *state == State::Signs => Ok(()),
            Ok(_) => Err(JournalError::RolledBack),
            Err(_) => Err(JournalError::Unheard),
        }
    }

    fn change(&self, to: State) -> bool {
        self.state.send_if_modified(|state| {
            let changes = *state != State::RolledBack && *state != to;
            if changes {
                *state = to;
            }
            changes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn signs_only_when_others_were_heard_and_never_after_a_rollback() {
        let signing = Signing::default();
        assert!(signing.allowed().await.is_ok());
        signing.wait_for_others();
        assert!(timeout(Duration::from_millis(20), signing.allowed()).await.is_err(), "it waits");
        assert!(signing.begin());
        assert!(!signing.begin());
        assert!(signing.allowed().await.is_ok());
        signing.stop();
        assert!(!signing.begin());
        signing.wait_for_others();
        assert!(matches!(signing.allowed().await, Err(JournalError::RolledBack)));
    }
}
