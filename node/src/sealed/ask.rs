//! Asking: a question for the table that an organisation published last.

use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::{ConvenantId, UitvraagId};
use weegnet_protocol::person::{PROFILE, PersonRef, link_keys};
use weegnet_protocol::sealed::ask::{NotAsked, ask};
use weegnet_protocol::sealed::{LinkKey, Sealed};
use weegnet_protocol::statement::Subject;
use weegnet_protocol::{Oin, Timestamp};

use super::{Tables, files};
use crate::clock;

/// Why an organisation cannot be asked sealed. It is never asked openly instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotAsk {
    /// Nothing of it is here, or its epoch is over.
    #[error(
        "organisation {0} is asked sealed, and no table of it is here that takes questions now: look with 'weegnet sealed \
         status' whether one is on its way, or leave this organisation out"
    )]
    NoTable(Oin),
    /// It was made with link keys of another version.
    #[error(
        "organisation {0} published a table under another version of the link keys: update both nodes to one version"
    )]
    OtherProfile(Oin),
    /// The person cannot be asked about.
    #[error(transparent)]
    NotAsked(#[from] NotAsked),
}

/// The link keys of a person, as both sides derive them.
pub(super) fn keys(person: &PersonRef) -> Vec<LinkKey> {
    link_keys(person, PROFILE).unwrap_or_default().iter().map(LinkKey::from).collect()
}

impl Tables {
    /// Whether an organisation can be asked about this person, so that an author hears it before anybody approves.
    ///
    /// # Errors
    /// [`CannotAsk`].
    pub fn can_ask(
        &self,
        convenant: &ConvenantId,
        to: &Oin,
        person: &PersonRef,
        now: Timestamp,
    ) -> Result<(), CannotAsk> {
        let state = self.lock();
        let publication = state.newest_held(convenant, to, now).ok_or(CannotAsk::NoTable(*to))?;
        if u32::from(publication.table.profile) != PROFILE.0 {
            return Err(CannotAsk::OtherProfile(*to));
        }
        let keys = keys(person);
        if keys.len() < 2 && !keys.iter().any(|key| key.strong) {
            return Err(NotAsked::TooThin.into());
        }
        Ok(())
    }

    /// Seals a question for an organisation, and gives the seed that shows an auditor who was asked about. Takes a while:
    /// call it where that is allowed.
    ///
    /// # Errors
    /// [`CannotAsk`].
    pub fn seal(
        &self,
        convenant: &ConvenantId,
        to: &Oin,
        uitvraag_id: &UitvraagId,
        subject: &Subject,
    ) -> Result<(Sealed, Bytes<32>), CannotAsk> {
        let now = clock::now();
        self.can_ask(convenant, to, &subject.person, now)?;
        let publication = self.lock().newest_held(convenant, to, now).cloned().ok_or(CannotAsk::NoTable(*to))?;
        let table = files::read(&files::held(&self.dir, &publication.root), &publication);
        let Some(table) = table else {
            // What was here is gone or damaged: it is fetched anew.
            files::remove(&files::held(&self.dir, &publication.root));
            self.learn(publication, now);
            return Err(CannotAsk::NoTable(*to));
        };
        let seed = Bytes(clock::random());
        let sealed = ask(uitvraag_id, subject, &keys(&subject.person), &publication, &table, &seed)?;
        Ok((sealed, seed))
    }
}
