//! Telling who heard something about a person that it was wrong, is to be erased, or is objected to (AVG 19, Wpg 28(5)).
//!
//! Nothing is told by recording a request or an objection (H11): it is an act of its own, in two steps. The first shows
//! whom it would tell what; the second repeats what the first showed, and tells exactly those.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::{ConvenantRef, EntryId, StatementId, UitvraagId};
use weegnet_protocol::log::LogName;
use weegnet_protocol::sign::{Envelope, Header};
use weegnet_protocol::statement::{Contact, Corrected, Correction, Kind, Right, Wish, WrongField};
use weegnet_protocol::{Oin, Timestamp};

use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::correction::{Progress, Telling, tell};
use crate::oversight::subject::{Objection, Request, Said, Step, Told};

/// What to tell.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tell {
    /// Which of the recorded wishes of the person, from 1; may be absent where there is one.
    #[serde(default)]
    pub number: Option<usize>,
    /// What was wrong.
    #[serde(default)]
    pub wrong: BTreeSet<WrongField>,
    /// What the recipients are asked to do; to rectify, or else to stop using it, when absent.
    #[serde(default)]
    pub wish: Option<Wish>,
    /// What the first step gave; without it nobody is told.
    #[serde(default)]
    pub confirm: Option<String>,
}

/// What is told, and to whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TellView {
    /// Which request.
    pub request: EntryId,
    /// Which of its wishes, from 1.
    pub number: usize,
    /// On which right it rests.
    pub right: Right,
    /// What was wrong.
    pub wrong: BTreeSet<WrongField>,
    /// What is asked.
    pub wish: Wish,
    /// Everybody who heard something.
    pub recipients: Vec<Recipient>,
    /// Repeats this list and nothing else; absent when there is nobody left to tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirm: Option<String>,
}

/// Somebody who heard something.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recipient {
    /// Who.
    pub oin: Oin,
    /// Its name in the convenant.
    pub name: String,
    /// What they got: `concept`, `vraag` or `antwoord`.
    pub what: String,
    /// In which uitvraag.
    pub uitvraag: UitvraagId,
    /// When it was said.
    pub when: String,
    /// Our contact point in the convenant, which they are given; absent where that convenant is not in force here, so that
    /// they must be told in another way.
    pub contact: Option<String>,
    /// How far an earlier correction is; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub told: Option<Progress>,
}

/// One that was told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ToldLine {
    /// Of which wish, from 1.
    pub number: usize,
    /// Who.
    pub oin: Oin,
    /// In which uitvraag they heard it.
    pub uitvraag: UitvraagId,
    /// The correction.
    pub correction: StatementId,
    /// How far it is.
    pub progress: Progress,
}

/// A statement of ours, as it stands in the exchange log.
struct Spoken {
    said: Said,
    header: Header,
    statement: Hash,
    at: Timestamp,
    contact: Option<Contact>,
    name: String,
    told: Option<Progress>,
}

/// A correction that nobody was told yet.
struct Unsaid {
    about: Said,
    content: Correction,
    to: Oin,
    convenant: ConvenantRef,
}

impl Spoken {
    fn is_to_be_told(&self) -> bool {
        self.contact.is_some() && !self.told.is_some_and(Progress::is_told)
    }

    fn line(&self) -> Recipient {
        let what = match self.header.kind {
            Kind::Draft => "concept",
            Kind::Answer => "antwoord",
            _ => "vraag",
        };
        Recipient {
            oin: self.header.audience,
            name: self.name.clone(),
            what: what.into(),
            uitvraag: self.said.uitvraag_id,
            when: self.at.to_string(),
            contact: self.contact.as_ref().map(Contact::to_string),
            told: self.told,
        }
    }
}

impl Desk {
    /// Shows whom it would tell what; with the confirmation of that, tells them. Who was told before and has it, or will
    /// get it, is not told again.
    pub async fn subject_tell(&self, id: EntryId, what: Tell) -> Result<TellView, DeskError> {
        self.may(HouseAct::SubjectAccess { content: true }).await?;
        if what.confirm.is_some() {
            self.expect_stepped_up()?;
        }
        let alone = Arc::clone(&self.node.corrections.deciding).lock_owned().await;
        let request = self.subject_request(id)?;
        let (number, objection, right, recorded) = numbered(&request, what.number)?;
        let wish = what.wish.unwrap_or(match right {
            Right::Rectification => Wish::Rectify,
            Right::Erasure | Right::Objection => Wish::StopUsing,
        });
        let found = self.confirmed(&request)?;
        // What was said when it was recorded, also when the case is erased by now; and what was said since.
        let mut said: BTreeSet<Said> = recorded.said.iter().copied().chain(found.said()).collect();
        if let Some(decision) = request.decision() {
            said.retain(|said| !decision.leave_out.contains(&said.uitvraag_id));
        }
        let mut spoken = self.spoken(&request, objection, &said)?;
        let corrections = corrections(&spoken, right, &what.wrong, wish)?;
        let confirm = confirmation(objection, &corrections);
        match &what.confirm {
            None => {
                self.node.ledger.record((), self.searched(&request, &found)).await?;
            }
            Some(given) if corrections.is_empty() || *given != confirm => {
                return Err(DeskError::Input(
                    "this is not what was shown last: look again without --confirm, and confirm what that shows".into(),
                ));
            }
            Some(_) => {
                let all = corrections.into_iter().map(|correction| self.telling(&request, objection, correction));
                tell(&self.node, all.collect(), alone).await?;
                spoken = self.spoken(&self.subject_request(id)?, objection, &said)?;
            }
        }
        let left = what.confirm.is_none() && spoken.iter().any(Spoken::is_to_be_told);
        Ok(TellView {
            request: id,
            number,
            right,
            wrong: what.wrong,
            wish,
            recipients: spoken.iter().map(Spoken::line).collect(),
            confirm: left.then_some(confirm),
        })
    }

    /// Everybody who was told in a request.
    pub(super) fn told(&self, request: &Request) -> Vec<ToldLine> {
        let objections = request.objections();
        let number = |objection| objections.iter().position(|(id, ..)| *id == objection).map(|at| at + 1);
        let line = |told: &Told| {
            Some(ToldLine {
                number: number(told.objection)?,
                oin: told.about.to,
                uitvraag: told.about.uitvraag_id,
                correction: told.correction,
                progress: self.node.corrections.progress(&told.correction, clock::now())?,
            })
        };
        request.told().filter_map(line).collect()
    }

    /// A correction with the decision to say it.
    fn telling(&self, request: &Request, objection: EntryId, correction: Unsaid) -> Telling {
        let Unsaid { about, content, to, convenant } = correction;
        let id = StatementId::new(clock::now(), clock::random());
        let step = Step::Told(Told { objection, about, correction: id });
        Telling { id, content, to, convenant, note: self.step(request.slot, Some(request.id), step) }
    }

    /// The statements as the log holds them, with what was told about each under this wish of the person.
    fn spoken(&self, request: &Request, objection: EntryId, said: &BTreeSet<Said>) -> Result<Vec<Spoken>, DeskError> {
        let now = clock::now();
        let told: BTreeMap<Said, StatementId> = request
            .told()
            .filter(|told| told.objection == objection)
            .map(|told| (told.about, told.correction))
            .collect();
        let mut spoken = Vec::new();
        for said in said {
            let stored = self.node.ledger.journal().read(LogName::Exchange, said.entry)?;
            let envelope = stored.envelope.as_ref().and_then(|bytes| Envelope::decode(&bytes.0).ok());
            let (Some(envelope), Some(statement)) = (envelope, stored.leaf.statement) else { continue };
            let header = envelope.header;
            let policy = self.node.convenants.policy(&header.convenant);
            let party = policy.as_ref().and_then(|policy| policy.ratified().party(&header.audience));
            spoken.push(Spoken {
                said: *said,
                statement,
                at: stored.leaf.time,
                contact: self.node.convenants.own_contact(&header.convenant),
                name: party.map_or_else(String::new, |party| party.name.to_string()),
                told: told.get(said).and_then(|id| self.node.corrections.progress(id, now)),
                header,
            });
        }
        Ok(spoken)
    }
}

/// The wish of the person that is meant.
fn numbered(request: &Request, number: Option<usize>) -> Result<(usize, EntryId, Right, &Objection), DeskError> {
    let objections = request.objections();
    let number = match (number, objections.len()) {
        (_, 0) => {
            let message = "nothing is recorded that recipients could be told: do that first with 'weegnet subject \
                           rectify', 'erasure' or 'object'";
            return Err(DeskError::Input(message.into()));
        }
        (None, 1) => 1,
        (None, several) => {
            return Err(DeskError::Input(format!("{several} wishes are recorded: say which with --number, from 1")));
        }
        (Some(number), _) => number,
    };
    let found = number.checked_sub(1).and_then(|at| objections.get(at));
    let (id, right, objection) = found.ok_or(DeskError::NotFound("recorded wish of the person"))?;
    Ok((number, *id, *right, objection))
}

/// What is still to be told.
fn corrections(
    spoken: &[Spoken],
    right: Right,
    wrong: &BTreeSet<WrongField>,
    wish: Wish,
) -> Result<Vec<Unsaid>, DeskError> {
    let mut corrections = Vec::new();
    for spoken in spoken.iter().filter(|spoken| spoken.is_to_be_told()) {
        let Some(contact) = spoken.contact.clone() else { continue };
        let uitvraag_id = spoken.said.uitvraag_id;
        let about = Corrected { statement: spoken.statement, id: spoken.header.id, uitvraag_id };
        let content = Correction::new(about, right, wrong.clone(), wish, contact)
            .map_err(|error| DeskError::Input(error.to_string()))?;
        let (to, convenant) = (spoken.header.audience, spoken.header.convenant.clone());
        corrections.push(Unsaid { about: spoken.said, content, to, convenant });
    }
    Ok(corrections)
}

/// A short name of exactly these corrections: 8 hexadecimal digits, to be repeated by a human.
fn confirmation(objection: EntryId, corrections: &[Unsaid]) -> String {
    let contents: Vec<_> = corrections.iter().map(|unsaid| (&unsaid.to, &unsaid.content)).collect();
    let hash = Hash::of(&[objection.as_bytes(), &codec::encode(&contents)]);
    hash.to_string()[..8].to_owned()
}
