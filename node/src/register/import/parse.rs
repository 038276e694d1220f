//! One record becomes one row, or one reason why not.

use std::collections::BTreeSet;
use std::str::FromStr;

use weegnet_protocol::id::Slug;
use weegnet_protocol::person::{BirthDate, Fields, NameText, PersonRef};
use weegnet_protocol::time::Day;

use super::header::{Column, Layout};
use super::report::Reason;
use crate::register::row::{RecordId, Row};
use crate::register::source::Record;

/// What a row must keep to.
pub(super) struct RowRules<'a> {
    /// Codes of the convenant; `None` where no convenant is meant and any code will do.
    pub(super) reasons: Option<&'a BTreeSet<Slug>>,
    pub(super) today: Day,
}

/// A record that is not a row: in which column, and why.
pub(super) type Wrong = (Column, Reason);

/// The id of a record; known before the rest, for an invalid row of a known id keeps the old one.
pub(super) fn read_id(layout: &Layout, record: &Record<'_>) -> Result<RecordId, Wrong> {
    if record.len() != layout.width {
        return Err((Column::Id, Reason::ColumnCount));
    }
    parse_needed(&layout.value(record, Column::Id), Column::Id)
}

/// The whole row. The term comes first: a row that says its term is over is over, whatever else is wrong with it.
pub(super) fn read_row(layout: &Layout, record: &Record<'_>, id: RecordId, rules: &RowRules<'_>) -> Result<Row, Wrong> {
    let value = |column| layout.value(record, column);
    let keep_until = read_term(&value(Column::BewarenTot), rules.today).map_err(|why| (Column::BewarenTot, why))?;
    let reason: Slug = match &*value(Column::Reden) {
        "" => return Err((Column::Reden, Reason::Missing)),
        text => text.parse().map_err(|_| (Column::Reden, Reason::NotACode))?,
    };
    if rules.reasons.is_some_and(|reasons| !reasons.contains(&reason)) {
        return Err((Column::Reden, Reason::NotACode));
    }
    let fields = Fields {
        bsn: parse(&value(Column::Bsn), Column::Bsn)?,
        given_names: parse(&value(Column::Voornamen), Column::Voornamen)?,
        prefix: parse(&value(Column::Voorvoegsel), Column::Voorvoegsel)?,
        surname: parse(&value(Column::Geslachtsnaam), Column::Geslachtsnaam)?,
        birth: parse::<BirthDate>(&value(Column::Geboortedatum), Column::Geboortedatum)?.unwrap_or_default(),
        aliases: read_aliases(&value(Column::Aliassen))?,
    };
    if fields.birth.is_after(rules.today) {
        return Err((Column::Geboortedatum, Reason::BornLater));
    }
    let source_record = parse(&value(Column::Bronrecord), Column::Bronrecord)?;
    let person = PersonRef::try_from(fields).map_err(|why| match why {
        weegnet_protocol::person::NotAPerson::TooManyAliases => (Column::Aliassen, Reason::Person(why)),
        weegnet_protocol::person::NotAPerson::NothingToFindBy => (Column::Geslachtsnaam, Reason::Person(why)),
    })?;
    Ok(Row { id, keep_until, person, reason, source_record })
}

fn read_term(text: &str, today: Day) -> Result<Day, Reason> {
    match text.parse() {
        _ if text.is_empty() => Err(Reason::Missing),
        Ok(BirthDate::Date(day)) if day < today => Err(Reason::TermIsOver),
        Ok(BirthDate::Date(day)) => Ok(day),
        _ => Err(Reason::NotADay),
    }
}

fn read_aliases(text: &str) -> Result<Vec<NameText>, Wrong> {
    let names = text.split(';').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| parse_needed(name, Column::Aliassen)).collect()
}

fn parse<T: FromStr<Err: Into<Reason>>>(text: &str, column: Column) -> Result<Option<T>, Wrong> {
    if text.is_empty() { Ok(None) } else { parse_needed(text, column).map(Some) }
}

fn parse_needed<T: FromStr<Err: Into<Reason>>>(text: &str, column: Column) -> Result<T, Wrong> {
    if text.is_empty() {
        Err((column, Reason::Missing))
    } else {
        text.parse().map_err(|why: T::Err| (column, why.into()))
    }
}
