//! Both sides of what passed, against each other: what we say we sent, what others can show; and our side for them to compare.

use weegnet_policy::decide::HouseAct;
use weegnet_protocol::Oin;
use weegnet_protocol::log::{EntryKind, LogName};

use super::{Desk, DeskError};
use crate::exchange::note;
use crate::oversight::bodies::Exported;
use crate::reconcile::{Digests, Period, ReconcileError, Reconciled};

/// Name of this kind of export.
const FORMAT: &str = "digests";

impl Desk {
    /// Every organisation that statements went to or came from, as its kept receipts and its signatures show it. The whole
    /// journal is read and verified for it.
    pub async fn reconcile(&self, period: Option<Period>) -> Result<Vec<Reconciled>, DeskError> {
        self.may(HouseAct::READ).await?;
        self.inspects("reconciliation", period.as_ref().map(Period::to_string).unwrap_or_default(), None).await?;
        let compared = self.aside(move |desk| {
            let digests = desk.own_digests()?;
            Ok(digests.peers().iter().map(|peer| digests.reconcile(peer, period.as_ref(), None)).collect())
        });
        compared.await
    }

    /// Our digests of what passed between us and one organisation, for it to compare with: a JSON object on each line.
    pub async fn digests(&self, peer: Oin, period: Option<Period>) -> Result<Vec<u8>, DeskError> {
        self.may(HouseAct::READ).await?;
        self.expect_stepped_up()?;
        let journal = self.node.ledger.journal();
        let body = Exported {
            by: self.actor.clone(),
            format: FORMAT.into(),
            period: period.as_ref().map(Period::to_string),
            checkpoints: LogName::ALL.map(|log| journal.checkpoint(log).checkpoint().root).into(),
        };
        let vault = self.node.ledger.new_case()?;
        self.node.ledger.record((), vec![note(EntryKind::Exported, None, vault, body)]).await?;
        let lines = self.aside(move |desk| {
            let digests = desk.own_digests()?;
            let mut lines = Vec::new();
            for digest in digests.with(&peer, period.as_ref()) {
                serde_json::to_writer(&mut lines, digest).map_err(|error| DeskError::Input(error.to_string()))?;
                lines.push(b'\n');
            }
            Ok(lines)
        });
        lines.await
    }

    fn own_digests(&self) -> Result<Digests, DeskError> {
        let digests = Digests::of(&self.node.home.journal());
        digests.map_err(|error: ReconcileError| DeskError::Input(error.to_string()))
    }
}
