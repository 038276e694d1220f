//! What changed between two texts, in words: field by field, with nothing left out.

use std::collections::{BTreeMap, BTreeSet};

use cbor4ii::core::Value;
use cbor4ii::core::dec::Decode;
use cbor4ii::core::utils::SliceReader;

use super::Convenant;
use crate::lang::Words;

/// A part of a document: the whole, or one element of a list.
#[derive(Debug, Clone, Default)]
struct Part {
    /// What people call it; empty for the whole.
    name: String,
    fields: BTreeMap<String, String>,
}

/// A sentence for each difference between two texts; empty when their fields are the same. Elements of lists are compared by
/// what they are about (a party by its number, a legal basis by who tells whom what), wherever they stand.
pub fn differences(old: &Convenant, new: &Convenant) -> Vec<Words> {
    let (old, new) = (parts(old), parts(new));
    let mut said = Vec::new();
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => between(old, new, &mut said),
            (Some(old), None) => said.push(Words::made(
                format!("{} vervalt: {}", old.name, listed(old)),
                format!("{} is removed: {}", old.name, listed(old)),
            )),
            (None, Some(new)) => said.push(Words::made(
                format!("{} komt erbij: {}", new.name, listed(new)),
                format!("{} is added: {}", new.name, listed(new)),
            )),
            (None, None) => {}
        }
    }
    said
}

fn between(old: &Part, new: &Part, said: &mut Vec<Words>) {
    for field in old.fields.keys().chain(new.fields.keys()).collect::<BTreeSet<_>>() {
        let place = if new.name.is_empty() { field.clone() } else { format!("{}: {field}", new.name) };
        match (old.fields.get(field), new.fields.get(field)) {
            (Some(old), Some(new)) if old != new => said.push(Words::made(
                format!("{place} wordt {new} (was {old})"),
                format!("{place} becomes {new} (was {old})"),
            )),
            (Some(old), None) => said
                .push(Words::made(format!("{place} vervalt (was {old})"), format!("{place} is removed (was {old})"))),
            (None, Some(new)) => {
                said.push(Words::made(format!("{place} komt erbij: {new}"), format!("{place} is added: {new}")));
            }
            _ => {}
        }
    }
}

fn listed(part: &Part) -> String {
    part.fields.iter().map(|(field, value)| format!("{field} = {value}")).collect::<Vec<_>>().join(", ")
}

/// The parts of a document by what they are about. They are taken from its one encoding, so that no field can be forgotten.
fn parts(convenant: &Convenant) -> BTreeMap<String, Part> {
    let mut parts = BTreeMap::from([(String::new(), Part::default())]);
    // Its own encoding always decodes.
    let Ok(Value::Map(fields)) = Value::decode(&mut SliceReader::new(convenant.canonical())) else { return parts };
    let names = names(&fields);
    for (key, value) in fields {
        let key = shown(&key);
        match value {
            Value::Array(items) => {
                for item in items {
                    let mut part = Part::default();
                    flatten(&mut part.fields, "", item);
                    let (identity, name) = identity(&key, &part.fields, &names);
                    part.name = name;
                    parts.insert(format!("{key} {identity}"), part);
                }
            }
            value => flatten(&mut parts.entry(String::new()).or_default().fields, &key, value),
        }
    }
    parts
}

/// The names of the parties by their numbers.
fn names(fields: &[(Value, Value)]) -> BTreeMap<String, String> {
    let parties = fields.iter().find_map(|(key, value)| match value {
        Value::Array(parties) if shown(key) == "partijen" => Some(parties.clone()),
        _ => None,
    });
    let named = parties.unwrap_or_default().into_iter().filter_map(|party| {
        let mut fields = BTreeMap::new();
        flatten(&mut fields, "", party);
        Some((fields.remove("oin")?, fields.remove("naam")?))
    });
    named.collect()
}

/// What an element is about, and what people call it.
fn identity(list: &str, fields: &BTreeMap<String, String>, names: &BTreeMap<String, String>) -> (String, String) {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let party = |oin: &String| names.get(oin).cloned().unwrap_or_else(|| oin.clone());
    match list {
        "partijen" => (field("oin"), format!("partij {} ({})", field("naam"), field("oin"))),
        "afspraken" => (field("oin"), format!("afspraken met {}", party(&field("oin")))),
        "grondslagen" => {
            let (from, to, what) = (field("van"), field("aan"), field("categorie"));
            (format!("{from} {to} {what}"), format!("grondslag van {} aan {} ({what})", party(&from), party(&to)))
        }
        "bewaartermijnen" => (field("soort"), format!("bewaartermijn {}", field("soort"))),
        "verwerkers" => {
            let (name, controller) = (field("naam"), field("voor"));
            (format!("{name} {controller}"), format!("verwerker {name} voor {}", party(&controller)))
        }
        list => (field("code"), format!("{list} {}", field("code"))),
    }
}

fn flatten(into: &mut BTreeMap<String, String>, path: &str, value: Value) {
    match value {
        Value::Map(fields) => {
            for (key, value) in fields {
                let key = shown(&key);
                flatten(into, &if path.is_empty() { key } else { format!("{path}.{key}") }, value);
            }
        }
        value => drop(into.insert(path.to_owned(), shown(&value))),
    }
}

/// A value as people read it.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;
    use crate::testing::{SAMPLE, changed};

    fn said(new: &str, lang: Lang) -> Vec<String> {
        let [old, new] =
            [SAMPLE, new].map(|text| Convenant::parse(text).unwrap_or_else(|problems| panic!("{problems}")));
        differences(&old, &new).iter().map(|words| words.of_lang(lang).to_owned()).collect()
    }

    #[test]
    fn says_nothing_of_notation_and_order() {
        assert!(said(&changed(SAMPLE, &[("# Grondslagen,", "# Iets anders.\n# Grondslagen,")]), Lang::Nl).is_empty());
        let (head, criteria) = SAMPLE.split_once("[[criteria]]").unwrap();
        let (first, rest) = criteria.split_once("[[criteria]]").unwrap();
        let (second, rest) = rest.split_once("[[criteria]]").unwrap();
        let moved = format!("{head}[[criteria]]{second}[[criteria]]{first}[[criteria]]{rest}");
        assert!(said(&moved, Lang::Nl).is_empty());
    }

    #[test]
    fn says_what_changes_comes_and_goes_in_both_languages() {
        let basis = "\n[[grondslagen]]\nvan = \"00000099000000004000\"\naan = \"00000099000000003000\"\ncategorie = \"bekendheid\"\n\
                     artikel = \"Wet 1\"\nbesluit = \"Besluit 1\"\nbron = \"Blad 1\"\n";
        let text = changed(
            SAMPLE,
            &[
                ("per_opsteller_per_dag = 10", "per_opsteller_per_dag = 5"),
                ("\"omgeving-bezorgd\"", "\"omgeving-ongerust\""),
                ("192.0.2.20:7443", "192.0.2.21:7443"),
            ],
        ) + basis;
        let dutch = said(&text, Lang::Nl);
        let expected = [
            "quota.per_opsteller_per_dag wordt 5 (was 10)",
            "criteria omgeving-bezorgd vervalt: code = omgeving-bezorgd, tekst = Meer dan een bron uit de omgeving meldt een \
             snelle, zorgelijke verandering.",
            "criteria omgeving-ongerust komt erbij: code = omgeving-ongerust, tekst = Meer dan een bron uit de omgeving meldt \
             een snelle, zorgelijke verandering.",
            "grondslag van Reclassering Noorderveen (voorbeeld) aan Openbaar Ministerie, parket Noorderveen (voorbeeld) \
             (bekendheid) komt erbij: aan = 00000099000000003000, artikel = Wet 1, besluit = Besluit 1, bron = Blad 1, \
             categorie = bekendheid, van = 00000099000000004000",
            "partij Politie, eenheid Noorderveen (voorbeeld) (00000099000000002000): adres wordt 192.0.2.21:7443 (was \
             192.0.2.20:7443)",
        ];
        assert_eq!(dutch, expected);
        assert!(said(&text, Lang::En).contains(&"quota.per_opsteller_per_dag becomes 5 (was 10)".to_owned()));
    }

    #[test]
    fn says_a_key_as_it_stands_in_the_document() {
        let old = "link = \"43a72e714401762df66b68c26dfbdf2682aaec9f2474eca4613e424a0fbafd3c\"";
        let sound = crate::testing::key(9, 4).verifying_key().to_bytes();
        let hex: String = sound.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = changed(SAMPLE, &[(old, &format!("link = \"{hex}\""))]);
        assert!(said(&text, Lang::Nl)[0].ends_with(&format!(
            "sleutels.link wordt {hex} (was 43a72e714401762df66b68c26dfbdf2682aaec9f2474eca4613e424a0fbafd3c)"
        )));
    }
}
