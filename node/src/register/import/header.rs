//! The first row: which column of the source holds what.

use std::str::FromStr;

use super::mapping::{From, Mapping};
use crate::register::source::Record;

/// A column of the register's own layout.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Column {
    /// Names the row; mandatory.
    Id,
    /// The record in the organisation's own source.
    Bronrecord,
    /// Coded reason of being known; mandatory.
    Reden,
    /// Burgerservicenummer; this or the surname is mandatory.
    Bsn,
    /// Given names.
    Voornamen,
    /// Prefix.
    Voorvoegsel,
    /// Surname.
    Geslachtsnaam,
    /// Birth date.
    Geboortedatum,
    /// Other names, separated by `;`.
    Aliassen,
    /// Last day on which the row may be kept; mandatory.
    BewarenTot,
}

impl Column {
    /// All columns, in the order of the layout.
    pub const ALL: [Column; 10] = [
        Column::Id,
        Column::Bronrecord,
        Column::Reden,
        Column::Bsn,
        Column::Voornamen,
        Column::Voorvoegsel,
        Column::Geslachtsnaam,
        Column::Geboortedatum,
        Column::Aliassen,
        Column::BewarenTot,
    ];

    /// The name in the header.
    pub const fn name(self) -> &'static str {
        match self {
            Column::Id => "id",
            Column::Bronrecord => "bronrecord",
            Column::Reden => "reden",
            Column::Bsn => "bsn",
            Column::Voornamen => "voornamen",
            Column::Voorvoegsel => "voorvoegsel",
            Column::Geslachtsnaam => "geslachtsnaam",
            Column::Geboortedatum => "geboortedatum",
            Column::Aliassen => "aliassen",
            Column::BewarenTot => "bewaren_tot",
        }
    }

    /// All names, as the header has them.
    pub(super) fn list() -> String {
        Column::ALL.map(Column::name).join(",")
    }
}

impl FromStr for Column {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Column::ALL.into_iter().find(|column| column.name() == text).ok_or(())
    }
}

/// A header that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    /// The source is empty.
    #[error("the source is empty: it needs a header {columns}", columns = Column::list())]
    Empty,
    /// No expected name at all; what stands there may be a person, so it is not repeated.
    #[error(
        "the first row is not a header that is expected here: it must be {columns} with a comma between, or give a \
         mapping that names its columns and its separator", columns = Column::list()
    )]
    NoHeader,
    /// Columns that every row needs.
    #[error("the header lacks {}: add them, or give a mapping that says where they come from", .0.join(", "))]
    Missing(Vec<String>),
    /// Names that nothing expects.
    #[error(
        "the header has columns that are not expected: {}: remove them, rename them in a mapping, or let a mapping \
         ignore them (negeer_overige = true)", .0.join(", ")
    )]
    Unknown(Vec<String>),
    /// A name that stands twice.
    #[error("the header has columns twice: {}: keep one of each", .0.join(", "))]
    Duplicate(Vec<String>),
    /// More than are read.
    #[error("the first row is too large for a header: is this a CSV file?")]
    TooLarge,
}

/// Where each of our columns stands in this source.
pub(super) struct Layout {
    /// Fields that every record must have.
    pub(super) width: usize,
    picks: [Pick; Column::ALL.len()],
    trim: bool,
    empty: Vec<String>,
}

enum Pick {
    Nothing,
    Field { index: usize, prefix: String },
    Constant(String),
}

impl Layout {
    /// Reads a header with a mapping; the empty mapping expects our own layout, in any order.
    pub(super) fn read(header: &Record<'_>, mapping: &Mapping) -> Result<Layout, HeaderProblem> {
        let names: Vec<&str> = (0..header.len()).map(|index| trimmed(header.get(index), mapping.trim)).collect();
        let expected = |column: Column| match mapping.columns.get(&column) {
            None => Some(column.name()),
            Some(From::Source { column, .. }) => Some(column.as_str()),
            Some(From::Constant(_)) => None,
        };
        let is_expected = |name: &str| Column::ALL.into_iter().any(|column| expected(column) == Some(name));
        if !names.iter().any(|name| is_expected(name)) {
            return Err(HeaderProblem::NoHeader);
        }

        let picks = Column::ALL.map(|column| {
            let place = |wanted: &str| names.iter().position(|name| *name == wanted);
            match mapping.columns.get(&column) {
                Some(From::Constant(value)) => Pick::Constant(value.clone()),
                Some(From::Source { column, prefix }) => {
                    place(column).map_or(Pick::Nothing, |index| Pick::Field { index, prefix: prefix.clone() })
                }
                None => {
                    place(column.name()).map_or(Pick::Nothing, |index| Pick::Field { index, prefix: String::new() })
                }
            }
        });
        let layout = Layout { width: names.len(), picks, trim: mapping.trim, empty: mapping.empty.clone() };
        layout.complete(mapping)?;

        let ours: Vec<&&str> = names.iter().filter(|name| is_expected(name)).collect();
        let mut twice: Vec<String> =
            ours.iter().filter(|name| count(&ours, name) > 1).map(|name| shown(name)).collect();
        twice.sort();
        twice.dedup();
        if !twice.is_empty() {
            return Err(HeaderProblem::Duplicate(twice));
        }
        let unknown: Vec<String> = names.iter().filter(|name| !is_expected(name)).map(|name| shown(name)).collect();
        if !unknown.is_empty() && !mapping.ignore_others {
            return Err(HeaderProblem::Unknown(unknown));
        }
        Ok(layout)
    }

    /// Refuses a layout without a mandatory column, or without one that the mapping says is there.
    fn complete(&self, mapping: &Mapping) -> Result<(), HeaderProblem> {
        let has = |column: Column| !matches!(self.picks[column as usize], Pick::Nothing);
        let mandatory = [Column::Id, Column::Reden, Column::BewarenTot];
        let mut missing: Vec<String> =
            mandatory.into_iter().filter(|column| !has(*column)).map(|column| shown(column.name())).collect();
        if !has(Column::Bsn) && !has(Column::Geslachtsnaam) {
            missing.push("'bsn' or 'geslachtsnaam'".into());
        }
        for (column, from) in &mapping.columns {
            if let (From::Source { column: source, .. }, false) = (from, has(*column)) {
                missing.push(format!("{} (for '{column}')", shown(source)));
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(HeaderProblem::Missing(missing)) }
    }

    /// The value of one of our columns in a record; empty when there is none.
    pub(super) fn value<'a>(&'a self, record: &Record<'a>, column: Column) -> std::borrow::Cow<'a, str> {
        let (text, prefix) = match &self.picks[column as usize] {
            Pick::Nothing => return "".into(),
            Pick::Constant(value) => return value.as_str().into(),
            Pick::Field { index, prefix } => (trimmed(record.get(*index), self.trim), prefix),
        };
        match () {
            () if text.is_empty() || self.empty.iter().any(|empty| empty == text) => "".into(),
            () if prefix.is_empty() => text.into(),
            () => format!("{prefix}{text}").into(),
        }
    }
}

fn trimmed(text: &str, trim: bool) -> &str {
    if trim { text.trim() } else { text }
}

fn count(names: &[&&str], name: &&&str) -> usize {
    names.iter().filter(|other| other == &name).count()
}

/// A name of a column as it may stand in a message: without control characters, at most 40 characters.
fn shown(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).take(40).collect();
    format!("'{plain}'")
}
