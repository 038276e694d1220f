//! The forms: signing in and out, the second factor once more, and the first time.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::Console;

/// `/aanmelden`, `/aanmelden/inrichten`, `/aanmelden/bevestigen`, `/afmelden`.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/aanmelden", get(|| async { "" }))
}
