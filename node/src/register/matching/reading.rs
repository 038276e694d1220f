//! A person as the matcher reads them: names folded and sounded, and how much the birth date says.

use weegnet_protocol::person::{self, BirthDate, PersonRef};

/// Most names, own and alias, under which one person is compared and indexed as a surname.
pub const MAX_SURNAMES: usize = 6;

/// A person, ready to be compared.
#[derive(Clone, Default)]
pub struct Reading {
    /// An identity number, digits only.
    pub number: Option<String>,
    /// The number of this register is a BSN: another one is another person. Else it may have a slip.
    pub number_is_bsn: bool,
    /// The surname as a whole, its parts, then aliases.
    pub surnames: Vec<Name>,
    /// How many of them are the person's own: whole and parts.
    pub own: usize,
    /// Given names, first one first.
    pub given: Vec<Name>,
    /// First letter of the voorvoegsel: `v.d.`, `van der` and `van den` are written for each other.
    pub prefix: Option<char>,
    /// Birth date.
    pub birth: Birth,
}

/// One folded name.
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    /// Folded.
    pub text: String,
    /// The name that stands for all its forms; of a surname the name itself.
    pub root: String,
    /// Another name that it is a form of.
    pub other_root: Option<&'static str>,
    /// How that sounds.
    pub sound: String,
    /// How else.
    pub other_sound: Option<String>,
}

/// Year, month and day; 0 is unknown. 1 January is a year only: it is what offices write when they know no more.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Birth {
    /// Year; 0 when nothing is known.
    pub year: u16,
    /// Month.
    pub month: u8,
    /// Day.
    pub day: u8,
    /// It was written as 1 January.
    pub new_year: bool,
}

impl Reading {
    /// Reads a person of a question or a row.
    pub fn of(person: &PersonRef) -> Reading {
        let mut surnames: Vec<Name> = Vec::new();
        if let Some(name) = person.surname() {
            surnames.extend(person::surnames(name.as_str()).iter().map(|name| Name::surname(name.as_str())));
        }
        let own = surnames.len();
        let mut given: Vec<Name> = Vec::new();
        if let Some(names) = person.given_names() {
            given.extend(person::given_names(names.as_str()).into_iter().map(Name::given));
        }
        for alias in person.aliases() {
            // An alias may be a surname alone or a whole name; then the surname stands at the end.
            let words = person::fold(alias.as_str());
            let whole = person::fold_surname(alias.as_str());
            let last = words.last().map(|word| Name::surname(word));
            for name in [Some(Name::surname(whole.as_str())), last.filter(|_| words.len() > 1)].into_iter().flatten() {
                if surnames.len() < MAX_SURNAMES && !name.text.is_empty() && !surnames.contains(&name) {
                    surnames.push(name);
                }
            }
        }
        let number = person.bsn().map(|bsn| bsn.as_str().to_owned());
        let prefix = person.prefix().and_then(|prefix| person::fold(prefix.as_str()).first()?.chars().next());
        Reading { number, number_is_bsn: true, surnames, own, given, prefix, birth: Birth::of(person.birth()) }
    }
}

impl Name {
    fn surname(text: &str) -> Name {
        Name {
            sound: person::sound(text),
            other_sound: person::other_sound(text),
            root: person::root(text).to_owned(),
            other_root: person::other_root(text),
            text: text.to_owned(),
        }
    }

    fn given(text: String) -> Name {
        let root = person::root(&text).to_owned();
        Name {
            sound: person::sound(&root),
            other_sound: person::other_sound(&root),
            other_root: person::other_root(&text),
            root,
            text,
        }
    }

    /// Whether it is one letter.
    pub fn is_initial(&self) -> bool {
        self.text.chars().nth(1).is_none()
    }

    /// Whether both are forms of one name.
    pub fn shares_a_root(&self, other: &Name) -> bool {
        let theirs = [Some(other.root.as_str()), other.other_root];
        let ours = [Some(self.root.as_str()), self.other_root];
        ours.into_iter().flatten().any(|root| theirs.into_iter().flatten().any(|other| root == other))
    }

    /// Whether two names sound alike, in one of the ways to read them.
    pub fn sounds_like(&self, other: &Name) -> bool {
        let ours = [Some(&self.sound), self.other_sound.as_ref()];
        let theirs = [Some(&other.sound), other.other_sound.as_ref()];
        ours.into_iter().flatten().any(|a| !a.is_empty() && theirs.into_iter().flatten().any(|b| a == b))
    }
}

impl Birth {
    /// Reads a date.
    pub fn of(date: BirthDate) -> Birth {
        match date.parts() {
            None => Birth::default(),
            Some((year, 1, 1)) => Birth { year, month: 0, day: 0, new_year: true },
            Some((year, month, day)) => Birth { year, month, day, new_year: false },
        }
    }

    /// Whether the day is known, and not only written.
    pub fn is_full(&self) -> bool {
        self.day != 0
    }
}
