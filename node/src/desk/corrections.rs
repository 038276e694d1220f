//! Corrections that came in wait for a privacy officer: weegnet changes no register and no journal because of one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_protocol::codec;
use weegnet_protocol::id::{StatementId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LogName};
use weegnet_protocol::sign::read_body;
use weegnet_protocol::statement::{Correction, Right, Wish, WrongField};
use weegnet_protocol::{Oin, Timestamp};

use super::subject::{Words, words};
use super::{Desk, DeskError};
use crate::exchange::bodies::{CorrectionHandled, Note};
use crate::exchange::correction::Heard;
use crate::exchange::note;
use crate::oversight::entries::EntryView;
use crate::people::PersonName;

/// One that came in. Who it is about stands nowhere in it: that shows a specific look at its uitvraag (`officer look`).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CorrectionView {
    /// Which.
    pub id: StatementId,
    /// Who says it.
    pub from: Oin,
    /// Its name in the convenant.
    pub name: String,
    /// When it came in.
    pub received: Timestamp,
    /// What it says; absent when the case is erased here: then only the fact is kept, and nothing is left to correct.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub says: Option<Says>,
    /// Who is done with it, and when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub handled: Option<HandledView>,
}

/// What a correction says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Says {
    /// In which uitvraag they had said it.
    pub uitvraag: UitvraagId,
    /// What they had said: `concept`, `vraag` or `antwoord`.
    pub about: String,
    /// Where that stands, as `log show` takes it.
    pub entry: String,
    /// On which right it rests.
    pub right: Right,
    /// What was wrong.
    pub wrong: BTreeSet<WrongField>,
    /// What they ask.
    pub wish: Wish,
    /// Whom to ask there.
    pub contact: String,
}

/// That somebody is done with one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HandledView {
    /// When.
    pub at: Timestamp,
    /// Who; absent when that is erased.
    pub by: Option<PersonName>,
    /// What was done; absent when that is erased.
    pub what: Option<String>,
}

impl Desk {
    /// Corrections that wait for an officer; also those that are handled when `all`.
    pub async fn corrections(&self, all: bool) -> Result<Vec<CorrectionView>, DeskError> {
        self.may(HouseAct::READ).await?;
        self.inspects("corrections", String::new(), None).await?;
        let heard = self.node.corrections.all_heard().into_iter();
        heard.filter(|(_, heard)| all || heard.handled.is_none()).map(|(id, heard)| self.view(id, heard)).collect()
    }

    /// Marks one as handled.
    pub async fn correction_done(&self, id: StatementId, what: Words) -> Result<CorrectionView, DeskError> {
        self.may(HouseAct::OVERSEE).await?;
        let what = words(&what.text, "say what was done, with --what")?;
        let _alone = self.node.corrections.deciding.lock().await;
        let heard = self.node.corrections.heard(&id).ok_or(DeskError::NotFound("correction"))?;
        if heard.handled.is_some() {
            return Err(DeskError::Input(
                "this correction was handled before: see 'weegnet officer corrections --all'".into(),
            ));
        }
        let vault = self.node.ledger.new_case()?;
        let handled = CorrectionHandled { by: self.actor.clone(), correction: id, what };
        let mut entry = note(EntryKind::CorrectionHandled, None, vault, handled);
        // The leaf tells which one, for good: it stays handled when who did it, and what, is erased.
        entry.id = id.into();
        let recorded = self.node.ledger.record((), vec![entry]).await?;
        self.node.corrections.handled(&id, recorded.index());
        self.view(id, Heard { handled: Some(recorded.index()), ..heard })
    }

    fn view(&self, id: StatementId, heard: Heard) -> Result<CorrectionView, DeskError> {
        let journal = self.node.ledger.journal();
        let stored = journal.read(LogName::Exchange, heard.index)?;
        let body = journal.body(&stored)?.and_then(|body| read_body::<Correction>(&body).ok());
        let says = body.map(|correction| {
            let (about, entry) = self.corrected(&correction);
            Says {
                uitvraag: correction.about().uitvraag_id,
                about,
                entry,
                right: correction.right(),
                wrong: correction.wrong().clone(),
                wish: correction.wish(),
                contact: correction.contact().to_string(),
            }
        });
        let handled = match heard.handled {
            None => None,
            Some(index) => {
                let stored = journal.read(LogName::House, index)?;
                let body = journal.body(&stored)?;
                let note = body.and_then(|body| codec::decode::<Note<CorrectionHandled>>(&body).ok());
                let (by, what) = note.map(|note| (note.content.by.person, note.content.what)).unzip();
                Some(HandledView { at: stored.leaf.time, by, what })
            }
        };
        let policies = self.node.convenants.texts();
        let party = policies.iter().find_map(|policy| policy.ratified().party(&heard.from));
        let name = party.map_or_else(String::new, |party| party.name.to_string());
        Ok(CorrectionView { id, from: heard.from, name, received: heard.at, says, handled })
    }

    /// What a correction is about, and its place in the exchange log: it was looked up when the correction came in.
    fn corrected(&self, correction: &Correction) -> (String, String) {
        let said = self.node.ledger.seen(&correction.about().id);
        let stored = said.and_then(|said| self.node.ledger.journal().read(LogName::Exchange, said.index).ok());
        stored.map_or_else(Default::default, |stored| {
            let what = match stored.leaf.kind {
                EntryKind::DraftReceived => "concept",
                EntryKind::AnswerReceived => "antwoord",
                _ => "vraag",
            };
            (what.into(), EntryView::of(&stored).place())
        })
    }
}
