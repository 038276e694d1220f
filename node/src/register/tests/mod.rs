//! Promises of the register. All set-up code stands here; every person is invented or from published research data.

mod crash;
mod damage;
mod layout;
mod matching;
mod refolding;
mod regeneration;
mod rejection;
mod scale;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use weegnet_protocol::id::Slug;
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::time::Day;
use zeroize::Zeroizing;

use super::*;

pub(super) const HEADER: &str =
    "id,bronrecord,reden,bsn,voornamen,voorvoegsel,geslachtsnaam,geboortedatum,aliassen,bewaren_tot\n";
pub(super) const TODAY: Day = Day { year: 2026, month: 11, day: 23 };

/// A register in a directory of its own.
pub(super) struct House {
    pub(super) register: Register,
    pub(super) dir: PathBuf,
    _tmp: TempDir,
}

impl House {
    pub(super) fn new() -> House {
        let tmp = TempDir::new().unwrap();
        let dir = tmp.path().join("rcpt-noord");
        House { register: open(&dir), dir, _tmp: tmp }
    }

    /// A register that holds these rows.
    pub(super) fn with(rows: &str) -> House {
        let house = House::new();
        let report = house.import(rows).unwrap();
        assert_eq!(report.rejections, []);
        house
    }

    /// Imports rows in our own layout.
    pub(super) fn import(&self, rows: &str) -> Result<ImportReport, ImportError> {
        self.import_raw([HEADER, rows].concat())
    }

    pub(super) fn import_raw(&self, source: impl AsRef<[u8]>) -> Result<ImportReport, ImportError> {
        import(&self.register, source.as_ref(), &Mapping::default(), &rules(), |_| {})
    }

    /// Imports although too much is rejected or vanishes.
    pub(super) fn import_confirmed(&self, rows: &str) -> ImportReport {
        let rules = ImportRules { confirm_rejected: true, confirm_vanished: true, ..rules() };
        import(&self.register, [HEADER, rows].concat().as_bytes(), &Mapping::default(), &rules, |_| {}).unwrap()
    }

    /// Closes and opens again, as a restart does.
    pub(super) fn restart(self) -> House {
        let House { register, dir, _tmp } = self;
        drop(register);
        House { register: open(&dir), dir, _tmp }
    }

    /// Ids of the rows that match, in their order.
    pub(super) fn found(&self, person: &PersonRef) -> Vec<String> {
        let found = self.register.find_person(person, TODAY).unwrap().candidates;
        found.iter().map(|candidate| candidate.record_id().to_string()).collect()
    }
}

pub(super) fn key() -> RegisterKey {
    RegisterKey::new(Zeroizing::new([7; 32]))
}

pub(super) fn open(dir: &Path) -> Register {
    Register::open(dir, key()).unwrap()
}

pub(super) fn rules() -> ImportRules {
    let reasons: BTreeSet<Slug> = ["casus", "melding"].map(|code| code.parse().unwrap()).into();
    ImportRules {
        reasons,
        max_rows: 10_000,
        today: TODAY,
        confirm_rejected: false,
        confirm_vanished: false,
        rejected_to: None,
    }
}

/// A person to ask about: `bsn, given names, prefix, surname, birth date, aliases`, empty when not known.
pub(super) fn person(bsn: &str, given: &str, prefix: &str, surname: &str, birth: &str, aliases: &[&str]) -> PersonRef {
    let name = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    PersonRef::try_from(Fields {
        bsn: (!bsn.is_empty()).then(|| bsn.parse().unwrap()),
        given_names: name(given),
        prefix: name(prefix),
        surname: name(surname),
        aliases: aliases.iter().map(|alias| alias.parse().unwrap()).collect(),
        birth: birth.parse().unwrap(),
    })
    .unwrap()
}

/// Someone by name and birth date.
pub(super) fn named(given: &str, surname: &str, birth: &str) -> PersonRef {
    person("", given, "", surname, birth, &[])
}

/// Rows `p0`, `p1`, … with one surname each, born in 1980.
pub(super) fn many(rows: std::ops::Range<u32>) -> String {
    rows.map(|n| format!("p{n},,casus,,Jan,,Naam{n},1980-01-01,,2030-01-01\n")).collect()
}

/// Every byte of every file below a directory.
pub(super) fn all_bytes(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend_from_slice(path.to_str().unwrap().as_bytes());
        bytes.extend(if path.is_dir() { all_bytes(&path) } else { fs::read(&path).unwrap() });
    }
    bytes
}

/// The names in the register's directory.
pub(super) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
