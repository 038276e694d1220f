//! Figures of one month, for screens that draw them.

use std::collections::HashMap;

use weegnet_policy::decide::HouseAct;

use super::{Desk, DeskError};
use crate::oversight::calendar::Period;
use crate::oversight::entries;
use crate::oversight::facts::{Facts, Selection};
use crate::oversight::figures::{self, ANSWERS, Figures};

impl Desk {
    /// Counts that nobody can be traced in, week by week of one month.
    pub async fn figures(&self, period: Period) -> Result<Figures, DeskError> {
        self.may(HouseAct::READ).await?;
        self.inspects("figures", period.to_string(), None).await?;
        let drawn = self.aside(move |desk| {
            let wrong = |error: figures::NotAMonth| DeskError::Input(error.to_string());
            figures::is_a_month(period).map_err(wrong)?;
            let report = desk.counted(Selection::all_of(period))?;
            let findings = desk.found_out(period)?;
            let mut facts = Vec::new();
            desk.node.ledger.each_case(|record| facts.push(Facts::of(&record, &desk.node.convenants)));
            let mut answered = HashMap::new();
            entries::each(desk.node.ledger.journal(), |stored| {
                if let Some(case) = entries::slot(&stored).filter(|_| ANSWERS.contains(&stored.leaf.kind)) {
                    answered.insert(case, stored.leaf.time);
                }
            })?;
            figures::figures(&report, &facts, &answered, &findings).map_err(wrong)
        });
        drawn.await
    }
}
