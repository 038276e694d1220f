//! Link keys alone, as a sealed question has them: whom it opens for, before the matcher looks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use weegnet_protocol::person::Strength;

use super::table::Person;

#[derive(Serialize)]
pub struct Links {
    /// Questions about somebody in the register, and those of them that open.
    present: u64,
    opened: u64,
    /// Of those, the ones that this person's own row would open alone.
    by_own_row: u64,
    /// Questions about somebody who is not in it, and those that open all the same.
    absent: u64,
    falsely: u64,
    /// Of the false ones, those that no row opens alone: weak keys of different rows.
    by_different_rows: u64,
}

/// One strong key opens, or two different weak ones.
fn opens(strong: usize, weak: usize) -> bool {
    strong > 0 || weak > 1
}

impl Links {
    pub fn of(register: &[Person], questions: &[Person], same_file: bool) -> Links {
        let mut rows: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (row, person) in register.iter().enumerate() {
            person.links.iter().for_each(|key| rows.entry(key.as_bytes()).or_default().push(row));
        }
        let truths: BTreeMap<&str, usize> = register.iter().fold(BTreeMap::new(), |mut truths, person| {
            *truths.entry(person.truth.as_str()).or_default() += 1;
            truths
        });
        let mut links = Links { present: 0, opened: 0, by_own_row: 0, absent: 0, falsely: 0, by_different_rows: 0 };
        for (number, asked) in questions.iter().enumerate() {
            let own = truths.get(asked.truth.as_str()).copied().unwrap_or(0);
            let is_there = own > usize::from(same_file);
            let (mut strong, mut weak) = (0, 0);
            let mut by_row: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
            for key in &asked.links {
                let found = rows.get(key.as_bytes()).map(Vec::as_slice).unwrap_or_default();
                let found: BTreeSet<usize> = found.iter().copied().filter(|row| !same_file || *row != number).collect();
                let is_strong = key.strength() == Strength::Strong;
                let counted = usize::from(!found.is_empty());
                if is_strong {
                    strong += counted
                } else {
                    weak += counted
                }
                for row in found {
                    let (strong, weak) = by_row.entry(row).or_default();
                    if is_strong { *strong += 1 } else { *weak += 1 }
                }
            }
            let opened = u64::from(opens(strong, weak));
            let mut alone = by_row.iter().filter(|(_, (strong, weak))| opens(*strong, *weak));
            if is_there {
                links.present += 1;
                links.opened += opened;
                links.by_own_row += u64::from(alone.any(|(row, _)| register[*row].truth == asked.truth));
            } else {
                links.absent += 1;
                links.falsely += opened;
                links.by_different_rows += u64::from(opened == 1 && alone.next().is_none());
            }
        }
        links
    }

    pub fn words(&self) -> String {
        let ratio = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        format!(
            "link keys alone: of {} questions about somebody there {} open ({:.4}; {:.4} by a row of that person alone); of {} about \
             somebody absent {} open ({:.5}; {} of them by weak keys of different rows)\n",
            self.present,
            self.opened,
            ratio(self.opened, self.present),
            ratio(self.by_own_row, self.present),
            self.absent,
            self.falsely,
            ratio(self.falsely, self.absent),
            self.by_different_rows,
        )
    }
}
