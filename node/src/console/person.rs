//! A person on a page: field by field, each with its name, so that nothing is read as something else.

use weegnet_policy::convenant::{Coded, Ratified};
use weegnet_protocol::id::Slug;
use weegnet_protocol::person::{BirthDate, Fields, PersonRef};

use super::form::Given;
use super::words::Words;

/// A person as a form gives them; `wrong` is told each field that cannot be read, and the name of the words that say so.
pub fn read(given: &Given, mut wrong: impl FnMut(&'static str, &'static str)) -> Fields {
    let mut name = |field: &'static str| match given.one(field) {
        "" => None,
        text => text.parse().map_err(|_| wrong(field, "wrong-name")).ok(),
    };
    let (given_names, prefix, surname) = (name("voornamen"), name("voorvoegsel"), name("geslachtsnaam"));
    let aliases = given.one("alias").split(';').map(str::trim).filter(|alias| !alias.is_empty());
    let aliases: Result<Vec<_>, _> = aliases.map(str::parse).collect();
    let aliases = aliases.map_err(|_| wrong("alias", "wrong-name")).unwrap_or_default();
    let bsn = match given.one("bsn") {
        "" => None,
        text => text.parse().map_err(|_| wrong("bsn", "wrong-bsn")).ok(),
    };
    let birth = birth(given).map_err(|()| wrong("jaar", "wrong-birth")).unwrap_or_default();
    Fields { bsn, given_names, prefix, surname, aliases, birth }
}

/// Day, month and year, as far as they are known: year, year and month, or all three.
fn birth(given: &Given) -> Result<BirthDate, ()> {
    let [day, month, year] = ["dag", "maand", "jaar"].map(|name| given.one(name));
    let two = |part: &str| format!("{part:0>2}");
    let text = match (year, month, day) {
        ("", "", "") => String::new(),
        (year, "", "") if !year.is_empty() => year.to_owned(),
        (year, month, "") if !year.is_empty() => format!("{year}-{}", two(month)),
        (year, month, day) if !year.is_empty() && !month.is_empty() => format!("{year}-{}-{}", two(month), two(day)),
        _ => return Err(()),
    };
    text.parse().map_err(drop)
}

/// One field of a person.
pub struct Line {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// Every field that is known.
pub fn lines(person: &PersonRef, words: Words) -> Vec<Line> {
    let aliases: Vec<_> = person.aliases().iter().map(|alias| alias.as_str()).collect();
    let text = |name: Option<&weegnet_protocol::person::NameText>| name.map(|name| name.as_str().to_owned());
    let birth = person.birth().parts().map(|_| person.birth().to_string());
    let fields = [
        ("field-given-names", text(person.given_names())),
        ("field-prefix", text(person.prefix())),
        ("field-surname", text(person.surname())),
        ("field-aliases", (!aliases.is_empty()).then(|| aliases.join("; "))),
        ("field-birth", birth),
        ("field-bsn", person.bsn().map(|bsn| bsn.as_str().to_owned())),
    ];
    let known = fields.into_iter().filter_map(|(name, value)| Some(Line { name: words.say(name), value: value? }));
    known.collect()
}

/// The words of a code; the code itself where the convenant has none.
pub fn words_of(list: &[Coded], code: &Slug) -> String {
    list.iter().find(|coded| coded.code == *code).map_or_else(|| code.to_string(), |coded| coded.text.to_string())
}

/// Criteria in the words of the text under which was asked.
pub fn criteria(text: Option<&Ratified>, codes: &[Slug]) -> Vec<String> {
    let list = text.map(|text| text.terms().criteria.as_slice()).unwrap_or_default();
    codes.iter().map(|code| words_of(list, code)).collect()
}
