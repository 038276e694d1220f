//! Tables by which this organisation is asked sealed: which there are, and a new one at once.

use weegnet_policy::decide::HouseAct;
use weegnet_protocol::id::ConvenantId;

use super::{Desk, DeskError};
use crate::sealed::BuildError;

pub use crate::sealed::{HeldTable, OwnTable, TablesView};

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
}
