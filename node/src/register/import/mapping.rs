//! How another layout becomes ours: renames, constants, trimming.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::header::Column;

/// A mapping, as a TOML document says it:
///
/// ```toml
/// trimmen = true                 # take blanks around headers and values away
/// negeer_overige = true          # source columns that nothing names are ignored
/// scheidingsteken = ";"          # between fields; a comma unless said
/// leeg = ["NULL", "onbekend"]    # values that mean: nothing is known
///
/// [kolommen]                     # our column = theirs
/// geslachtsnaam = "surname"
/// id = { kolom = "rec_id", prefix = "febrl-" }
///
/// [constanten]                   # our column = the same value for every row
/// reden = "casus"
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    pub(super) trim: bool,
    pub(super) ignore_others: bool,
    pub(super) delimiter: Option<u8>,
    pub(super) empty: Vec<String>,
    pub(super) columns: BTreeMap<Column, From>,
}

/// Where the value of one of our columns comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// A column of the source, with a text put before every value that is not empty.
    Source { column: String, prefix: String },
    /// The same for every row.
    Constant(String),
}

/// A document that is not a mapping.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or a key that no mapping has.
    #[error("the mapping cannot be read; correct it and import again: {0}")]
    Toml(#[from] toml::de::Error),
    /// The left side is not one of our columns.
    #[error("the mapping names the column '{0}', which a register does not have: use one of {columns}", columns = Column::list())]
    UnknownColumn(String),
    /// A column from two places.
    #[error("the mapping gives '{0}' twice: keep one")]
    Twice(Column),
    /// A table that says neither or both.
    #[error("the mapping of '{0}' needs either 'kolom' or 'constant'")]
    Ambiguous(Column),
    /// Not one ASCII character, or one that CSV gives another meaning.
    #[error("the separator must be one character such as ',' or ';'")]
    Separator,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    trimmen: bool,
    #[serde(default)]
    negeer_overige: bool,
    scheidingsteken: Option<String>,
    #[serde(default)]
    leeg: Vec<String>,
    #[serde(default)]
    kolommen: BTreeMap<String, Entry>,
    #[serde(default)]
    constanten: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Name(String),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    kolom: Option<String>,
    constant: Option<String>,
    #[serde(default)]
    prefix: String,
}

impl Mapping {
    /// Reads a mapping; see [`Mapping`] for what it says.
    pub fn parse(text: &str) -> Result<Mapping, MappingError> {
        let document: Document = toml::from_str(text)?;
        let delimiter = document.scheidingsteken.as_deref().map(separator).transpose()?;
        let mut columns = BTreeMap::new();
        for (name, entry) in document.kolommen {
            let column = column(&name)?;
            let from = match entry {
                Entry::Name(column) => From::Source { column, prefix: String::new() },
                Entry::Table(Table { kolom: Some(column), constant: None, prefix }) => From::Source { column, prefix },
                Entry::Table(Table { kolom: None, constant: Some(value), prefix }) if prefix.is_empty() => {
                    From::Constant(value)
                }
                Entry::Table(_) => return Err(MappingError::Ambiguous(column)),
            };
            columns.insert(column, from);
        }
        for (name, value) in document.constanten {
            let column = column(&name)?;
            if columns.insert(column, From::Constant(value)).is_some() {
                return Err(MappingError::Twice(column));
            }
        }
        Ok(Mapping {
            trim: document.trimmen,
            ignore_others: document.negeer_overige,
            delimiter,
            empty: document.leeg,
            columns,
        })
    }
}

fn column(name: &str) -> Result<Column, MappingError> {
    name.parse().map_err(|_| MappingError::UnknownColumn(name.escape_default().take(40).collect()))
}

fn separator(text: &str) -> Result<u8, MappingError> {
    match text.as_bytes() {
        [c] if c.is_ascii() && !c.is_ascii_alphanumeric() && !b"\"\r\n\0".contains(c) => Ok(*c),
        _ => Err(MappingError::Separator),
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
