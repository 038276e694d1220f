//! Forgetting, as people see it: the plan, a pass, and holds. Nothing here tells who anything is about.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::time::Day;

use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::record::Side;
use crate::journal::StoredBody;
use crate::oversight::entries;
use crate::people::PersonName;
use crate::retention::bodies::{Cause, Erased, HoldLifted, HoldPlaced};
use crate::retention::proof::{Proof, ProofError, Wanted, proof};
use crate::retention::{self, Hold, HoldError, Item, Part, Report, RetentionError};

/// One line of the plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanLine {
    /// Which uitvraag; absent for what belongs to none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uitvraag: Option<UitvraagId>,
    /// Our side of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub side: Option<Side>,
    /// Kind of record, as the convenant names it.
    pub kind: String,
    /// `person`: who a question without a match is about; `whole`: all that is left.
    pub part: Part,
    /// How it ended, or what it is.
    pub outcome: String,
    /// Since when the term runs.
    pub since: String,
    /// Length of the term in days.
    pub days: u32,
    /// When it goes.
    pub due: String,
    /// Where the term is laid down.
    pub source: String,
    /// Postponed until then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_until: Option<String>,
    /// Whether it goes with the next pass.
    pub is_due: bool,
}

impl PlanLine {
    fn of(item: &Item, now: Timestamp) -> Self {
        PlanLine {
            uitvraag: item.case.map(|case| case.uitvraag_id),
            side: item.case.map(|case| case.side),
            kind: item.rule.kind.clone(),
            part: item.part(),
            outcome: item.outcome.into(),
            since: item.since.to_string(),
            days: item.rule.days,
            due: item.due.to_string(),
            source: item.rule.source.clone(),
            held_until: item.held_until.map(|until| until.to_string()),
            is_due: item.is_due(now),
        }
    }
}

/// A hold that is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceHold {
    /// Which uitvraag.
    pub uitvraag: UitvraagId,
    /// Why.
    pub reason: String,
    /// Its last day, `YYYY-MM-DD` in UTC.
    pub until: String,
}

/// A hold that lies on an uitvraag.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HoldView {
    /// Which uitvraag.
    pub uitvraag: UitvraagId,
    /// Who placed it.
    pub by: PersonName,
    /// Why.
    pub reason: String,
    /// When.
    pub placed: String,
    /// Until when.
    pub until: String,
}

impl HoldView {
    fn of(hold: Hold) -> Self {
        HoldView {
            uitvraag: hold.uitvraag_id,
            by: hold.by.person,
            reason: hold.reason,
            placed: hold.placed.to_string(),
            until: hold.until.to_string(),
        }
    }
}

/// A pass that erased something, as its public entries say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PassView {
    /// Its number.
    pub pass: u64,
    /// When.
    pub at: String,
    /// What set it off.
    pub cause: Cause,
    /// Things that went.
    pub things: u64,
    /// Rows of registers that went.
    pub register_rows: u64,
}

impl From<HoldError> for DeskError {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::Journal(error) => error.into(),
            error => DeskError::Input(error.to_string()),
        }
    }
}

impl From<RetentionError> for DeskError {
    fn from(error: RetentionError) -> Self {
        match error {
            RetentionError::Journal(error) => error.into(),
            RetentionError::Register(error) => error.into(),
            RetentionError::Rows(error) => error.into(),
        }
    }
}

impl Desk {
    /// What goes when, and why: for privacy officers and operators.
    pub async fn retention_plan(&self) -> Result<Vec<PlanLine>, DeskError> {
        self.may(HouseAct::LOOK).await?;
        let now = clock::now();
        let lines = self.aside(move |desk| {
            let items = retention::plan(&desk.node, now)?;
            Ok(items.iter().map(|item| PlanLine::of(item, now)).collect())
        });
        lines.await
    }

    /// The passes that erased something, the latest first.
    pub async fn passes(&self) -> Result<Vec<PassView>, DeskError> {
        self.may(HouseAct::LOOK).await?;
        self.aside(|desk| desk.all_passes()).await
    }

    fn all_passes(&self) -> Result<Vec<PassView>, DeskError> {
        let mut passes: BTreeMap<u64, PassView> = BTreeMap::new();
        entries::each(self.node.ledger.journal(), |stored| {
            if stored.leaf.kind != EntryKind::Erased {
                return;
            }
            let StoredBody::Public(body) = &stored.body else { return };
            let Ok(erased) = codec::decode::<Erased>(&body.0) else { return };
            let (at, cause) = (stored.leaf.time.to_string(), erased.cause);
            let new = || PassView { pass: erased.pass, at, cause, things: 0, register_rows: 0 };
            let pass = passes.entry(erased.pass).or_insert_with(new);
            pass.things += erased.gone.len() as u64;
            pass.register_rows += erased.register_rows.iter().map(|(_, rows)| rows).sum::<u64>();
        })?;
        Ok(passes.into_values().rev().collect())
    }

    /// Shows from the files alone that something is gone, and until when a backup could bring it back.
    pub async fn erasure_proof(&self, wanted: Wanted) -> Result<Proof, DeskError> {
        self.may(HouseAct::LOOK).await?;
        let shown = self.aside(move |desk| match proof(&desk.node.home, wanted) {
            Ok(proof) => Ok(proof),
            Err(ProofError::NotErased) => Err(DeskError::NotFound("erasure")),
            Err(error) => Err(DeskError::Input(error.to_string())),
        });
        shown.await
    }

    /// A pass now, by an operator; or what it would do.
    pub async fn retention_run(&self, dry_run: bool) -> Result<Report, DeskError> {
        self.may(if dry_run { HouseAct::LOOK } else { HouseAct::RUN }).await?;
        if !dry_run {
            self.expect_stepped_up()?;
        }
        let by = Some(self.actor.person.clone());
        Ok(retention::pass(&self.node, Cause::Operator, by, clock::now(), dry_run).await?)
    }

    /// Holds that have not run out.
    pub async fn holds(&self) -> Result<Vec<HoldView>, DeskError> {
        self.may(HouseAct::LOOK).await?;
        Ok(self.node.retention.holds(clock::now()).into_iter().map(HoldView::of).collect())
    }

    /// Postpones the erasure of what is here about one uitvraag: a privacy officer's.
    pub async fn place_hold(&self, place: PlaceHold) -> Result<HoldView, DeskError> {
        self.may(HouseAct::OVERSEE).await?;
        let until = last_day(&place.until)?;
        let PlaceHold { uitvraag: uitvraag_id, reason, .. } = place;
        let placed = HoldPlaced { by: self.actor.clone(), uitvraag_id, reason, until };
        let hold = self.node.retention.place(&self.node, placed, clock::now()).await?;
        Ok(HoldView::of(hold))
    }

    /// Ends a hold before its date.
    pub async fn lift_hold(&self, uitvraag_id: UitvraagId, reason: String) -> Result<(), DeskError> {
        self.may(HouseAct::OVERSEE).await?;
        // What the hold kept may go for good.
        self.expect_stepped_up()?;
        let lifted = HoldLifted { by: self.actor.clone(), uitvraag_id, reason };
        Ok(self.node.retention.lift(&self.node, lifted, clock::now()).await?)
    }
}

/// The end of a day that is written out.
fn last_day(text: &str) -> Result<Timestamp, DeskError> {
    let wrong = || DeskError::Input("write the last day of the hold as YYYY-MM-DD".into());
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return Err(wrong()) };
    let day = match (year.parse(), month.parse(), day.parse()) {
        (Ok(year), Ok(month), Ok(day)) => Day::new(year, month, day).ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    Ok(Day::from_days(day.to_days() + 1).start())
}
