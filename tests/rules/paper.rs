//! A convenant as a lawyer could write it down: plain numbers and words, and the document made of them.
//!
//! The oracle reads this and nothing of the product. What a rule does not look at comes from the sample that ships.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::chance::Chance;

const SAMPLE: &str = include_str!("../../deploy/convenant-voorbeeld.toml");

pub const SECOND: u64 = 1_000;
pub const DAY: u64 = 86_400 * SECOND;
/// Most of a day that the product lets any author or organisation ask when a real organisation takes part (H1).
const MOST_BY_AUTHOR: u64 = 10;
const MOST_BY_ORGANISATION: u64 = 30;

/// What part a party has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Core,
    Case,
    External,
}

/// How a party answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    AfterRelease,
    Never,
    Automatic,
}

/// One party.
#[derive(Debug, Clone)]
pub struct Member {
    pub test: bool,
    pub kind: Kind,
    pub mode: Mode,
    /// Named for the weging phase.
    pub weging: bool,
    /// An answer that names it takes two reviewers.
    pub second: bool,
    /// A law binds it to secrecy.
    pub secrecy: bool,
    /// The days of the week, from Monday, on which a reviewer is on duty.
    pub roster: Option<[bool; 7]>,
}

impl Member {
    /// Of whom nothing more was agreed.
    pub fn plain(test: bool, kind: Kind, mode: Mode) -> Member {
        Member { test, kind, mode, weging: false, second: false, secrecy: false, roster: None }
    }

    pub fn core(&self) -> bool {
        self.kind == Kind::Core
    }
}

/// The convenant's fields that say what may be done. Lengths in milliseconds, days since 1970.
#[derive(Debug, Clone)]
pub struct Paper {
    pub parties: Vec<Member>,
    /// Who may answer whom.
    pub bases: BTreeSet<(usize, usize)>,
    pub first_day: u64,
    pub last_day: u64,
    pub least_window: u64,
    pub most_window: u64,
    pub waiting: u64,
    pub per_author: u64,
    pub per_organisation: u64,
    pub bsn: bool,
    pub criteria: usize,
    pub reasons: usize,
    /// Somebody who may be a minor takes two approvers.
    pub minor_second: bool,
    pub urgent_least: Option<u64>,
    /// Whole ones, in the window of a question that is not urgent; 0 when nothing was agreed.
    pub working_days: u64,
    pub grounds: usize,
}

impl Paper {
    /// Any convenant that the product's own checks let through.
    pub fn any(chance: &mut Chance) -> Paper {
        let real = chance.once_in(3);
        let one_real = chance.once_in(3);
        let (core, others) = (2 + chance.below(3), chance.below(4));
        let mut parties: Vec<_> = (0..core + others)
            .map(|at| {
                let kind = if at < core { Kind::Core } else { chance.one_of(&[Kind::Case, Kind::External]) };
                let mode = chance.one_of(&[Mode::AfterRelease, Mode::AfterRelease, Mode::Automatic, Mode::Never]);
                Member::plain(!real || (one_real && at != 1), kind, mode)
            })
            .collect();
        let phases = chance.once_in(2);
        for (at, party) in parties.iter_mut().enumerate() {
            party.weging = phases && (at < 2 || chance.once_in(2));
            // Where a person has to agree, nothing leaves by itself.
            let seldom = if party.mode == Mode::Automatic { 4 } else { 3 };
            party.second = chance.once_in(seldom);
            party.secrecy = chance.once_in(seldom);
            party.roster = chance.once_in(4).then(|| std::array::from_fn(|day| day == at % 7 || chance.once_in(2)));
        }
        for party in &mut parties {
            if real && party.mode == Mode::Automatic {
                party.mode = Mode::AfterRelease;
            }
        }
        // Among the first two somebody always answers, so that there is something to ask.
        if parties[1].mode == Mode::Never {
            parties[1].mode = Mode::AfterRelease;
        }
        let mut bases = BTreeSet::new();
        // Who never answers discloses nothing: a basis of theirs is refused.
        for (from, _) in parties.iter().enumerate().filter(|(_, party)| party.mode != Mode::Never) {
            let askers: Vec<_> = (0..core).filter(|to| *to != from).collect();
            bases.extend(askers.iter().filter(|_| !chance.once_in(4)).map(|to| (from, *to)));
            if !bases.iter().any(|(who, _)| *who == from) {
                bases.insert((from, chance.one_of(&askers)));
            }
        }
        let first_day = 20_454 + chance.within(0, 300);
        let least = chance.one_of(&[1, 60, 3_600, 86_400]);
        let quota = |chance: &mut Chance, ceiling: u64| {
            let high = if real { ceiling } else { chance.one_of(&[12, 40, 5_000]) };
            if chance.once_in(3) { high } else { chance.within(1, high) }
        };
        Paper {
            bases,
            first_day,
            last_day: first_day + chance.one_of(&[0, 1, 30, 365, 1_000]),
            least_window: least * SECOND,
            most_window: (least + chance.one_of(&[0, 1, 86_400, 5 * 86_400])) * SECOND,
            waiting: if real { chance.one_of(&[1, 3_600, 86_400 * 30]) } else { chance.one_of(&[0, 1, 86_400 * 30]) }
                * SECOND,
            per_author: quota(chance, MOST_BY_AUTHOR),
            per_organisation: quota(chance, MOST_BY_ORGANISATION),
            bsn: chance.once_in(2),
            criteria: 1 + chance.below(3),
            reasons: chance.below(3),
            minor_second: chance.once_in(2),
            urgent_least: chance.once_in(2).then(|| chance.within(1, least) * SECOND),
            working_days: if chance.once_in(3) { chance.within(1, 3) } else { 0 },
            grounds: 1 + chance.below(2),
            parties,
        }
    }

    /// The number of a party; past the last one, that of an organisation that is no party.
    pub fn oin(&self, who: usize) -> String {
        let test = self.parties.get(who).is_none_or(|party| party.test);
        format!("{}{:09}000", if test { "00000099" } else { "00000001" }, who + 1)
    }

    /// Whether no real organisation takes part.
    pub fn only_test(&self) -> bool {
        self.parties.iter().all(|party| party.test)
    }

    pub fn criterion(at: usize) -> String {
        format!("criterium-{at}")
    }

    pub fn ground(at: usize) -> String {
        format!("grond-{at}")
    }

    /// Whether a party may be asked in the weging phase: as soon as one is named for it, only those are.
    pub fn in_weging(&self, who: usize) -> bool {
        let named = |who: usize| self.parties.get(who).is_some_and(|party| party.weging);
        named(who) || !(0..self.parties.len()).any(named)
    }

    pub fn reason(at: usize) -> String {
        format!("reden-{at}")
    }

    /// The document; `key` gives the public key in hexadecimal of a party for one of the names in the sample.
    pub fn document(&self, key: impl Fn(usize, &str) -> String) -> String {
        let mut table: Table = SAMPLE.parse().expect("the sample");
        table["geldig_van"] = date(self.first_day);
        table["geldig_tot"] = date(self.last_day);
        table["wachttijd_seconden"] = number(self.waiting / SECOND);
        let window = &mut table["antwoordtermijn"];
        window["minimum_seconden"] = number(self.least_window / SECOND);
        window["standaard_seconden"] = number(self.most_window / SECOND);
        window["maximum_seconden"] = number(self.most_window / SECOND);
        let slot = self.urgent_least.unwrap_or(self.least_window).min(self.least_window) / SECOND;
        let sealed = table["verzegeld"].as_table_mut().expect("a table");
        sealed.insert("slot_seconden".into(), number(slot.min(900)));
        table["quota"]["per_opsteller_per_dag"] = number(self.per_author);
        table["quota"]["per_organisatie_per_dag"] = number(self.per_organisation);
        let bsn = table["bsn"].as_table_mut().expect("a table");
        bsn.insert("toegestaan".into(), self.bsn.into());
        if self.bsn {
            bsn.insert("wet".into(), "Proefwet, artikel 9".into());
        }
        table["criteria"] = codes(&table["criteria"], (0..self.criteria).map(Paper::criterion));
        table["redenen"] = codes(&table["redenen"], (0..self.reasons).map(Paper::reason));
        self.agreed(&mut table);
        let party = &table["partijen"][0];
        table["partijen"] = (0..self.parties.len()).map(|at| self.party(at, party, &key)).collect::<Vec<_>>().into();
        table["informeren"]["wie"] = self.oin(0).into();
        table["verwerkers"][0]["voor"] = self.oin(0).into();
        let basis = |(from, to): &(usize, usize)| {
            let mut basis = table["grondslagen"][0].clone();
            (basis["van"], basis["aan"]) = (self.oin(*from).into(), self.oin(*to).into());
            basis
        };
        table["grondslagen"] = self.bases.iter().map(basis).collect::<Vec<_>>().into();
        toml::to_string(&table).expect("a document")
    }

    /// What the parties agreed about how they work.
    fn agreed(&self, table: &mut Table) {
        let mut practice = Table::new();
        if self.minor_second {
            practice.insert("tweede_goedkeurder_minderjarigen".into(), true.into());
        }
        if let Some(least) = self.urgent_least {
            practice.insert("spoed_minimum_seconden".into(), number(least / SECOND));
        }
        if self.working_days > 0 {
            practice.insert("minimum_werkdagen".into(), number(self.working_days));
        }
        table.insert("werkwijze".into(), practice.into());
        let single = self.parties.iter().enumerate().map(|(at, member)| {
            let mut single = Table::new();
            single.insert("oin".into(), self.oin(at).into());
            single.insert("weging".into(), member.weging.into());
            single.insert("tweede_verstrekker".into(), member.second.into());
            if member.secrecy {
                single.insert("geheimhouding".into(), "Proefwet, artikel 7".into());
            }
            if let Some(roster) = member.roster {
                let names = ["ma", "di", "wo", "do", "vr", "za", "zo"].iter().zip(roster);
                let days: Vec<_> = names.filter(|(_, on)| *on).map(|(name, _)| *name).collect();
                single.insert("rooster".into(), days.join(" ").into());
            }
            Value::Table(single)
        });
        table.insert("afspraken".into(), single.collect::<Vec<_>>().into());
        let grounds = codes(&table["criteria"], (0..self.grounds).map(Paper::ground));
        table.insert("geheimhoudingsgronden".into(), grounds);
    }

    fn party(&self, at: usize, sample: &Value, key: &impl Fn(usize, &str) -> String) -> Value {
        let (member, mut party) = (&self.parties[at], sample.clone());
        party["oin"] = self.oin(at).into();
        party["adres"] = format!("10.0.{}.{}:7443", at / 200, at % 200 + 1).into();
        party["soort"] = match member.kind {
            Kind::Core => "kern",
            Kind::Case => "casus",
            Kind::External => "extern",
        }
        .into();
        party["modus"] = match member.mode {
            Mode::AfterRelease => "na_verstrekking",
            Mode::Never => "nooit",
            Mode::Automatic => "automatisch",
        }
        .into();
        for (name, value) in party["sleutels"].as_table_mut().expect("keys") {
            *value = key(at, name).into();
        }
        party
    }
}

fn codes(sample: &Value, codes: impl Iterator<Item = String>) -> Value {
    let coded = codes.map(|code| {
        let mut coded = sample[0].clone();
        coded["code"] = code.into();
        coded
    });
    coded.collect::<Vec<_>>().into()
}

fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).expect("a small number"))
}

fn date(days: u64) -> Value {
    let (year, month, day) = calendar(days);
    Value::Datetime(format!("{year:04}-{month:02}-{day:02}").parse().expect("a date"))
}

/// The day of the calendar, counted off year by year and month by month.
pub fn calendar(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    while days >= 337 + days_in(year, 2) {
        days -= 337 + days_in(year, 2);
        year += 1;
    }
    let mut month = 1;
    while days >= days_in(year, month) {
        days -= days_in(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

/// Monday is 0: 5 January 1970 was one.
pub fn weekday(days: u64) -> u64 {
    (days + 3) % 7
}

/// The holidays of the Algemene termijnenwet. Easter as Oudin reckons it.
pub fn holiday(days: u64) -> bool {
    let (year, month, day) = calendar(days);
    let year = year as i64;
    let (g, c) = (year % 19, year / 100);
    let h = (c - c / 4 - (8 * c + 13) / 25 + 19 * g + 15) % 30;
    let i = h - (h / 28) * (1 - (29 / (h + 1)) * ((21 - g) / 11));
    let j = (year + year / 4 + i + 2 + c / 4 - c) % 7;
    // Days after 21 March of the full moon's Sunday.
    let easter = 28 + i - j;
    let of_year = |month: u64, day: u64| (1..month).map(|month| days_in(year as u64, month)).sum::<u64>() + day;
    let after_1_march = of_year(month, day) as i64 - of_year(3, 1) as i64 + 1;
    let moving = [-2, 1, 39, 50].contains(&(after_1_march - easter));
    let king = if weekday(days + 27 - day) == 6 { 26 } else { 27 };
    let fixed = [(1, 1), (5, 5), (12, 25), (12, 26)].contains(&(month, day));
    moving || fixed || (month == 4 && day == king)
}

pub fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
