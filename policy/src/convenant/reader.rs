//! Walks a TOML document field by field and notes everything that is wrong, instead of stopping at the first mistake.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use toml::de::{DeTable, DeValue};
use weegnet_protocol::time::Day;

use super::problem::{Fault, Problem};
use super::values::Date;
use crate::lang::Words;

/// What the template holds where the parties decide.
const TO_FILL_IN: &str = "VUL IN";

/// What belongs where a day stands.
pub(super) const EXISTING_DAY: Words =
    Words::of("een bestaande dag vanaf 2000 als JJJJ-MM-DD", "an existing day from 2000 on as YYYY-MM-DD");

/// What was noted on the way: problems, and on which line each field stands.
pub(super) struct Notes {
    /// Where each line of the text ends: a large document has many fields to find.
    ends: Vec<usize>,
    lines: BTreeMap<String, usize>,
    problems: Vec<Problem>,
}

impl Notes {
    pub(super) fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Notes { ends, lines: BTreeMap::new(), problems: Vec::new() }
    }

    /// Notes a problem with the field at `path`.
    pub(super) fn add(&mut self, path: impl Into<String>, fault: Fault) {
        let path = path.into();
        let line = self.line_of(&path);
        self.problems.push(Problem { path, line, fault });
    }

    /// Notes a problem at a byte of the text.
    pub(super) fn add_at(&mut self, byte: Option<usize>, fault: Fault) {
        let line = byte.map(|byte| self.line_at(byte));
        self.problems.push(Problem { path: String::new(), line, fault });
    }

    /// The problems, sorted by line.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line.unwrap_or(0));
        self.problems
    }

    /// The line of the field, or of the nearest part of the document around it.
    fn line_of(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Some(*line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    fn line_at(&self, byte: usize) -> usize {
        self.ends.partition_point(|end| *end < byte) + 1
    }
}

/// What can stand in a document as a string.
pub(super) trait Readable: FromStr {
    /// What belongs there, to complete "write …".
    fn expected(error: &Self::Err) -> Words;
}

/// A table whose fields are taken one by one.
pub(super) struct Fields<'i> {
    path: String,
    table: DeTable<'i>,
}

impl<'i> Fields<'i> {
    pub(super) fn root(table: DeTable<'i>) -> Self {
        Fields { path: String::new(), table }
    }

    /// The path of one of its fields.
    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// Notes each field that nobody took.
    pub(super) fn finish(self, notes: &mut Notes) {
        for (key, _) in &self.table {
            let path = self.path(key.get_ref());
            notes.lines.insert(path.clone(), notes.line_at(key.span().start));
            notes.add(path, Fault::Unknown);
        }
    }

    /// A value written as a string.
    pub(super) fn parsed<T: Readable>(&mut self, notes: &mut Notes, key: &str) -> Option<T> {
        let path = self.path(key);
        let Some(value) = self.take(notes, key) else {
            notes.add(path, Fault::Missing);
            return None;
        };
        let DeValue::String(text) = value else {
            notes.add(path, Fault::Expected(Words::of("dit tussen aanhalingstekens", "this between quotation marks")));
            return None;
        };
        if text.contains(TO_FILL_IN) {
            notes.add(path, Fault::ToFillIn);
            return None;
        }
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                notes.add(path, Fault::Expected(T::expected(&error)));
                None
            }
        }
    }

    /// As [`Fields::parsed`], but may be left out. The outer option says whether it was left out or read well.
    pub(super) fn optional<T: Readable>(&mut self, notes: &mut Notes, key: &str) -> Option<Option<T>> {
        if self.table.contains_key(key) { self.parsed(notes, key).map(Some) } else { Some(None) }
    }

    /// Whether there is such a field that nobody took yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &mut self,
        notes: &mut Notes,
        key: &str,
        bounds: RangeInclusive<u64>,
        unit: &'static str,
    ) -> Option<u64> {
        let path = self.path(key);
        let Some(value) = self.take(notes, key) else {
            notes.add(path, Fault::Missing);
            return None;
        };
        let number = match value {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            notes.add(path, Fault::OutOfRange { least: *bounds.start(), most: *bounds.end(), unit });
        }
        number
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, notes: &mut Notes, key: &str) -> Option<bool> {
        let path = self.path(key);
        match self.take(notes, key) {
            Some(DeValue::Boolean(value)) => Some(value),
            Some(_) => {
                notes.add(path, Fault::Expected(Words::of("true of false", "true or false")));
                None
            }
            None => {
                notes.add(path, Fault::Missing);
                None
            }
        }
    }

    /// A calendar day, with or without quotation marks.
    pub(super) fn date(&mut self, notes: &mut Notes, key: &str) -> Option<Date> {
        let path = self.path(key);
        let day = match self.take(notes, key) {
            None => {
                notes.add(path, Fault::Missing);
                return None;
            }
            Some(DeValue::Datetime(moment)) if moment.time.is_none() && moment.offset.is_none() => {
                moment.date.and_then(|date| Day::new(date.year, date.month, date.day))
            }
            Some(DeValue::String(text)) => day(&text),
            Some(_) => None,
        };
        let day = day.filter(|day| day.year >= 2000);
        if day.is_none() {
            notes.add(path, Fault::Expected(EXISTING_DAY));
        }
        day.map(Date)
    }

    /// A table.
    pub(super) fn table(&mut self, notes: &mut Notes, key: &str) -> Option<Fields<'i>> {
        let path = self.path(key);
        match self.take(notes, key) {
            Some(DeValue::Table(table)) => Some(Fields { path, table }),
            Some(DeValue::Array(_)) if path == "doel" => {
                notes.add(path, Fault::TwoPurposes);
                None
            }
            Some(_) => {
                notes.add(
                    path.clone(),
                    Fault::Expected(Words::made(format!("een tabel: [{path}]"), format!("a table: [{path}]"))),
                );
                None
            }
            None => {
                notes.add(path, Fault::Missing);
                None
            }
        }
    }

    /// A list of tables, each read by `read`; `None` unless all were read well. May be left out when it may be empty.
    pub(super) fn list<T>(
        &mut self,
        notes: &mut Notes,
        key: &str,
        bounds: RangeInclusive<usize>,
        read: impl Fn(&mut Notes, &mut Fields<'i>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let path = self.path(key);
        let items = match self.take(notes, key) {
            Some(DeValue::Array(items)) => items,
            Some(_) => {
                notes.add(
                    path.clone(),
                    Fault::Expected(Words::made(
                        format!("een lijst van tabellen: [[{path}]]"),
                        format!("a list of tables: [[{path}]]"),
                    )),
                );
                return None;
            }
            None if bounds.contains(&0) => return Some(Vec::new()),
            None => {
                notes.add(path, Fault::Missing);
                return None;
            }
        };
        let found = items.len();
        if !bounds.contains(&found) {
            notes.add(path, Fault::Length { least: *bounds.start(), most: *bounds.end(), found });
            return None;
        }
        let mut all = Some(Vec::with_capacity(found));
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            notes.lines.insert(path.clone(), notes.line_at(item.span().start));
            let value = match item.into_inner() {
                DeValue::Table(table) => {
                    let mut fields = Fields { path, table };
                    let value = read(notes, &mut fields);
                    fields.finish(notes);
                    value
                }
                _ => {
                    notes.add(path, Fault::Expected(Words::of("een tabel", "a table")));
                    None
                }
            };
            match (&mut all, value) {
                (Some(all), Some(value)) => all.push(value),
                _ => all = None,
            }
        }
        all
    }

    fn take(&mut self, notes: &mut Notes, key: &str) -> Option<DeValue<'i>> {
        let (found, value) = self.table.remove_entry(key)?;
        notes.lines.insert(self.path(key), notes.line_at(found.span().start));
        Some(value.into_inner())
    }
}

/// Reads `YYYY-MM-DD`.
fn day(text: &str) -> Option<Day> {
    let [year, month, day] = text.split('-').collect::<Vec<_>>().try_into().ok()?;
    let day = Day::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    (day.to_string() == text).then_some(day)
}
