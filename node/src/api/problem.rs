//! Errors as the API says them: problem+json (RFC 9457), with the policies behind a denial.

use axum::Json;
use axum::body::to_bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::desk::DeskError;
use crate::exchange::ActError;
use crate::people::PeopleError;

/// Media type of an error (RFC 9457).
const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong and what to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// What happened, what to do.
    pub detail: String,
    /// The policies that forbade it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub policy_ids: Vec<String>,
    /// Article or rule behind them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub article: Option<String>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub explanation_en: Option<String>,
}

impl Problem {
    /// A request that cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, detail.into())
    }

    fn new(status: StatusCode, detail: String) -> Self {
        Problem { status: status.as_u16(), detail, policy_ids: Vec::new(), article: None, explanation_en: None }
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let status = match &error {
            DeskError::People(PeopleError::NotProven) => StatusCode::UNAUTHORIZED,
            DeskError::People(_) | DeskError::Denied(_) => StatusCode::FORBIDDEN,
            DeskError::Act(ActError::TooLate) => StatusCode::CONFLICT,
            error if error.is_no_space() => StatusCode::INSUFFICIENT_STORAGE,
            DeskError::Act(_) | DeskError::Register(_) => StatusCode::INTERNAL_SERVER_ERROR,
            DeskError::NotFound(_) | DeskError::NoConvenant(_) => StatusCode::NOT_FOUND,
            DeskError::Input(_) | DeskError::Adopt(_) | DeskError::Import(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut problem = Problem::new(status, error.to_string());
        if let DeskError::Denied(denial) = error {
            problem.explanation_en = Some(denial.en.clone());
            problem.article = Some(denial.article.clone());
            problem.policy_ids = denial.policy_ids.clone();
        }
        problem
    }
}

/// Longest text of a refusal by the router itself: 4 KiB.
const MAX_TEXT_BYTES: usize = 4 * 1024;

/// What the router refuses by itself (no such path, a body that is no JSON) is said in the same form and in our words: its
/// own repeat what was sent, and that may be somebody's name.
pub(super) async fn told(response: Response) -> Response {
    let status = response.status();
    let is_told = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    if is_told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let text = to_bytes(response.into_body(), MAX_TEXT_BYTES).await.unwrap_or_default();
    let at = place(&String::from_utf8_lossy(&text));
    let detail = match status {
        StatusCode::BAD_REQUEST => {
            format!("the request cannot be read{at}: look at the id in its path, or at its JSON")
        }
        StatusCode::NOT_FOUND => "there is nothing at this path".into(),
        StatusCode::METHOD_NOT_ALLOWED => "this path does not take this method".into(),
        StatusCode::PAYLOAD_TOO_LARGE => "the request is too large: send less at once".into(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "send the body as application/json".into(),
        StatusCode::UNPROCESSABLE_ENTITY => format!(
            "the JSON is not what belongs here{at}: a field is missing or unknown, or has a value that it cannot have"
        ),
        status => status.canonical_reason().unwrap_or("refused").to_lowercase(),
    };
    Problem::new(status, detail).into_response()
}

/// Where in the body, if the router's text ends with that: ` at line 1 column 15`.
fn place(text: &str) -> String {
    let number = |part: &str| part.trim().parse::<u32>().ok();
    let numbers = || {
        let (line, column) = text.rsplit_once(" at line ")?.1.split_once(" column ")?;
        Some((number(line)?, number(column)?))
    };
    numbers().map(|(line, column)| format!(" at line {line} column {column}")).unwrap_or_default()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], Json(self)).into_response()
    }
}
