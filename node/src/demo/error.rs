//! Why the demo did not show what it promises.

use std::path::{Path, PathBuf};
use std::time::Duration;

use weegnet_protocol::sign::VerifyError;

use crate::api::CallerError;
use crate::audit::Objection;
use crate::config::ConfigError;
use crate::home::HomeError;
use crate::journal::{JournalError, VerifyFailure};
use crate::keys::KeyError;
use crate::link::{DeliverError, LinkError};
use crate::node::OpenError;

/// Why the demo did not show what it promises.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A signal came.
    #[error("stopped before the end; the five nodes are stopped too")]
    Interrupted,
    /// The directory given holds something.
    #[error("{0} is not empty: give --dir a new or empty directory")]
    NotEmpty(PathBuf),
    /// A file or process.
    #[error("{path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A verb of this program did not work.
    #[error("'weegnet {verb}' did not work: {said}")]
    Verb {
        /// Its words.
        verb: String,
        /// What it said on stderr.
        said: String,
    },
    /// A node did not come up.
    #[error("the node of {who} ended before it could serve: {said}")]
    NotServing {
        /// Whose.
        who: &'static str,
        /// The last line of its log.
        said: String,
    },
    /// A node that stops too slowly or with an error.
    #[error("the node of {who} did not stop in order ({how})")]
    NotStopped {
        /// Whose.
        who: &'static str,
        /// What it did instead.
        how: String,
    },
    /// Something that was to happen did not, in time.
    #[error("waited {} s for {what}, in vain: this machine may be too busy for a live demo; try again", .patience.as_secs())]
    Late {
        /// For what.
        what: &'static str,
        /// How long.
        patience: Duration,
    },
    /// Something that was to happen did not.
    #[error("the demo did not show what it should: {0}")]
    NotShown(String),
    /// A node's directory.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A node's card.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key or credential.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// A call to a node.
    #[error(transparent)]
    Caller(#[from] CallerError),
    /// The node that an intruder opens.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal of that node.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An intruder's link.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// An intruder's delivery.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
    /// What came back to the insider is not a statement of the other side.
    #[error("the refusal that came back does not verify: {0}")]
    Refusal(#[from] VerifyError),
    /// A journal does not verify.
    #[error("the journal of {who} does not verify: {failure}")]
    Audit {
        /// Whose.
        who: &'static str,
        /// Why.
        failure: Box<VerifyFailure<Objection>>,
    },
    /// The convenant cannot be written.
    #[error("the demo's convenant cannot be written: {0}")]
    Convenant(#[from] toml::ser::Error),
    /// A register cannot be written.
    #[error("a register of the demo cannot be written: {0}")]
    Register(#[from] csv::Error),
}

impl DemoError {
    /// For `map_err`.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        DemoError::Io { path: path.into(), source }
    }
}
