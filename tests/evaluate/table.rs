//! Reads a file of labelled persons, in the layout of a register or through the same mapping as an import.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use weegnet_node::register::matching::Reading;
use weegnet_protocol::person::{BirthDate, Bsn, Fields, LinkKey, NameText, PROFILE, PersonRef, link_keys};

use super::Failure;

/// One labelled person.
pub struct Person {
    pub line: u64,
    pub truth: String,
    pub reading: Reading,
    /// As a sealed question and a table have them.
    pub links: Vec<LinkKey>,
    /// As given, for the file of pairs.
    pub shown: String,
}

/// A file.
pub struct Table {
    pub people: Vec<Person>,
    /// Rows that no register would take, by why; their persons count all the same.
    pub no_date: u64,
    pub bad_name: u64,
    numbers: Vec<Option<String>>,
    fields: Vec<Fields>,
}

/// How columns become those of a register: the mapping of `weegnet register import`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layout {
    trimmen: bool,
    /// Taken for true: only the columns of a person are read.
    #[serde(rename = "negeer_overige")]
    _others: bool,
    scheidingsteken: Option<char>,
    leeg: Vec<String>,
    kolommen: BTreeMap<String, Source>,
    constanten: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Name(String),
    Table { kolom: Option<String>, constant: Option<String> },
}

impl Layout {
    pub fn read(path: Option<&Path>) -> Result<Layout, Failure> {
        let Some(path) = path else { return Ok(Layout::default()) };
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
    }

    fn column<'a>(&'a self, ours: &'a str) -> Option<&'a str> {
        match self.kolommen.get(ours) {
            None => Some(ours),
            Some(Source::Name(name)) => Some(name),
            Some(Source::Table { kolom, .. }) => kolom.as_deref(),
        }
    }

    fn constant(&self, ours: &str) -> Option<&str> {
        let named = self.constanten.get(ours).map(String::as_str);
        named.or(match self.kolommen.get(ours) {
            Some(Source::Table { constant, .. }) => constant.as_deref(),
            _ => None,
        })
    }
}

pub fn read(path: &Path, layout: &Layout, truth: &str) -> Result<Table, Failure> {
    let separator = layout.scheidingsteken.map_or(b',', |c| c as u8);
    let mut file = csv::ReaderBuilder::new()
        .delimiter(separator)
        .trim(if layout.trimmen { csv::Trim::All } else { csv::Trim::None })
        .from_path(path)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let header: Vec<String> =
        file.headers()?.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    let place = |name: &str| header.iter().position(|column| column == name);
    let truth_at = place(truth).ok_or_else(|| format!("{} has no column '{truth}' for --truth", path.display()))?;
    let ours = ["bsn", "voornamen", "voorvoegsel", "geslachtsnaam", "geboortedatum", "aliassen"];
    let at = ours.map(|name| layout.column(name).and_then(place));
    if at[3].is_none() && at[0].is_none() {
        return Err(format!("{} has neither a surname nor a BSN: give a mapping with --map", path.display()).into());
    }
    let constants = ours.map(|name| layout.constant(name).unwrap_or_default());
    let mut table = Table { people: Vec::new(), no_date: 0, bad_name: 0, numbers: Vec::new(), fields: Vec::new() };
    for record in file.records() {
        let record = record?;
        let value = |n: usize| {
            let text = at[n].and_then(|at| record.get(at)).unwrap_or(constants[n]);
            if layout.leeg.iter().any(|empty| empty == text) { "" } else { text }
        };
        table.take(record.position().map_or(0, csv::Position::line), record.get(truth_at).unwrap_or_default(), value);
    }
    Ok(table)
}

impl Table {
    fn take<'a>(&mut self, line: u64, truth: &str, value: impl Fn(usize) -> &'a str) {
        let mut name = |text: &str| -> Option<NameText> {
            if text.is_empty() {
                return None;
            }
            let read = text.trim().parse().ok();
            self.bad_name += u64::from(read.is_none());
            read
        };
        let birth = value(4).parse::<BirthDate>();
        self.no_date += u64::from(birth.is_err());
        let fields = Fields {
            bsn: None,
            given_names: name(value(1)),
            prefix: name(value(2)),
            // Somebody whose surname is not given is somebody whose surname is not known.
            surname: name(value(3)).or_else(|| ".".parse().ok()),
            birth: birth.unwrap_or_default(),
            aliases: value(5).split(';').filter_map(|alias| name(alias.trim())).collect(),
        };
        self.fields.push(fields.clone());
        let reading = PersonRef::try_from(fields).map(|person| Reading::of(&person)).unwrap_or_default();
        let shown = [1, 2, 3, 4, 5, 0].map(&value).join(" | ");
        let (truth, links) = (entity(truth).to_owned(), Vec::new());
        self.people.push(Person { line, truth, reading, links, shown });
        self.numbers.push(Some(value(0).trim().to_owned()).filter(|number| !number.is_empty()));
    }
}

/// `rec-7` of `rec-7-org` and of `rec-7-dup-0`, as Febrl names its records; everything else is what it is.
fn entity(truth: &str) -> &str {
    if let Some(original) = truth.strip_suffix("-org") {
        return original;
    }
    match truth.rsplit_once("-dup-") {
        Some((original, copy)) if !copy.is_empty() && copy.bytes().all(|c| c.is_ascii_digit()) => original,
        _ => truth,
    }
}

/// A column that mostly holds BSNs holds BSNs, and what fails the check digit is no number. Otherwise it holds numbers
/// without one, in which a digit may be wrong.
pub fn settle_numbers(mut register: Table, mut questions: Table) -> (Table, Table) {
    let all = || register.numbers.iter().chain(&questions.numbers).flatten();
    let bsns = all().filter(|number| number.parse::<Bsn>().is_ok()).count();
    let are_bsns = 2 * bsns > all().count();
    for table in [&mut register, &mut questions] {
        let given = table.numbers.drain(..).zip(table.fields.drain(..));
        for (person, (number, fields)) in table.people.iter_mut().zip(given) {
            person.reading.number_is_bsn = are_bsns;
            person.reading.number = number.filter(|number| !are_bsns || number.parse::<Bsn>().is_ok());
            let bsn = person.reading.number.as_ref().filter(|_| are_bsns).and_then(|number| number.parse().ok());
            let person_with_number = PersonRef::try_from(Fields { bsn, ..fields });
            let keys = person_with_number.ok().and_then(|person| link_keys(&person, PROFILE).ok());
            person.links = keys.unwrap_or_default();
        }
    }
    (register, questions)
}
