//! What the weegploeg makes of the answers: a weging for each core party, then a decision. Both are kept under the case's
//! key at the asker, and go to nobody.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use weegnet_protocol::id::Slug;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::{Oin, Timestamp};

use super::fold::content;
use super::record::{CaseId, OwnRecord, Record};
use super::{ActError, OwnCommand, note};
use crate::node::Node;
use crate::people::Actor;

/// Criterion by criterion, with reasons and never a score ([`Weging`](EntryKind::Weging)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Weging {
    /// When.
    pub at: Timestamp,
    /// Who wrote it down.
    pub by: Actor,
    /// Whose weging it is: of a core party.
    pub of: Oin,
    /// In which case.
    pub case: CaseId,
    /// Codes of the convenant, each with its reason.
    pub criteria: Vec<(Slug, String)>,
}

/// What the weegploeg decided ([`Besluit`](EntryKind::Besluit)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Besluit {
    /// When.
    pub at: Timestamp,
    /// Who wrote it down.
    pub by: Actor,
    /// In which case.
    pub case: CaseId,
    /// Who is invited, to a casusoverleg.
    pub with: Vec<Oin>,
    /// Why.
    pub reason: String,
    /// What.
    pub outcome: Outcome,
}

/// What a weegploeg can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing follows.
    GeenActie,
    /// It is weighed once more, with more information.
    MeerInformatie,
    /// A case conference, with those who have a role in it.
    Casusoverleg,
    /// It is for criminal law.
    StrafrechtelijkOnderzoek,
}

/// No such outcome.
#[derive(Debug, thiserror::Error)]
#[error("an outcome is one of geen-actie, meer-informatie, casusoverleg, strafrechtelijk-onderzoek")]
pub struct NotAnOutcome;

impl Outcome {
    /// All four.
    pub const ALL: [Outcome; 4] =
        [Outcome::GeenActie, Outcome::MeerInformatie, Outcome::Casusoverleg, Outcome::StrafrechtelijkOnderzoek];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::GeenActie => "geen-actie",
            Outcome::MeerInformatie => "meer-informatie",
            Outcome::Casusoverleg => "casusoverleg",
            Outcome::StrafrechtelijkOnderzoek => "strafrechtelijk-onderzoek",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = NotAnOutcome;

    fn from_str(text: &str) -> Result<Self, NotAnOutcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text).ok_or(NotAnOutcome)
    }
}

/// What was weighed and decided in a case so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Weighed {
    /// The last weging of each core party.
    pub wegingen: Vec<Weging>,
    /// The last decision.
    pub besluit: Option<Besluit>,
}

impl Weighed {
    /// Whether nothing is weighed any more. Who wanted more information weighs again.
    pub fn is_decided(&self) -> bool {
        self.besluit.as_ref().is_some_and(|besluit| besluit.outcome != Outcome::MeerInformatie)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Weging(weging) => {
                self.wegingen.retain(|other| other.of != weging.of);
                self.wegingen.push(weging);
            }
            Step::Besluit(besluit) => self.besluit = Some(besluit),
        }
    }
}

/// One step of a weegploeg.
#[derive(Debug, Clone)]
pub enum Step {
    /// A core party weighed.
    Weging(Weging),
    /// It was decided.
    Besluit(Besluit),
}

impl Step {
    fn case(&self) -> CaseId {
        match self {
            Step::Weging(weging) => weging.case,
            Step::Besluit(besluit) => besluit.case,
        }
    }
}

/// Writes a step down in its case, whether that still has an owner or not.
pub async fn weigh(node: &Arc<Node>, step: Step) -> Result<(), ActError> {
    let id = step.case();
    let _alone = node.weighing.lock().await;
    if let Some(inbox) = node.own().get(&id) {
        let (done, result) = oneshot::channel();
        if inbox.send(OwnCommand::Weigh(Box::new(step.clone()), done)).await.is_ok()
            && let Ok(result) = result.await
        {
            return result;
        }
    }
    // The owner ended before it took this, so nobody else writes to the case.
    let Some(Record::Own(mut own)) = node.ledger.case(&id) else { return Err(ActError::TooLate) };
    write(node, &mut own, step).await?;
    node.ledger.put(&Record::Own(own));
    Ok(())
}

/// Records a step, for the owner of the case.
pub(super) async fn write(node: &Node, own: &mut OwnRecord, step: Step) -> Result<(), ActError> {
    if own.weighed.is_decided() {
        return Err(ActError::TooLate);
    }
    let convenant = Some(&own.matter.convenant);
    let entry = match &step {
        Step::Weging(weging) => note(EntryKind::Weging, convenant, own.vault, weging.clone()),
        Step::Besluit(besluit) => note(EntryKind::Besluit, convenant, own.vault, besluit.clone()),
    };
    node.ledger.record((), vec![entry]).await?;
    own.weighed.take(step);
    Ok(())
}

/// What the journal says of it.
pub(super) fn fold(kind: EntryKind, body: &[u8], records: &mut BTreeMap<CaseId, Record>) -> Option<()> {
    let step = match kind {
        EntryKind::Weging => Step::Weging(content(body)?),
        _ => Step::Besluit(content(body)?),
    };
    if let Record::Own(own) = records.get_mut(&step.case())? {
        own.weighed.take(step);
    }
    Some(())
}
