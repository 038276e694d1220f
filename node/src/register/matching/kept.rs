//! A reading as it stands in a page: names are folded when a register is filled, and not at every question.

use weegnet_protocol::person;

use super::reading::{Birth, Name, Reading};

/// Longest field: a name has at most 200 letters, and no letter folds to more than a few bytes.
const MAX_FIELD_BYTES: usize = u16::MAX as usize;

/// Bits of the first byte of a reading.
const NUMBER: u8 = 1;
const NUMBER_IS_BSN: u8 = 2;
const NEW_YEAR: u8 = 4;
/// Bits of the first byte of a name: what differs from what is usual.
const OWN_ROOT: u8 = 1;
const OTHER_ROOT: u8 = 2;
const OTHER_SOUND: u8 = 4;

impl Reading {
    /// Appends the reading to a page.
    pub fn keep(&self, page: &mut Vec<u8>) {
        // Named one by one, so that a new field is not forgotten here.
        let Reading { number, number_is_bsn, surnames, own, given, prefix, birth } = self;
        let flags = [(number.is_some(), NUMBER), (*number_is_bsn, NUMBER_IS_BSN), (birth.new_year, NEW_YEAR)];
        page.push(bits(flags));
        page.extend_from_slice(&birth.year.to_be_bytes());
        // A name of 200 letters has fewer than 255 words.
        page.extend_from_slice(&[birth.month, birth.day, *own as u8, surnames.len() as u8, given.len() as u8]);
        if let Some(number) = number {
            put(page, number);
        }
        put(page, prefix.map(String::from).as_deref().unwrap_or_default());
        for name in surnames.iter().chain(given) {
            name.keep(page);
        }
    }

    /// Reads what [`Reading::keep`] wrote, under the same fold; `None` for anything else.
    pub fn kept(page: &[u8]) -> Option<Reading> {
        let mut rest = page;
        let [flags, year_high, year_low, month, day, own, surnames, given] = *take_array(&mut rest)?;
        let number = if flags & NUMBER != 0 { Some(take(&mut rest)?) } else { None };
        let prefix = take(&mut rest)?;
        let mut letters = prefix.chars();
        let prefix = letters.next();
        let mut names = |count: u8| (0..count).map(|_| Name::kept(&mut rest)).collect::<Option<Vec<Name>>>();
        let (surnames, given) = (names(surnames)?, names(given)?);
        let year = u16::from_be_bytes([year_high, year_low]);
        let birth = Birth { year, month, day, new_year: flags & NEW_YEAR != 0 };
        let own = usize::from(own);
        let whole = rest.is_empty() && letters.next().is_none() && own <= surnames.len();
        whole.then_some(Reading {
            number,
            number_is_bsn: flags & NUMBER_IS_BSN != 0,
            surnames,
            own,
            given,
            prefix,
            birth,
        })
    }
}

impl Name {
    fn keep(&self, page: &mut Vec<u8>) {
        let Name { text, root, other_root, sound, other_sound } = self;
        let flags =
            [(root != text, OWN_ROOT), (other_root.is_some(), OTHER_ROOT), (other_sound.is_some(), OTHER_SOUND)];
        page.push(bits(flags));
        put(page, text);
        put(page, sound);
        if root != text {
            put(page, root);
        }
        if let Some(sound) = other_sound {
            put(page, sound);
        }
    }

    fn kept(rest: &mut &[u8]) -> Option<Name> {
        let [flags] = *take_array(rest)?;
        let text = take(rest)?;
        let sound = take(rest)?;
        let root = if flags & OWN_ROOT != 0 { take(rest)? } else { text.clone() };
        let other_sound = if flags & OTHER_SOUND != 0 { Some(take(rest)?) } else { None };
        // A word of a pinned table: looked up again, which is rare.
        let other_root = if flags & OTHER_ROOT != 0 { person::other_root(&text) } else { None };
        Some(Name { text, root, other_root, sound, other_sound })
    }
}

fn bits(flags: [(bool, u8); 3]) -> u8 {
    flags.into_iter().filter(|(set, _)| *set).fold(0, |all, (_, bit)| all | bit)
}

fn put(page: &mut Vec<u8>, text: &str) {
    let most = text.len().min(MAX_FIELD_BYTES);
    let length = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    page.extend_from_slice(&(length as u16).to_be_bytes());
    page.extend_from_slice(&text.as_bytes()[..length]);
}

fn take(rest: &mut &[u8]) -> Option<String> {
    let length = u16::from_be_bytes(*take_array(rest)?);
    let (text, after) = rest.split_at_checked(usize::from(length))?;
    *rest = after;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

fn take_array<'p, const N: usize>(rest: &mut &'p [u8]) -> Option<&'p [u8; N]> {
    let (array, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(array)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use weegnet_protocol::person::{Fields, PersonRef};

    use super::*;

    fn same(one: &Reading, other: &Reading) -> bool {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        one.keep(&mut a);
        other.keep(&mut b);
        a == b && one.surnames == other.surnames && one.given == other.given && one.prefix == other.prefix
    }

    fn person(given: &str, surname: &str, alias: &str, bsn: Option<&str>, birth: &str) -> Option<PersonRef> {
        let fields = Fields {
            given_names: given.parse().ok(),
            prefix: "van der".parse().ok(),
            surname: surname.parse().ok(),
            aliases: alias.parse().into_iter().collect(),
            bsn: bsn.and_then(|bsn| bsn.parse().ok()),
            birth: birth.parse().unwrap_or_default(),
        };
        PersonRef::try_from(fields).ok()
    }

    proptest! {
        #[test]
        fn a_reading_comes_back_as_it_was(
            given in "\\PC{1,30}", surname in "\\PC{1,30}", alias in "\\PC{1,30}",
            number in any::<bool>(), birth in prop::sample::select(vec!["1985-03-07", "1985", "1985-01-01", "1985-03"]),
        ) {
            let number = number.then_some("111222333");
            if let Some(person) = person(&given, &surname, &alias, number, birth) {
                let reading = Reading::of(&person);
                let mut page = Vec::new();
                reading.keep(&mut page);
                let back = Reading::kept(&page).unwrap();
                prop_assert!(same(&back, &reading));
                prop_assert_eq!(back.number, reading.number);
                prop_assert_eq!(back.birth, reading.birth);
                prop_assert_eq!(back.own, reading.own);
            }
        }

        #[test]
        fn what_is_no_reading_is_refused(page in prop::collection::vec(any::<u8>(), 0..120)) {
            if let Some(reading) = Reading::kept(&page) {
                let mut again = Vec::new();
                reading.keep(&mut again);
                prop_assert!(again.len() <= page.len());
            }
        }
    }

    #[test]
    fn names_with_more_than_one_root_and_sound_come_back() {
        for (given, surname) in [("Jan Willem", "van den Berg-Çelik"), ("Alex", "Schmidt"), ("Mohammed", "Ben Yüksel")]
        {
            let reading = Reading::of(&person(given, surname, "Bertus de Groot", None, "1985-03-07").unwrap());
            let mut page = Vec::new();
            reading.keep(&mut page);
            assert!(same(&Reading::kept(&page).unwrap(), &reading));
            assert!(Reading::kept(&page[..page.len() - 1]).is_none());
            page.push(0);
            assert!(Reading::kept(&page).is_none());
        }
    }
}
