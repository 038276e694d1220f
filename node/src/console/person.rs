//! A person on a page: field by field, each with its name, so that nothing is read as something else.

use weegnet_policy::convenant::{Coded, Ratified};
use weegnet_protocol::id::Slug;
use weegnet_protocol::person::PersonRef;

use super::words::Words;

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
