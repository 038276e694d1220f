//! What a party shows an auditor about sealed questions and tables: a file of its own, checked without a node.
//!
//! | file | what |
//! |---|---|
//! | `collect` | takes it from a node's journal, for a privacy officer on a mandate |
//! | `check` | the third party: everything is recomputed from the files of both sides and the convenant |
//!
//! Such a file is a zip of `sealed.json` and, per table, `cells-ROOT`. Of an asker it says who was asked about.

pub mod check;
mod collect;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde::{Deserialize, Serialize};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::{Blob, Bytes, Hash};
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::Receipt;
use weegnet_protocol::sealed::audit::Disclosure;
use weegnet_protocol::sealed::table::{CELL_BYTES, MAX_CELLS};
use weegnet_protocol::statement::Subject;

pub use collect::CannotShow;

/// Largest description in such a file, in bytes: 512 MiB, for the places of 16 million link keys.
const MAX_JSON_BYTES: u64 = 512 * 1024 * 1024;
/// Largest table in it, in bytes.
const MAX_TABLE_BYTES: u64 = MAX_CELLS as u64 * CELL_BYTES as u64;
/// The description.
const DESCRIPTION: &str = "sealed.json";

/// A statement as a log holds it; its body is not kept where nobody may know it any more.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// What was signed.
    pub envelope: Blob,
    /// That this log holds it.
    pub receipt: Receipt,
}

/// One question of an asker, opened.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// To whom.
    pub to: Oin,
    /// About whom.
    pub subject: Subject,
    /// From which everything in the question follows.
    pub seed: Bytes<32>,
    /// The question.
    pub question: Noted,
    /// What it says.
    pub question_body: Blob,
    /// The table that it is for, as its owner published it to the asker.
    pub publication: Noted,
    /// What that says.
    pub publication_body: Blob,
}

/// A table of a responder, shown without its secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableShown {
    /// As it was published to a core party.
    pub publication: Noted,
    /// What that says.
    pub publication_body: Blob,
    /// Which cell stands for which link key of the register, and that it does.
    pub disclosure: Disclosure,
}

/// What is shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// All sealed questions of one uitvraag, by who asked.
    Asked(Vec<Asked>),
    /// The question of one uitvraag, by who was asked.
    Received(Noted),
    /// A table, by whose register it is.
    Table(Box<TableShown>),
}

/// The file of one party.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownFile {
    /// Version of this form: 1.
    pub version: u32,
    /// Whose.
    pub party: Oin,
    /// About which uitvraag; absent for a table.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uitvraag: Option<UitvraagId>,
    /// What.
    pub shown: Shown,
    /// Cells of every table in it, by root.
    #[serde(skip)]
    pub cells: BTreeMap<Hash, Vec<u8>>,
}

/// A file that is none of these.
#[derive(Debug, thiserror::Error)]
pub enum NotShown {
    /// No zip, or without the description.
    #[error("this is not a file of 'weegnet sealed export': {0}")]
    Zip(#[from] zip::result::ZipError),
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The description is not one.
    #[error("this is not a file of 'weegnet sealed export', or of another version of it: {0}")]
    Json(#[from] serde_json::Error),
    /// Of a later version.
    #[error("the file is of version {0}, and this weegnet reads 1: use the weegnet that wrote it")]
    Version(u32),
}

impl ShownFile {
    /// The bytes of the file.
    ///
    /// # Errors
    /// When it cannot be put together.
    pub fn write(&self) -> Result<Vec<u8>, crate::oversight::export::ExportError> {
        let description = serde_json::to_vec(self)?;
        let named: Vec<(String, &Vec<u8>)> = self.cells.iter().map(|(root, cells)| (cells_name(root), cells)).collect();
        let cells = named.iter().map(|(name, cells)| (name.as_str(), cells.as_slice()));
        crate::oversight::export::zip([(DESCRIPTION, description.as_slice())].into_iter().chain(cells))
    }

    /// Reads a file; nothing in it is believed yet.
    ///
    /// # Errors
    /// [`NotShown`].
    pub fn read(bytes: &[u8]) -> Result<Self, NotShown> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
        let mut description = Vec::new();
        archive.by_name(DESCRIPTION)?.take(MAX_JSON_BYTES).read_to_end(&mut description)?;
        let mut file: ShownFile = serde_json::from_slice(&description)?;
        if file.version != 1 {
            return Err(NotShown::Version(file.version));
        }
        for root in file.roots() {
            if let Ok(entry) = archive.by_name(&cells_name(&root)) {
                let mut cells = Vec::new();
                entry.take(MAX_TABLE_BYTES).read_to_end(&mut cells)?;
                file.cells.insert(root, cells);
            }
        }
        Ok(file)
    }

    /// Roots of the tables that it speaks of, as far as they can be read.
    fn roots(&self) -> Vec<Hash> {
        let bodies: Vec<&Blob> = match &self.shown {
            Shown::Asked(asked) => asked.iter().map(|one| &one.publication_body).collect(),
            Shown::Received(_) => Vec::new(),
            Shown::Table(table) => vec![&table.publication_body],
        };
        let root = |body: &Blob| check::publication(body).map(|publication| publication.root);
        bodies.into_iter().filter_map(root).collect()
    }
}

fn cells_name(root: &Hash) -> String {
    format!("cells-{root}")
}
