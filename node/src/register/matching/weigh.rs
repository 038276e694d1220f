//! How much each agreement says, and what all of them together are called: certain, probable, possible, or nothing.
//!
//! After Fellegi and Sunter: a field weighs log2(m ÷ u), m how often it comes out so for one person, u how often for two
//! chance ones. u of a name is its share in this register; together they are set against the size of the register. The
//! sum stays in here: nobody is shown a number, and nobody is ranked by one (H3).

use serde::{Deserialize, Serialize};

use super::census::Census;
use super::compare::{self, Agreement, Aside, DateAgreement, NameMatch, NumberAgreement};
use super::reading::{Name, Reading};

/// How sure the comparison is; in the words of HL7. Only a human decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Number, or full name and full date, without a conflict.
    Certain,
    /// Nearly everything agrees.
    Probable,
    /// Enough agrees for a human to look.
    Possible,
}

/// Bits above what chance gives in a register of this size.
const CERTAIN: f64 = 10.0;
const PROBABLE: f64 = 4.5;
const POSSIBLE: f64 = 0.8;
/// What a full name with a year alone needs more: namesakes are related more often than chance has it.
const NAMESAKES: f64 = 1.5;
/// What a surname and a full date without a given name need more, where there are twins.
const UNNAMED: f64 = 2.5;
/// What both names and the full date need less.
const SAME_DAY: f64 = 2.0;
/// What a date that differs in a digit needs more: so do they differ within a family's names.
const SLIPPED: f64 = 3.0;
/// What a name that is only much like the other needs more, where there are twins.
const MUCH_ALIKE: f64 = 3.5;
/// What a whole other name needs more, in a register of copies with mistakes.
const ANOTHER_NAME: f64 = 2.0;

/// Of persons whose birth date comes out as a year alone, how many have a full date at one office and 1 January at the other.
const NEW_YEAR_FULL: f64 = 0.05;
/// Where some rows stand twice as written, how many more of a person there are to find.
const MORE_PER_DOUBLE: f64 = 6.0;
/// Share of doubles from which a register is one of copies with mistakes, in which a whole name is sometimes another one.
const MANY_DOUBLES: f64 = 0.05;
/// Share of twins in a register below which another given name beside an equal surname and date is rather a mistake.
const FEW_TWINS: f64 = 0.003;

/// What two readings say about being one person.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// `None`: not shown.
    pub band: Option<Band>,
    /// The number is equal, name and date are not: a mistake in the data, here or there.
    pub contradiction: bool,
    /// How the fields agree.
    pub surname: NameMatch,
    /// How the fields agree.
    pub given: NameMatch,
    /// Given name and surname stand in each other's place.
    pub exchanged: bool,
    /// How the fields agree.
    pub birth: DateAgreement,
    /// How the fields agree.
    pub number: NumberAgreement,
    /// Bits for one person, above chance in a register of this size. For measuring, never for a screen.
    pub bits: f64,
}

/// The person of a question with how common their names are, so that this is looked up once.
pub struct Asked<'a> {
    reading: &'a Reading,
    surnames: Vec<Share>,
    given: Vec<Share>,
    year: f64,
    size: f64,
    few_twins: bool,
    /// Persons stand in it more than once, and not because they are twins.
    careless: bool,
    /// Bits by which a register in which persons stand more than once makes a match likelier.
    doubles: f64,
}

#[derive(Clone, Copy)]
struct Share {
    name: f64,
    sound: f64,
    letters: usize,
}

impl<'a> Asked<'a> {
    /// Looks up how common the names are.
    pub fn new(reading: &'a Reading, census: &Census) -> Self {
        let share = |name: &Name, of: fn(&Census, &Name) -> f64, sound: fn(&Census, &Name) -> f64| Share {
            name: of(census, name),
            sound: sound(census, name),
            letters: name.text.chars().count(),
        };
        Asked {
            surnames: reading.surnames.iter().map(|n| share(n, Census::surname, Census::surname_sound)).collect(),
            given: reading.given.iter().map(|n| share(n, Census::given, Census::given_sound)).collect(),
            year: census.year(reading.birth.year),
            size: f64::from(census.rows().max(1)),
            few_twins: census.twins() < FEW_TWINS,
            careless: census.twins() < FEW_TWINS && census.doubles() > MANY_DOUBLES,
            doubles: (1.0 + MORE_PER_DOUBLE * census.doubles()).log2(),
            reading,
        }
    }

    /// Compares with a row.
    pub fn against(&self, known: &Reading) -> Verdict {
        let number = compare::numbers(self.reading, known);
        let birth = compare::births(self.reading.birth, known.birth);
        let straight = (compare::surnames(self.reading, known), compare::given(self.reading, known));
        let weight = |(surname, given): (NameMatch, NameMatch)| self.surname(surname) + self.given(given);
        let (mut names, mut name_bits, mut exchanged) = (straight, weight(straight), false);
        if let Some((crossed, bits)) = self.crossed(known).filter(|(_, bits)| *bits > name_bits) {
            (names, name_bits, exchanged) = (crossed, bits, true);
        }
        let (surname, given) = names;
        let aside = if exchanged { 0.0 } else { self.aside(surname, given, known) };
        let bits = name_bits + aside + self.birth(birth, known) + number_bits(number) + self.doubles - self.size.log2();
        let mut verdict = Verdict { band: None, contradiction: false, surname, given, exchanged, birth, number, bits };
        verdict.contradiction = contradicts(&verdict);
        verdict.band = if verdict.contradiction { None } else { self.band(&verdict) };
        verdict
    }

    /// Names in each other's place. That happens to few, so it costs five bits.
    fn crossed(&self, known: &Reading) -> Option<((NameMatch, NameMatch), f64)> {
        let (surname, given) = (self.reading.surnames.first()?, self.reading.given.first()?);
        let (their_surname, their_given) = (known.surnames.first()?, known.given.first()?);
        let at = |agreement| NameMatch { agreement, asked: 0, known: 0 };
        let one = at(compare::names(surname, their_given));
        let other = at(compare::names(given, their_surname));
        let fits = |found: NameMatch| found.agreement <= Agreement::Near;
        let lost = |found: NameMatch| self.careless && found.agreement == Agreement::Conflict;
        // One of both may have become another name on the way.
        if !(fits(one) && (fits(other) || lost(other)) || lost(one) && fits(other)) {
            return None;
        }
        Some(((one, other), self.surname(one) + self.given(other) - 5.0))
    }

    fn surname(&self, found: NameMatch) -> f64 {
        let Some(share) = self.surnames.get(found.asked) else { return 0.0 };
        let near = 0.006 * 0.55f64.powi(share.letters.clamp(4, 9) as i32 - 4);
        let bits = match found.agreement {
            Agreement::Same => (0.84 / share.name).log2(),
            Agreement::Form => (0.03 / (share.sound + 0.0002)).log2(),
            Agreement::Sound => (0.06 / (share.sound + 0.0002)).log2(),
            Agreement::Near => (0.07 / near).log2(),
            Agreement::Far => (0.02 / (8.0 * near)).log2(),
            Agreement::Initial => 0.0,
            Agreement::Conflict if self.careless => -2.5,
            Agreement::Conflict => -5.0,
            Agreement::Unknown => return 0.0,
        };
        // A part of a double name, or an alias.
        let aside = found.agreement != Agreement::Conflict && (found.asked > 0 || found.known > 0);
        if aside { bits - 2.5 } else { bits }
    }

    fn given(&self, found: NameMatch) -> f64 {
        let Some(share) = self.given.get(found.asked) else { return 0.0 };
        let near = 0.012 * 0.6f64.powi(share.letters.clamp(4, 9) as i32 - 4);
        let bits = match found.agreement {
            Agreement::Same if share.letters == 1 => 3.0,
            Agreement::Same => (0.78 / share.name).log2(),
            Agreement::Form => (0.06 / (share.sound + 0.002)).log2(),
            Agreement::Sound => (0.05 / (share.sound + 0.001)).log2(),
            Agreement::Near => (0.07 / near).log2(),
            Agreement::Initial => 3.0,
            Agreement::Far => (0.03 / (6.0 * near)).log2(),
            Agreement::Conflict if self.careless => -3.0,
            Agreement::Conflict => -5.5,
            Agreement::Unknown => return 0.0,
        };
        let aside = found.agreement != Agreement::Conflict && (found.asked > 0 || found.known > 0);
        if aside { bits - 3.0 } else { bits }
    }

    /// Further given names and the voorvoegsel, beside names that agree.
    fn aside(&self, surname: NameMatch, given: NameMatch, known: &Reading) -> f64 {
        let first = |found: NameMatch| found.agreement <= Agreement::Far && found.asked == 0 && found.known == 0;
        let further = match compare::further(self.reading, known) {
            Aside::Same if first(given) => 3.0,
            Aside::Conflict if first(given) => -3.0,
            _ => 0.0,
        };
        let prefix = match compare::prefixes(self.reading, known) {
            Aside::Conflict if first(surname) => -3.0,
            _ => 0.0,
        };
        further + prefix
    }

    fn birth(&self, found: DateAgreement, known: &Reading) -> f64 {
        let year = self.year;
        match found {
            DateAgreement::Day => (0.88 * 365.0 / year).log2(),
            DateAgreement::Month => (0.95 * 12.0 / year).log2(),
            // A full date beside 1 January: offices that know no more, but rarely about one of whom another knows it.
            DateAgreement::Year if self.reading.birth.new_year != known.birth.new_year => {
                let other = if known.birth.new_year { self.reading.birth } else { known.birth };
                (if other.is_full() { NEW_YEAR_FULL } else { 0.3 } / year).log2()
            }
            DateAgreement::Year => (0.4 / year).log2(),
            DateAgreement::Swapped => (0.006 * 365.0 / year).log2(),
            DateAgreement::Slip => (0.04f64 / 0.0012).log2(),
            DateAgreement::Close => 0.0,
            DateAgreement::YearOnly => (0.005 / year).log2(),
            DateAgreement::Conflict => -6.0,
            DateAgreement::Unknown => 0.0,
        }
    }

    /// What the sum is called. Beside the sum, each band asks for fields that a human would ask for.
    fn band(&self, verdict: &Verdict) -> Option<Band> {
        use Agreement as A;
        let Verdict { surname, given, birth, number, bits, .. } = *verdict;
        let (surname, given) = (surname.agreement, given.agreement);
        let same_number = matches!(number, NumberAgreement::Same | NumberAgreement::Slip);
        if number == NumberAgreement::Conflict && self.reading.number_is_bsn {
            return None;
        }
        if !same_number {
            // A name alone never makes a candidate.
            if matches!(birth, DateAgreement::Unknown | DateAgreement::Conflict | DateAgreement::YearOnly) {
                return None;
            }
            // Without a surname on one side: a first name and a full date.
            if surname == A::Unknown && !(birth == DateAgreement::Day && given <= A::Near) {
                return None;
            }
            // Twins and other relatives share a surname and sometimes a date.
            if given == A::Conflict && surname <= A::Far && !(self.few_twins && birth == DateAgreement::Day) {
                return None;
            }
            if given >= A::Initial && surname == A::Conflict {
                return None;
            }
            if verdict.exchanged && (surname == A::Conflict || given == A::Conflict) && birth != DateAgreement::Day {
                return None;
            }
        }
        let agrees = |agreement: Agreement| agreement <= A::Near;
        let full_name = agrees(surname) && agrees(given);
        let conflict = surname == A::Conflict || given == A::Conflict || birth == DateAgreement::Conflict;
        let certain = !conflict
            && (number == NumberAgreement::Same
                || surname <= A::Sound && given <= A::Sound && birth == DateAgreement::Day && !verdict.exchanged);
        // A date that is nearly the same is weak evidence: then nothing but the very names will do.
        let probable = match birth {
            // Somebody of that surname, born that day, may be a twin: among those without a given name one in twenty is,
            // and among those with a name that is only much like it more.
            DateAgreement::Day => match () {
                () if same_number => true,
                () if conflict && self.careless => bits >= PROBABLE + ANOTHER_NAME,
                () if self.few_twins => bits >= PROBABLE,
                () if given == A::Far || surname == A::Far => bits >= PROBABLE + MUCH_ALIKE,
                () if given == A::Unknown => bits >= PROBABLE + UNNAMED,
                // Hardly a stranger bears names like these and was born that day.
                () if surname <= A::Initial && given <= A::Initial => bits >= PROBABLE - SAME_DAY,
                () => bits >= PROBABLE,
            },
            DateAgreement::Month => full_name && bits >= PROBABLE || same_number,
            // Cousins share a surname and the given names of their parents' parents.
            DateAgreement::Year => {
                let namesakes = if surname == A::Same && given == A::Same { NAMESAKES } else { 0.0 };
                full_name && bits >= PROBABLE + namesakes || same_number
            }
            DateAgreement::Swapped | DateAgreement::Slip => {
                let names = surname == A::Same && given == A::Same || self.careless && full_name;
                names && bits >= PROBABLE + SLIPPED || same_number
            }
            DateAgreement::Conflict => false,
            DateAgreement::Close | DateAgreement::YearOnly | DateAgreement::Unknown => same_number,
        };
        match bits {
            bits if bits >= CERTAIN && certain => Some(Band::Certain),
            bits if probable && (bits >= PROBABLE || !same_number) => Some(Band::Probable),
            bits if bits >= POSSIBLE => Some(Band::Possible),
            _ => None,
        }
    }
}

fn number_bits(found: NumberAgreement) -> f64 {
    match found {
        NumberAgreement::Same => 23.0,
        NumberAgreement::Slip => 11.0,
        NumberAgreement::Conflict => -4.5,
        NumberAgreement::Unknown => 0.0,
    }
}

/// An equal number with another name *and* another date.
fn contradicts(verdict: &Verdict) -> bool {
    verdict.number == NumberAgreement::Same
        && verdict.surname.agreement == Agreement::Conflict
        && matches!(verdict.given.agreement, Agreement::Conflict | Agreement::Unknown)
        && matches!(verdict.birth, DateAgreement::Conflict | DateAgreement::YearOnly)
}
