//! What the convenant forbids: the author is told why, by which rules, before anything leaves.

use std::time::Duration;

use serde::Serialize;

use super::cast::{AUTHOR, Cast, Who};
use super::error::DemoError;
use super::people;
use super::question;
use super::stage::{Stage, Tone};
use crate::api::{Asked, CallerError};
use crate::desk::ask::To;

/// A question that was forbidden.
#[derive(Debug, Serialize)]
pub struct Denied {
    policy_ids: Vec<String>,
    explanation: String,
}

/// Asks a care organisation without a coded reason.
///
/// # Errors
/// When that is not denied with an explanation.
pub async fn forbidden(cast: &Cast, stage: &Stage, within: Duration) -> Result<Denied, DemoError> {
    stage.scene("One question that the convenant forbids");
    let anna = cast.at(Who::Gemeente).as_person(AUTHOR).await?;
    let to = vec![To { oin: cast.at(Who::Zorg).card.oin, reason: None }];
    stage.act(Who::Gemeente, Tone::Plain, &format!("{AUTHOR} asks zorg about somebody, without a coded reason"));
    match anna.post::<Asked>("/v1/uitvragen", &question::request(people::forbidden(), to, within)?).await {
        Ok(_) => Err(DemoError::NotShown("a question without a reason was not denied".into())),
        Err(CallerError::Problem(problem)) if !problem.policy_ids.is_empty() => {
            stage.act(Who::Gemeente, Tone::No, &format!("denied by {}", problem.policy_ids.join(", ")));
            stage.detail(&problem.detail);
            stage.detail(problem.explanation_en.as_deref().unwrap_or_default());
            stage.detail(&format!("where that stands: {}", problem.article.as_deref().unwrap_or_default()));
            Ok(Denied { policy_ids: problem.policy_ids, explanation: problem.detail })
        }
        Err(error) => Err(error.into()),
    }
}
