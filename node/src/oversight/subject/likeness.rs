//! Whether two references may be about one person: as the matcher sees it, or with a spelling mistake between them.

use serde::{Deserialize, Serialize};
use weegnet_protocol::person::{PersonRef, fold_given};

use crate::register::same_person;

/// Shortest name, in letters, in which a mistake is looked for: 4. In shorter ones every name is near another.
const LONG_ENOUGH: usize = 4;

/// How sure it is; only a human decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The matcher of the day takes them for the same.
    Overeenkomst,
    /// With one letter more, fewer, other or exchanged in surname or first name, or a birth date that one side lacks.
    Mogelijk,
}

/// Compares two references.
pub fn likeness(wanted: &PersonRef, kept: &PersonRef) -> Option<Likeness> {
    if same_person(wanted, kept) {
        return Some(Likeness::Overeenkomst);
    }
    if let (Some(a), Some(b)) = (wanted.bsn(), kept.bsn())
        && a != b
    {
        return None;
    }
    let births = (wanted.birth(), kept.birth());
    let born = births.0.parts().is_none() || births.1.parts().is_none() || births.0.compatible(&births.1);
    let names = || {
        let theirs = kept.folded_surnames();
        wanted.folded_surnames().iter().any(|name| theirs.iter().any(|other| near(name.as_str(), other.as_str())))
    };
    (born && first_names(wanted, kept) && names()).then_some(Likeness::Mogelijk)
}

fn first_names(wanted: &PersonRef, kept: &PersonRef) -> bool {
    let (Some(a), Some(b)) = (wanted.given_names(), kept.given_names()) else { return true };
    let (a, b) = (fold_given(a.as_str()), fold_given(b.as_str()));
    let (a, b) = (a.as_str(), b.as_str());
    let initial = a.chars().count().min(b.chars().count()) <= 1;
    near(a, b) || initial && (a.starts_with(b) || b.starts_with(a))
}

/// Equal, or one letter more, fewer, other, or two neighbours exchanged.
fn near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (a, b) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (rest_a, rest_b) = (&a[same..], &b[same..]);
    if rest_a.is_empty() && rest_b.is_empty() {
        return true;
    }
    if a.len() < LONG_ENOUGH {
        return false;
    }
    match rest_b.len() - rest_a.len() {
        0 => {
            let other = rest_a[1..] == rest_b[1..];
            let exchanged =
                rest_a.len() >= 2 && (rest_a[0], rest_a[1]) == (rest_b[1], rest_b[0]) && rest_a[2..] == rest_b[2..];
            other || exchanged
        }
        1 => *rest_a == rest_b[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::person::Fields;

    use super::*;

    fn person(given: &str, surname: &str, birth: &str) -> PersonRef {
        let name = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        let fields = Fields {
            given_names: name(given),
            surname: name(surname),
            birth: birth.parse().unwrap(),
            ..Fields::default()
        };
        PersonRef::try_from(fields).unwrap()
    }

    #[test]
    fn finds_a_misspelt_name_and_says_that_it_may_be_another() {
        let kept = person("Yusuf", "Özdemir", "1985-03-12");
        let as_said = [
            (person("Yusuf", "Ozdemir", "1985"), Some(Likeness::Overeenkomst)),
            (person("Yusuf", "Ozdemr", "1985-03-12"), Some(Likeness::Mogelijk)),
            (person("Yusuf", "Ozdeimr", "1985-03-12"), Some(Likeness::Mogelijk)),
            (person("Yusif", "Ozdemir", "1985-03-12"), Some(Likeness::Mogelijk)),
            (person("Yusuf", "Ozdemir", ""), Some(Likeness::Mogelijk)),
            (person("", "Oozdemir", "1985"), Some(Likeness::Mogelijk)),
            (person("Yusuf", "Ozdmr", "1985-03-12"), None),
            (person("Yusuf", "Ozdemir", "1986"), None),
            (person("Karel", "Ozdemir", "1985"), None),
        ];
        for (number, (wanted, expected)) in as_said.into_iter().enumerate() {
            assert_eq!(likeness(&wanted, &kept), expected, "case {number}");
            assert_eq!(likeness(&kept, &wanted), expected, "case {number}, the other way round");
        }
    }

    #[test]
    fn short_names_are_compared_as_they_are() {
        assert_eq!(likeness(&person("", "Bos", "1985"), &person("", "Bas", "1985")), None);
    }

    #[test]
    fn another_bsn_is_another_person() {
        let with = |bsn: &str| {
            let fields = Fields {
                bsn: Some(bsn.parse().unwrap()),
                surname: Some("Nachtegaal".parse().unwrap()),
                birth: "1985".parse().unwrap(),
                ..Fields::default()
            };
            PersonRef::try_from(fields).unwrap()
        };
        assert_eq!(likeness(&with("123456782"), &with("111222333")), None);
        assert_eq!(likeness(&with("123456782"), &person("", "Nachtegal", "1985")), Some(Likeness::Mogelijk));
    }
}
