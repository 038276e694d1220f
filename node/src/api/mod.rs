//! The JSON API on the node's Unix socket: the desk, over HTTP. The command line uses it, also in the process that holds
//! a stopped node's directory.

mod client;
mod import;
mod oversee;
mod problem;
mod routes;
mod serve;

pub use client::{Caller, CallerError, Reply};
pub use import::{ImportEvent, ImportSummary, MAPPING_HEADER};
pub use problem::Problem;
pub use routes::{Asked, Ground, Publish, Reason, RunRetention, Status, router};
pub use serve::{OsUser, serve};
