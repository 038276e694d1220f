//! Tables by which this organisation is asked sealed: which there are, and a new one at once.

use std::panic::resume_unwind;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_protocol::id::{ConvenantId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LogName};

use super::subject::words;
use super::{Desk, DeskError};
use crate::exchange::note;
use crate::oversight::bodies::Exported;
use crate::sealed::BuildError;
use crate::sealed::shown::{CannotShow, ShownFile};

pub use super::operator::Mapping;
pub use crate::register::source_keys;
pub use crate::sealed::shown;
pub use crate::sealed::{HeldTable, OwnTable, TablesView};

/// What is shown to an auditor.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ToShow {
    /// The sealed questions of an uitvraag: opened where it was asked, as it came where it came in.
    Uitvraag(UitvraagId),
    /// The table of a register; which convenant's may be left out when only one is in force.
    Table(Option<ConvenantId>),
}

/// Something is shown to an auditor, on whose mandate and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// What.
    pub what: ToShow,
    /// Who mandated it.
    pub mandate: String,
    /// What is suspected, or what the audit is for.
    pub suspicion: String,
}

impl Desk {
    /// Makes a table of the register as it is now and publishes it; the one before takes questions until its epoch ends.
    pub async fn publish_table(&self, convenant: Option<ConvenantId>) -> Result<TablesView, DeskError> {
        self.may(HouseAct::RUN).await?;
        let convenant = self.register_of(convenant)?;
        match self.node.tables.build(&self.node, &convenant, Some(self.actor.clone())).await {
            Ok(_) => Ok(TablesView::of(&self.node)),
            Err(BuildError::Journal(error)) => Err(error.into()),
            Err(BuildError::Register(error)) => Err(error.into()),
            Err(error) => Err(DeskError::Input(error.to_string())),
        }
    }

    /// What an auditor can check without a node: a file. That it leaves is recorded before anything is looked up.
    pub async fn show_sealed(&self, show: Show) -> Result<Vec<u8>, DeskError> {
        let mandated = !show.mandate.trim().is_empty() && !show.suspicion.trim().is_empty();
        self.may(HouseAct::ReadLog { specific: true, mandated }).await?;
        self.expect_stepped_up()?;
        let mandate = words(&show.mandate, "showing this needs a mandate, with --mandate")?;
        let suspicion = words(&show.suspicion, "showing this needs what it is for, with --suspicion")?;
        let what = match &show.what {
            ToShow::Uitvraag(id) => ToShow::Uitvraag(*id),
            ToShow::Table(convenant) => ToShow::Table(Some(self.register_of(convenant.clone())?)),
        };
        let (form, which) = match &what {
            ToShow::Uitvraag(id) => ("sealed-question", format!("uitvraag {id}")),
            ToShow::Table(convenant) => ("sealed-table", convenant.iter().map(ToString::to_string).collect()),
        };
        self.inspects(form, which, Some((mandate, suspicion))).await?;
        let journal = self.node.ledger.journal();
        let checkpoints = LogName::ALL.map(|log| journal.checkpoint(log).checkpoint().root).into();
        let body = Exported { by: self.actor.clone(), format: form.into(), period: None, checkpoints };
        let vault = self.node.ledger.new_case()?;
        self.node.ledger.record((), vec![note(EntryKind::Exported, None, vault, body)]).await?;
        let node = Arc::clone(&self.node);
        let made = tokio::task::spawn_blocking(move || match what {
            ToShow::Uitvraag(id) => ShownFile::of_question(&node, id),
            ToShow::Table(Some(convenant)) => ShownFile::of_table(&node, &convenant),
            ToShow::Table(None) => Err(CannotShow::NoTable),
        });
        let file = match made.await {
            Ok(file) => file.map_err(|error| DeskError::Input(error.to_string()))?,
            Err(ended) => resume_unwind(ended.into_panic()),
        };
        file.write().map_err(|error| DeskError::Input(error.to_string()))
    }
}
