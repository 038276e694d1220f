//! The closing: all five journals are verified while the nodes run. All are whole, and the one of the insider's node says
//! what the insider did.

use futures::future::try_join_all;
use serde::Serialize;
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Hash;

use super::cast::{Cast, Organisation, Who};
use super::error::DemoError;
use super::stage::{Stage, Tone};
use crate::audit::{self, Audit, Breach, BrokenRule};

/// What a verified journal is.
#[derive(Debug, Serialize)]
pub struct Journalled {
    oin: Oin,
    /// Of both logs.
    entries: u64,
    /// Of the exchange log.
    root: Hash,
    verified: bool,
    /// Entries that break the rules of the exchange: the insider's.
    breaches: u64,
}

/// Verifies all five, together.
///
/// # Errors
/// The first thing that does not hold.
pub async fn verify(cast: &Cast, stage: &Stage) -> Result<Vec<Journalled>, DemoError> {
    stage.scene("Five journals, verified");
    let audits = try_join_all(cast.organisations.iter().map(audit)).await?;
    let mut journals = Vec::new();
    for (organisation, audit) in cast.organisations.iter().zip(audits) {
        let journal = judge(organisation, &audit)?;
        let text = format!(
            "{} entries, {} signed statements, {} receipts of others, root {}…",
            journal.entries,
            audit.statements,
            audit.receipts,
            &journal.root.to_string()[..16],
        );
        stage.act(organisation.who, Tone::Good, &text);
        for Breach { place, rule } in &audit.breaches {
            let text = format!("entry {} stands out: {rule}", place.entry);
            stage.act(organisation.who, Tone::No, &text);
            stage.detail("that is the insider's question: who goes past the desk signs a confession");
        }
        journals.push(journal);
    }
    stage.say(
        Tone::Aside,
        "Every frame, hash, checkpoint, signature and receipt, and that nothing went out before what allows it.",
    );
    Ok(journals)
}

async fn audit(organisation: &Organisation) -> Result<Audit, DemoError> {
    let who = organisation.who.part().name;
    let dir = organisation.home.journal();
    match tokio::task::spawn_blocking(move || audit::audit(&dir, |_, _| {})).await {
        Ok(result) => result.map_err(|failure| DemoError::Audit { who, failure: Box::new(failure) }),
        Err(error) => Err(DemoError::NotShown(format!("the verification of a journal broke off: {error}"))),
    }
}

/// A journal that verifies under somebody else's key is not this organisation's.
fn judge(organisation: &Organisation, audit: &Audit) -> Result<Journalled, DemoError> {
    let (card, logs) = (&organisation.card, &audit.report.logs);
    let own = logs.iter().all(|log| log.genesis.oin == card.oin && log.genesis.keys.checkpoint == card.keys.checkpoint);
    let who = organisation.who.part().name;
    let (true, true, Some(exchange)) = (own, audit.report.is_clean(), logs.first()) else {
        return Err(DemoError::NotShown(format!("the journal of {who} is not whole, or not its own")));
    };
    let rules: Vec<_> = audit.breaches.iter().map(|breach| breach.rule).collect();
    let expected: &[BrokenRule] = if organisation.who == Who::Gemeente { &[BrokenRule::NotApproved] } else { &[] };
    if rules != expected {
        return Err(DemoError::NotShown(format!(
            "the journal of {who} breaks other rules than the insider: {rules:?}"
        )));
    }
    if audit.statements == 0 {
        return Err(DemoError::NotShown(format!("the journal of {who} holds no statement")));
    }
    let entries = logs.iter().map(|log| log.entries).sum();
    let (root, breaches) = (exchange.checkpoint.checkpoint().root, audit.breaches_in_all);
    Ok(Journalled { oin: card.oin, entries, root, verified: true, breaches })
}
