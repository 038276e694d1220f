//! How the parties agreed to work, beyond what every convenant must say: phases, second persons, secrecy, urgency, terms
//! in working days, rosters. All of it may be left out, and only makes stricter what is there.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::time::{Day, Millis, Timestamp};

use super::problem::Fault;
use super::reader::{Fields, Notes, Readable};
use super::terms::{Coded, WindowTerms};
use super::values::{Line, Seconds};
use crate::calendar::{self, MAX_WORKING_DAYS};
use crate::lang::Words;

/// What holds for all parties.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct PracticeTerms {
    /// A question about somebody who may be a minor needs a second approver in the approving organisation (H6).
    #[serde(rename = "tweede_goedkeurder_minderjarigen", skip_serializing_if = "is_false")]
    pub minor_second: bool,
    /// Shortest window of an urgent question (H12).
    #[serde(rename = "spoed_minimum_seconden", skip_serializing_if = "Option::is_none")]
    pub urgent_least: Option<Seconds>,
    /// Fewest whole working days in the window of any other question.
    #[serde(rename = "minimum_werkdagen", skip_serializing_if = "Option::is_none")]
    pub least_working_days: Option<u32>,
    /// Whole working days in the window when the author does not say.
    #[serde(rename = "standaard_werkdagen", skip_serializing_if = "Option::is_none")]
    pub default_working_days: Option<u32>,
}

impl PracticeTerms {
    /// Whether nothing was agreed.
    pub fn is_empty(&self) -> bool {
        *self == PracticeTerms::default()
    }
}

/// What holds for one party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PartyPractice {
    /// Which.
    pub oin: Oin,
    /// The convenant names it for the weging phase. As soon as it names anybody, nobody else is asked in that phase.
    #[serde(rename = "weging", skip_serializing_if = "is_false")]
    pub weging: bool,
    /// An answer that names it needs a second reviewer.
    #[serde(rename = "tweede_verstrekker", skip_serializing_if = "is_false")]
    pub second: bool,
    /// The law that binds it to secrecy: nothing is released without a recorded ground.
    #[serde(rename = "geheimhouding", skip_serializing_if = "Option::is_none")]
    pub secrecy: Option<Line>,
    /// On which days a reviewer is on duty.
    #[serde(rename = "rooster", skip_serializing_if = "Option::is_none")]
    pub roster: Option<Roster>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// All that the parties agreed about how they work.
#[derive(Debug, Clone, Copy)]
pub struct Practice<'a> {
    /// For all.
    pub terms: &'a PracticeTerms,
    /// For single parties.
    pub parties: &'a [PartyPractice],
}

impl<'a> Practice<'a> {
    /// What was agreed about one party.
    pub fn of(&self, oin: &Oin) -> Option<&'a PartyPractice> {
        self.parties.iter().find(|party| party.oin == *oin)
    }

    /// Whether it may be asked in the weging phase, the one in which weegnet asks.
    pub fn is_weging(&self, oin: &Oin) -> bool {
        self.parties.iter().all(|party| !party.weging) || self.of(oin).is_some_and(|party| party.weging)
    }

    /// Whether a second reviewer has to agree.
    pub fn needs_second(&self, oin: &Oin) -> bool {
        self.of(oin).is_some_and(|party| party.second)
    }

    /// The law that binds it to secrecy.
    pub fn secrecy(&self, oin: &Oin) -> Option<&'a Line> {
        self.of(oin)?.secrecy.as_ref()
    }

    /// Whether a reviewer is on duty at some time between these moments; without a roster nobody says otherwise.
    pub fn on_duty(&self, oin: &Oin, from: Timestamp, to: Timestamp) -> bool {
        self.of(oin).and_then(|party| party.roster).is_none_or(|roster| roster.on_duty(from, to))
    }
}

/// The days of the week on which a reviewer is on duty, holidays aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roster(u8);

const DAYS: [&str; 7] = ["ma", "di", "wo", "do", "vr", "za", "zo"];

impl Roster {
    /// Whether it says so for this day.
    pub fn is_duty(self, day: Day) -> bool {
        self.0 & 1 << calendar::weekday(day) != 0 && !calendar::is_holiday(day)
    }

    fn on_duty(self, from: Timestamp, to: Timestamp) -> bool {
        // A window ends before its last moment. Three weeks without a duty day there are not, whatever the holidays.
        let to = to.min(from + Millis::hours(21 * 24));
        let days = from.day().to_days()..=(to - Millis(1)).day().to_days();
        days.into_iter().any(|day| self.is_duty(Day::from_days(day)))
    }
}

impl fmt::Display for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<_> =
            DAYS.iter().enumerate().filter(|(at, _)| self.0 & 1 << at != 0).map(|(_, day)| *day).collect();
        f.write_str(&days.join(" "))
    }
}

impl Serialize for Roster {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Roster {
    type Err = ();

    /// Reads days in the order of the week, each once.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut days = 0;
        for word in text.split(' ') {
            days |= 1 << DAYS.iter().position(|day| *day == word).ok_or(())?;
        }
        let roster = Roster(days);
        if roster.to_string() == text { Ok(roster) } else { Err(()) }
    }
}

impl Readable for Roster {
    fn expected(_: &()) -> Words {
        Words::of(
            "dagen in de volgorde van de week, zoals \"ma di wo do vr\"",
            "days in the order of the week, such as \"ma di wo do vr\" (Monday to Friday)",
        )
    }
}

/// Reads what holds for all.
pub(super) fn practice(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<PracticeTerms> {
    let minor_second = if fields.has("tweede_goedkeurder_minderjarigen") {
        fields.boolean(notes, "tweede_goedkeurder_minderjarigen")
    } else {
        Some(false)
    };
    let urgent_least = if fields.has("spoed_minimum_seconden") {
        fields
            .number(notes, "spoed_minimum_seconden", 1..=366 * 86_400, "seconds")
            .map(|seconds| Some(Seconds(seconds)))
    } else {
        Some(None)
    };
    let mut days = |key| {
        if !fields.has(key) {
            return Some(None);
        }
        let days = fields.number(notes, key, 1..=MAX_WORKING_DAYS.into(), "working days")?;
        Some(u32::try_from(days).ok())
    };
    let (least, default) = (days("minimum_werkdagen"), days("standaard_werkdagen"));
    Some(PracticeTerms {
        minor_second: minor_second?,
        urgent_least: urgent_least?,
        least_working_days: least?,
        default_working_days: default?,
    })
}

/// Reads what holds for one party.
pub(super) fn party(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<PartyPractice> {
    let oin = fields.parsed(notes, "oin");
    let mut flag = |key| if fields.has(key) { fields.boolean(notes, key) } else { Some(false) };
    let (weging, second) = (flag("weging"), flag("tweede_verstrekker"));
    let secrecy = fields.optional(notes, "geheimhouding");
    let roster = fields.optional(notes, "rooster");
    Some(PartyPractice { oin: oin?, weging: weging?, second: second?, secrecy: secrecy?, roster: roster? })
}

/// Notes what does not fit together.
pub(super) fn check(
    notes: &mut Notes,
    practice: &PracticeTerms,
    parties: &[PartyPractice],
    grounds: &[Coded],
    window: Option<&WindowTerms>,
    is_party: impl Fn(&Oin) -> bool,
) {
    for (i, party) in parties.iter().enumerate() {
        if !is_party(&party.oin) {
            notes.add(format!("afspraken[{i}].oin"), Fault::NoParty);
        }
        if let Some(other) = parties[..i].iter().position(|before| before.oin == party.oin) {
            notes.add(format!("afspraken[{i}].oin"), Fault::Twice { other: format!("afspraken[{other}].oin") });
        }
        if party.secrecy.is_some() && grounds.is_empty() {
            notes.add(format!("afspraken[{i}].geheimhouding"), Fault::NoSecrecyGround);
        }
    }
    if let (Some(urgent), Some(window)) = (practice.urgent_least, window)
        && urgent > window.least
    {
        notes.add("werkwijze.spoed_minimum_seconden", Fault::UrgentNotShorter);
    }
    if let (Some(least), Some(default)) = (practice.least_working_days, practice.default_working_days)
        && default < least
    {
        notes.add("werkwijze.standaard_werkdagen", Fault::WindowOrder);
    }
}
