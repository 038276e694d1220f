//! Link keys: what two organisations can have in common about one person, each computing by itself.
//!
//! A pure function of the person and the version of the profile, with the profile's own table of names and nothing of any
//! register, so that both sides get the same. A sealed question is opened by one strong key or by two weak ones. A key
//! that chance would produce too often in a register of [`REFERENCE_ROWS`] is left out.

use alloc::string::String;
use alloc::vec::Vec;

use super::{FOLD_VERSION, PersonRef, fold, frequency, given_names, root, sound, surnames};

/// The profile that this version knows: which keys there are, under which fold and table of names.
pub const PROFILE: Profile = Profile(1);
/// The fold of that profile. When the fold changes, so must the profile.
const FOLD_OF_PROFILE: u32 = 2;
const _: () = assert!(FOLD_OF_PROFILE == FOLD_VERSION, "a new fold needs a new profile");

/// Most keys of one person.
pub const MAX_LINK_KEYS: usize = 16;
/// Rows of the register in which chance collisions are counted: 100,000.
pub const REFERENCE_ROWS: u64 = 100_000;
/// Most chance collisions of one weak key in such a register, in thousandths: 0.05.
const MOST_CHANCE_MILLI: u64 = 50;
/// Days, months and years among which a birth date is taken to be spread.
const DAYS: u64 = 365;
const YEARS: u64 = 75;
/// Most surnames, own or alias, that have keys.
const MAX_NAMES: usize = 3;
/// Most of what can go into a key, in bytes; a longer name is cut at both sides alike.
const MAX_SOUND_BYTES: usize = 32;

/// A version of the profile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Profile(pub u32);

/// A profile that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("profile {} of link keys is not known here: update both sides to one version", .0.0)]
pub struct UnknownProfile(pub Profile);

/// How much one key in common says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strength {
    /// BSN, or full name with full date.
    Strong,
    /// Anything less.
    Weak,
}

/// Something that two references to one person have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey {
    strength: Strength,
    bytes: Vec<u8>,
}

impl LinkKey {
    /// How much it says.
    pub fn strength(&self) -> Strength {
        self.strength
    }
    /// What is hashed: the profile, the kind, then the parts with a separator. It tells who is meant: keep it secret.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Tells nothing: see [`PersonRef`].
impl core::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

/// The keys of a person under a profile, strong ones first, at most [`MAX_LINK_KEYS`].
pub fn link_keys(person: &PersonRef, profile: Profile) -> Result<Vec<LinkKey>, UnknownProfile> {
    if profile != PROFILE {
        return Err(UnknownProfile(profile));
    }
    let mut keys = Keys { profile, all: Vec::new() };
    if let Some(bsn) = person.bsn() {
        keys.push(Strength::Strong, "bsn", &[bsn.as_str()]);
    }
    let names = names(person);
    let given = person.given_names().and_then(|names| given_names(names.as_str()).into_iter().next());
    let given = given.filter(|name| name.chars().nth(1).is_some());
    let given =
        given.as_deref().map(|name| (bounded(sound(root(name))), u64::from(frequency::given_per_million(name))));
    if let Some((year, month, day)) = person.birth().parts() {
        let is_full = day != 0 && (month, day) != (1, 1);
        keys.with_full_date(&names, given.as_ref(), is_full.then_some((year, month, day)));
        keys.with_year(&names, given.as_ref(), year);
    }
    keys.all.sort();
    keys.all.dedup();
    keys.all.truncate(MAX_LINK_KEYS);
    Ok(keys.all)
}

/// Sounds of surnames with how many in a million have one.
fn names(person: &PersonRef) -> Vec<(String, u64)> {
    let own = person.surname().map(|name| surnames(name.as_str())).unwrap_or_default();
    let aliases = person.aliases().iter().filter_map(|alias| {
        let last = fold(alias.as_str()).pop()?;
        surnames(&last).into_iter().next()
    });
    let all = own.into_iter().chain(aliases).take(MAX_NAMES);
    all.map(|name| (bounded(sound(name.as_str())), u64::from(frequency::surname_per_million(name.as_str()))))
        .filter(|(sound, _)| !sound.is_empty())
        .collect()
}

struct Keys {
    profile: Profile,
    all: Vec<LinkKey>,
}

impl Keys {
    fn with_full_date(&mut self, names: &[(String, u64)], given: Option<&(String, u64)>, date: Option<(u16, u8, u8)>) {
        let Some((year, month, day)) = date else { return };
        let full = alloc::format!("{year:04}{month:02}{day:02}");
        let turned = alloc::format!("{year:04}{day:02}{month:02}");
        for (surname, share) in names {
            if let Some((given, given_share)) = given {
                // Names are exchanged so often that their order says nothing; days and months are not.
                let (one, other) = in_order(surname, given);
                self.push(Strength::Strong, "name-date", &[one, other, &full]);
                if day <= 12 && day != month {
                    let earlier = core::cmp::min(&full, &turned);
                    self.push(Strength::Weak, "name-turned-date", &[one, other, earlier]);
                }
                if chance(share * given_share, DAYS) {
                    self.push(Strength::Weak, "name-day", &[one, other, &full[4..]]);
                }
            }
            if chance(share * 1_000_000, DAYS * YEARS) {
                self.push(Strength::Weak, "surname-date", &[surname, &full]);
            }
        }
        if let Some((given, share)) = given
            && chance(share * 1_000_000, DAYS * YEARS)
        {
            self.push(Strength::Weak, "given-date", &[given, &full]);
        }
    }

    fn with_year(&mut self, names: &[(String, u64)], given: Option<&(String, u64)>, year: u16) {
        let year = alloc::format!("{year:04}");
        for (surname, share) in names {
            if let Some((given, given_share)) = given
                && chance(share * given_share, YEARS)
            {
                let (one, other) = in_order(surname, given);
                self.push(Strength::Weak, "name-year", &[one, other, &year]);
            }
        }
    }

    fn push(&mut self, strength: Strength, kind: &str, parts: &[&str]) {
        if parts.iter().any(|part| part.is_empty()) {
            return;
        }
        let mut bytes = alloc::format!("weegnet link key {}|{kind}", self.profile.0).into_bytes();
        for part in parts {
            bytes.push(b'|');
            bytes.extend_from_slice(part.as_bytes());
        }
        self.all.push(LinkKey { strength, bytes });
    }
}

/// Whether a key whose names are shared by so many in 10¹², spread over so many dates, brings few enough chance collisions.
fn chance(share_squared: u64, dates: u64) -> bool {
    REFERENCE_ROWS * share_squared / dates <= MOST_CHANCE_MILLI * 1_000_000_000
}

fn in_order<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    if a <= b { (a, b) } else { (b, a) }
}

fn bounded(mut sound: String) -> String {
    while sound.len() > MAX_SOUND_BYTES {
        sound.pop();
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::super::Fields;
    use super::*;

    fn person(given: &str, surname: &str, birth: &str) -> PersonRef {
        let name = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        let birth = birth.parse().unwrap();
        PersonRef::try_from(Fields { given_names: name(given), surname: name(surname), birth, ..Fields::default() })
            .unwrap()
    }

    fn in_common(a: &PersonRef, b: &PersonRef) -> (usize, usize) {
        let (a, b) = (link_keys(a, PROFILE).unwrap(), link_keys(b, PROFILE).unwrap());
        let count = |strength| a.iter().filter(|key| key.strength() == strength && b.contains(key)).count();
        (count(Strength::Strong), count(Strength::Weak))
    }

    #[test]
    fn spellings_of_one_person_have_a_strong_key_in_common() {
        let known = person("Mohammed", "El-Khatib", "1985-03-12");
        for (given, surname) in [("Mehmet", "Chatib"), ("Mohamed", "Khatib"), ("Khatib", "Mohammed")] {
            assert_eq!(in_common(&known, &person(given, surname, "1985-03-12")).0, 1, "{given} {surname}");
        }
        assert_eq!(in_common(&known, &person("Piet", "Bakker", "1985-03-12")), (0, 0));
    }

    #[test]
    fn slips_in_a_date_leave_two_weak_keys_at_most_and_no_strong_one() {
        let known = person("Mohammed", "El-Khatib", "1985-03-12");
        assert_eq!(in_common(&known, &person("Mohammed", "El-Khatib", "1985-12-03")), (0, 2), "turned, and the year");
        assert_eq!(in_common(&known, &person("Mohammed", "El-Khatib", "1986-03-12")), (0, 1), "the day");
        assert_eq!(in_common(&known, &person("Mohammed", "El-Khatib", "1985")), (0, 1), "the year");
    }

    #[test]
    fn the_first_of_january_is_no_full_date() {
        let born = |birth| person("Mohammed", "El-Khatib", birth);
        assert_eq!(in_common(&born("1985-01-01"), &born("1985-01-01")), (0, 1));
    }

    #[test]
    fn a_common_name_with_a_year_alone_is_no_key() {
        assert!(link_keys(&person("Jan", "Jansen", "1985"), PROFILE).unwrap().is_empty());
        assert_eq!(link_keys(&person("Jan", "Jansen", "1985-03-12"), PROFILE).unwrap()[0].strength(), Strength::Strong);
    }

    #[test]
    fn nobody_has_more_keys_than_a_question_carries() {
        let aliases = (0..16).map(|n| alloc::format!("Bakker{n}a").parse().unwrap()).collect();
        let fields = Fields {
            aliases,
            bsn: Some("123456782".parse().unwrap()),
            given_names: Some("Kwame".parse().unwrap()),
            surname: Some("Zwartsluis-Groenmeijer".parse().unwrap()),
            birth: "1985-03-12".parse().unwrap(),
            ..Fields::default()
        };
        let keys = link_keys(&PersonRef::try_from(fields).unwrap(), PROFILE).unwrap();
        assert!(keys.len() <= MAX_LINK_KEYS && keys[0].strength() == Strength::Strong);
        assert_eq!(link_keys(&person("Jan", "Jansen", "1985"), Profile(2)).unwrap_err(), UnknownProfile(Profile(2)));
    }
}
