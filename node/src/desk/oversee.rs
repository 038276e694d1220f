//! Oversight: counts for everybody who may oversee, specific cases on a mandate, findings, entries, exports. A look is
//! recorded before it shows anything.

use std::collections::HashMap;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_protocol::id::{EntryId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LogName};
use weegnet_protocol::person::PersonRef;

use super::subject::words;
use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::note;
use crate::exchange::record::CaseId;
use crate::journal::CaseKey;
use crate::oversight::acts;
use crate::oversight::bodies::{Exported, Inspected};
use crate::oversight::calendar::Period;
use crate::oversight::entries::{self, EntryView};
use crate::oversight::export::{self, ExportError, Format};
use crate::oversight::facts::{Facts, Outcome, Selection, side_name};
use crate::oversight::findings::{self, Finding, Material, findings};
use crate::oversight::report::{self, Report, Values};
use crate::oversight::subject::search;
use crate::people::PersonName;

/// Most cases that one specific look shows: 200. Who needs more narrows the selection.
const MAX_LOOKED_AT: usize = 200;

/// A specific look (R17): what, on whose mandate, on which suspicion.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Which cases.
    pub selection: Selection,
    /// Only this uitvraag.
    #[serde(default)]
    pub uitvraag: Option<UitvraagId>,
    /// Who mandated it.
    pub mandate: String,
    /// What is suspected.
    pub suspicion: String,
}

/// One case as a specific look shows it.
#[derive(Clone, Serialize, Deserialize)]
pub struct LookedAt {
    /// Which.
    pub case: CaseId,
    /// `eigen-uitvraag`, `ter-goedkeuring` or `ontvangen-vraag`.
    pub kind: String,
    /// When it was written, or came in.
    pub when: String,
    /// For which purpose.
    pub purpose: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Shortened terms.
    pub urgent: bool,
    /// About somebody who may be under 18.
    pub minor: bool,
    /// Who wrote it here.
    pub author: Option<PersonName>,
    /// Who approved or declined it here.
    pub approver: Option<PersonName>,
    /// Who released or withheld here.
    pub reviewer: Option<PersonName>,
    /// About whom; only where one uitvraag was named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub person: Option<PersonRef>,
    /// Its entries.
    pub entries: Vec<EntryView>,
}

/// What is to leave as an export.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// In which form.
    pub format: Format,
    /// Only entries of these days; tiles are always whole.
    #[serde(default)]
    pub period: Option<Period>,
}

impl Desk {
    /// Tier 1: counts that nobody can be traced in.
    pub async fn report(&self, selection: Selection) -> Result<Report, DeskError> {
        self.oversees().await?;
        self.inspects("report", described(&selection), None).await?;
        self.aside(move |desk| desk.counted(selection)).await
    }

    /// What deserves a look, with the rule that raised it.
    pub async fn findings(&self, period: Period) -> Result<Vec<Finding>, DeskError> {
        self.oversees().await?;
        self.inspects("findings", period.to_string(), None).await?;
        self.aside(move |desk| desk.found_out(period)).await
    }

    /// Tier 2: specific cases, on a mandate and a suspicion.
    pub async fn look(&self, look: Look) -> Result<Vec<LookedAt>, DeskError> {
        let mandated = !look.mandate.trim().is_empty() && !look.suspicion.trim().is_empty();
        self.may(HouseAct::ReadLog { specific: true, mandated }).await?;
        let mandate = words(&look.mandate, "a specific look needs a mandate, with --mandate")?;
        let suspicion = words(&look.suspicion, "a specific look needs a suspicion, with --suspicion")?;
        let mut selection = described(&look.selection);
        if let Some(id) = look.uitvraag {
            selection.push_str(&format!(" uitvraag {id}"));
        }
        self.inspects("look", selection, Some((mandate, suspicion))).await?;
        let entries = entries::by_case(self.node.ledger.journal())?;
        let mut shown = Vec::new();
        let mut more = false;
        self.node.ledger.each_case(|record| {
            let facts = Facts::of(&record, &self.node.convenants);
            if !look.selection.takes(&facts) || look.uitvraag.is_some_and(|id| id != facts.uitvraag) {
                return;
            }
            more = shown.len() >= MAX_LOOKED_AT;
            if more {
                return;
            }
            let person = look.uitvraag.and_then(|_| search::subject(&record)).map(|subject| subject.person.clone());
            shown.push(LookedAt {
                case: record.id(),
                kind: side_name(facts.side).into(),
                when: facts.at.to_string(),
                purpose: facts.purpose,
                outcome: facts.outcome,
                urgent: facts.urgent,
                minor: facts.minor,
                author: facts.author,
                approver: facts.approver,
                reviewer: facts.reviewer,
                person,
                entries: entries.get(&facts.vault).cloned().unwrap_or_default(),
            });
        });
        if more {
            let message = format!("more than {MAX_LOOKED_AT} cases are meant: narrow the period or the selection");
            return Err(DeskError::Input(message));
        }
        shown.sort_by(|a, b| (&a.when, a.case).cmp(&(&b.when, b.case)));
        Ok(shown)
    }

    /// The entries of one log or both, or one of them: nothing about persons.
    pub async fn log(&self, log: Option<LogName>, id: Option<EntryId>) -> Result<Vec<EntryView>, DeskError> {
        self.oversees().await?;
        let what = (log.map(LogName::as_str), id.map(|id| id.to_string()));
        let described = [what.0.map(str::to_owned), what.1].into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.inspects("log", described, None).await?;
        let mut found = self.all_entries()?;
        found.retain(|entry| log.is_none_or(|log| entry.log == log) && id.is_none_or(|id| entry.id == id));
        if id.is_some() && found.is_empty() {
            return Err(DeskError::NotFound("entry"));
        }
        Ok(found)
    }

    /// Entries for use elsewhere: one file, or a zip of several.
    pub async fn export(&self, what: Export) -> Result<Vec<u8>, DeskError> {
        self.oversees().await?;
        self.expect_stepped_up()?;
        if what.format == Format::Pack && what.period.is_none() {
            return Err(DeskError::Input("an audit pack is about a period: say which with --period".into()));
        }
        let logs = self.aside(|desk| Ok(export::Log::all(desk.node.ledger.journal())?)).await?;
        let body = Exported {
            by: self.actor.clone(),
            format: what.format.as_str().into(),
            period: what.period.map(|period| period.to_string()),
            checkpoints: logs.iter().map(|log| log.checkpoint.checkpoint().root).collect(),
        };
        let vault = self.node.ledger.new_case()?;
        self.node.ledger.record((), vec![note(EntryKind::Exported, None, vault, body)]).await?;
        self.aside(move |desk| desk.put_together(what, &logs)).await
    }

    fn put_together(&self, what: Export, logs: &[export::Log]) -> Result<Vec<u8>, DeskError> {
        let bytes = match (what.format, what.period) {
            (Format::Jsonl, period) => export::lines::json(logs, period),
            (Format::Csv, period) => export::lines::csv(logs, period),
            (Format::Tiles, _) => export::tiles::tiles(logs),
            (Format::Pack, Some(period)) => {
                let whole = Selection::all_of(period);
                let counts = if period.is_whole_months() { Some(self.counted(whole)?) } else { None };
                let content =
                    export::pack::Content { period, counts, findings: self.found_out(period)?, by: self.actor() };
                export::pack::pack(&self.node, logs, &content)
            }
            (Format::Pack, None) => Err(ExportError::NoPeriod),
        };
        bytes.map_err(|error| DeskError::Input(error.to_string()))
    }

    /// Whether this person oversees; what they then look at is recorded by itself.
    pub async fn oversees(&self) -> Result<(), DeskError> {
        self.may(HouseAct::READ).await
    }

    /// Records a look before anything of it is shown.
    pub(super) async fn inspects(
        &self,
        what: &str,
        selection: String,
        ground: Option<(String, String)>,
    ) -> Result<(), DeskError> {
        let (mandate, suspicion) = ground.unzip();
        let body = Inspected { by: self.actor.clone(), what: what.into(), selection, mandate, suspicion };
        let vault = self.node.ledger.new_case()?;
        self.node.ledger.record((), vec![note(EntryKind::Inspected, None, vault, body)]).await?;
        Ok(())
    }

    pub(super) fn counted(&self, selection: Selection) -> Result<Report, DeskError> {
        let mut facts = Vec::new();
        self.node.ledger.each_case(|record| facts.push(Facts::of(&record, &self.node.convenants)));
        let mut values = Values::default();
        for policy in self.node.convenants.texts() {
            let terms = policy.ratified().terms();
            values.purposes.push(terms.purpose.uri.to_string());
            let others = terms.parties.iter().filter(|party| party.oin != self.node.us());
            values.peers.extend(others.map(|party| (party.oin.to_string(), party.name.to_string())));
        }
        report::report(selection, &facts, &self.all_entries()?, &values)
            .map_err(|error| DeskError::Input(error.to_string()))
    }

    pub(super) fn found_out(&self, period: Period) -> Result<Vec<Finding>, DeskError> {
        let journal = self.node.ledger.journal();
        let mut facts = Vec::new();
        let mut persons: HashMap<CaseKey, PersonRef> = HashMap::new();
        self.node.ledger.each_case(|record| {
            facts.push(Facts::of(&record, &self.node.convenants));
            if let Some(subject) = search::subject(&record) {
                persons.insert(record.vault(), subject.person.clone());
            }
        });
        facts.sort_by_key(|facts| (facts.at, facts.uitvraag, facts.side));
        let staff: Vec<PersonName> = {
            let people = self.node.people.read().unwrap_or_else(PoisonError::into_inner);
            people.iter().map(|(name, _, _)| name.clone()).collect()
        };
        let mut of_journals = Vec::new();
        entries::each(journal, |stored| {
            let entry = EntryView::of(&stored);
            if findings::of_journals(&entry) || findings::is_contradicted(journal, &stored) {
                of_journals.push((stored.leaf.time, entry));
            }
        })?;
        let heard = self.node.corrections.all_heard().into_iter().filter(|(_, heard)| heard.handled.is_none());
        let corrections: Vec<_> =
            heard.map(|(_, heard)| (heard.at, format!("{}/{}", LogName::Exchange.as_str(), heard.index.0))).collect();
        let material = Material {
            of_journals: &of_journals,
            corrections: &corrections,
            facts: &facts,
            persons: &persons,
            acts: &acts::all(journal)?,
            entries: &entries::by_case(journal)?,
            staff: &staff,
            now: clock::now(),
        };
        Ok(findings(period, &material))
    }

    fn all_entries(&self) -> Result<Vec<EntryView>, DeskError> {
        let mut all = Vec::new();
        entries::each(self.node.ledger.journal(), |stored| all.push(EntryView::of(&stored)))?;
        Ok(all)
    }
}

fn described(selection: &Selection) -> String {
    serde_json::to_string(selection).unwrap_or_default()
}
