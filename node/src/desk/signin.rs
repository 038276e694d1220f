//! Coming to the desk by a browser.

use std::sync::{Arc, PoisonError};

use weegnet_policy::role::Roles;
use weegnet_protocol::codec::Hash;

use super::Desk;
use crate::clock;
use crate::node::Node;
use crate::people::PeopleError;
use crate::people::session::{SessionEnded, SessionId};

/// A person who is signed in.
pub struct Inside {
    /// At the desk.
    pub desk: Desk,
    /// What they may be.
    pub roles: Roles,
    /// Whether the second factor was shown again a moment ago.
    pub stepped_up: bool,
}

impl Desk {
    /// Lets a person in by their session; `None` when there never was one.
    pub fn enter_by_session(
        node: &Arc<Node>,
        id: &SessionId,
        browser: &Hash,
        by_hand: bool,
    ) -> Result<Inside, Option<SessionEnded>> {
        let people = node.people.read().unwrap_or_else(PoisonError::into_inner);
        let entered = people.enter(&node.sessions, id, browser, by_hand, clock::now());
        let (actor, stepped_up) = entered.map_err(Some)?;
        let roles = people.roles(&actor);
        drop(people);
        Ok(Inside { desk: Desk { node: Arc::clone(node), actor, stepped_up }, roles, stepped_up })
    }

    /// What lets something leave or go for good: with a credential at once, in a browser after the second factor once more.
    pub(super) fn expect_stepped_up(&self) -> Result<(), PeopleError> {
        if self.stepped_up { Ok(()) } else { Err(PeopleError::NeedsStepUp) }
    }
}
