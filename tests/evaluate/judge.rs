//! Every question against the register, and what of the result is true.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use weegnet_node::register::matching::{Asked, Band, Verdict};

use super::index::Index;
use super::table::Person;

/// A pair that was shown, or is true and was not.
pub struct Pair {
    pub question: usize,
    pub row: usize,
    pub is_true: bool,
    pub verdict: Verdict,
    pub found: bool,
}

#[derive(Default)]
pub struct Judged {
    pub pairs: Vec<Pair>,
    /// True pairs there are.
    pub true_pairs: u64,
    /// Questions about persons who are not in the register.
    pub absent: u64,
    pub absent_questions: Vec<usize>,
    /// True pairs that no rule can find: one side has no date and no number, or no name and no number.
    pub hopeless: u64,
    pub contradictions: u64,
    pub compared: u64,
    pub latencies: Vec<Duration>,
}

pub fn judge(index: &Index<'_>, register: &[Person], questions: &[Person], same_file: bool) -> Judged {
    let mut by_truth: HashMap<&str, Vec<usize>> = HashMap::new();
    for (row, person) in register.iter().enumerate() {
        by_truth.entry(&person.truth).or_default().push(row);
    }
    let mut judged = Judged::default();
    for (question, asked) in questions.iter().enumerate() {
        let rows = by_truth.get(asked.truth.as_str()).map(Vec::as_slice).unwrap_or_default();
        let there: Vec<usize> = rows.iter().copied().filter(|row| !same_file || *row != question).collect();
        judged.true_pairs += there.len() as u64;
        if there.is_empty() {
            judged.absent += 1;
            judged.absent_questions.push(question);
        }
        let started = Instant::now();
        let found = index.search(&asked.reading);
        judged.latencies.push(started.elapsed());
        judged.compared += found.compared as u64;
        judged.contradictions += found.contradictions.len() as u64;
        let mut shown: Vec<usize> = Vec::new();
        for (row, verdict) in found.candidates {
            let row = row as usize;
            if same_file && row == question {
                continue;
            }
            shown.push(row);
            let is_true = register[row].truth == asked.truth;
            judged.pairs.push(Pair { question, row, is_true, verdict, found: true });
        }
        let weighing = Asked::new(&asked.reading, index.census());
        for row in there.into_iter().filter(|row| !shown.contains(row)) {
            let known = &register[row].reading;
            judged.hopeless += u64::from(is_hopeless(asked, &register[row]));
            let verdict = Verdict { band: None, ..weighing.against(known) };
            judged.pairs.push(Pair { question, row, is_true: true, verdict, found: false });
        }
    }
    judged
}

impl Pair {
    /// Whether it is shown in this band or above it.
    pub fn is_in(&self, band: Band) -> bool {
        self.found && self.verdict.band.is_some_and(|found| found <= band)
    }
}

fn is_hopeless(asked: &Person, known: &Person) -> bool {
    let (a, b) = (&asked.reading, &known.reading);
    let number = a.number.is_some() && a.number == b.number;
    let nameless = |r: &weegnet_node::register::matching::Reading| r.surnames.is_empty() && r.given.is_empty();
    !number && (a.birth.year == 0 || b.birth.year == 0 || nameless(a) || nameless(b))
}
