//! Random flips and cuts, many: each is found by a verification or provably costs nothing, and none makes it panic.
//!
//! What is found: every change of a byte of a segment, committed or not. What is not found and why it costs nothing:
//! a change of a slot of the vault that no entry uses, for its key was never a key of anything. What only peers find: an
//! end that was cut off exactly behind a commit record, where the log could have ended.

use std::collections::BTreeSet;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::*;

/// Two segments in the exchange log, one in the house log; the vault is cut at any byte of a block that is used.
const TINY: Layout = Layout { segment_bytes: 6 * 1024, slots_per_block: 8 };
/// Changes in a run before a change is taken; `WEEGNET_FLIPS` asks for more.
const MUTATIONS: u64 = 100_000;
const WORKERS: u64 = 2;
const SEED: u64 = 0x464c_4950;
/// Cuts this close to a batch boundary are all tried, in bytes.
const NEAR: usize = 24;
const SEGMENT_HEADER: usize = 64;
const VAULT_HEADER: usize = 64;

/// What is done to a file.
#[derive(Debug, Clone, Copy)]
enum Mutation {
    /// So many bits at random places within 64 bytes.
    Flip { at: usize, bits: u64 },
    /// The file ends here.
    Shorten { to: usize },
    /// Nothing but zeroes from here on, as in a segment that was preallocated.
    Empty { from: usize },
}

/// SplitMix64: the same changes from the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn mutation(&mut self, length: usize) -> Mutation {
        match self.below(10) {
            0 => Mutation::Shorten { to: self.below(length) },
            1 => Mutation::Empty { from: self.below(length) },
            _ => Mutation::Flip { at: self.below(length), bits: 1 + self.below(8) as u64 },
        }
    }

    fn apply(&mut self, mutation: Mutation, bytes: &mut Vec<u8>) {
        match mutation {
            Mutation::Shorten { to } => bytes.truncate(to),
            Mutation::Empty { from } => bytes[from..].fill(0),
            Mutation::Flip { at, bits } => {
                bytes[at] ^= 1 << self.below(8);
                for _ in 1..bits {
                    let near = (at + self.below(64)).min(bytes.len() - 1);
                    bytes[near] ^= 1 << self.below(8);
                }
            }
        }
    }
}

/// A journal of several batches with bodies of every kind, and what in it may change unnoticed.
struct Subject {
    home: Home,
    /// File, its bytes, and whether it is the last segment of its log.
    files: Vec<(PathBuf, Vec<u8>, bool)>,
    /// Where a segment could have ended: behind each commit record, and behind the header when others come before it.
    boundaries: BTreeSet<(PathBuf, usize)>,
    /// Slots of the vault that entries use.
    used: BTreeSet<usize>,
    /// The entries with sealed bodies: all that a change of the vault can touch.
    sealed: Vec<Stored>,
}

impl Subject {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let home = runtime.block_on(written());
        let exchange = [1, 2].map(|number| home.segment(LogName::Exchange, number));
        let house = home.segment(LogName::House, 1);
        assert!(!home.segment(LogName::Exchange, 3).exists() && !home.segment(LogName::House, 2).exists());
        let vault = home.journal.join(super::super::vault::FILE);
        let read = |path: &Path, last| (path.to_owned(), std::fs::read(path).unwrap(), last);
        let files = vec![read(&exchange[0], false), read(&exchange[1], true), read(&house, true), read(&vault, false)];
        let mut boundaries = BTreeSet::new();
        for (log, number) in [(LogName::Exchange, 2), (LogName::House, 1)] {
            let path = home.segment(log, number);
            if number > 1 {
                boundaries.insert((path.clone(), SEGMENT_HEADER));
            }
            let mut batches = batches::Batches::from_start(log, &recovery::log_dir(&home.journal, log)).unwrap();
            while let batches::Next::Batch(_) = batches.advance().unwrap() {
                if batches.position().segment == number {
                    boundaries.insert((path.clone(), batches.position().offset as usize));
                }
            }
        }
        let (mut used, mut sealed) = (BTreeSet::new(), Vec::new());
        let note = |scanned: &Scanned| {
            if let Scanned::Entry(stored) = scanned
                && let StoredBody::Sealed { case, .. } = stored.body
            {
                used.insert(case.slot() as usize);
                sealed.push(stored.clone());
            }
            Ok::<_, Infallible>(())
        };
        verify(&home.journal, |_, _| {}, note).unwrap();
        Subject { home, files, boundaries, used, sealed }
    }

    /// Whether a change of this file is found: a vault's by a body that does not open, a segment's by the walk.
    fn is_found(&self, path: &Path) -> bool {
        if !path.ends_with(super::super::vault::FILE) {
            return self.home.verify().map_or(true, |report| !report.is_clean());
        }
        // No case was erased in this journal.
        let opens = |bodies: Bodies| self.sealed.iter().all(|stored| matches!(bodies.body(stored), Ok(Some(_))));
        !Bodies::open(&self.home.journal).is_ok_and(opens)
    }

    /// Whether this change of a file costs nothing, or is one that only peers find.
    fn may_pass(&self, path: &Path, old: &[u8], new: &[u8]) -> bool {
        let changed = |at: &usize| old[*at] != new[*at];
        if path.ends_with(super::super::vault::FILE) {
            let slot = |at: usize| at.checked_sub(VAULT_HEADER).map(|at| at / 32);
            let is_used = |at: usize| slot(at).is_none_or(|slot| self.used.contains(&slot));
            return !(new.len()..old.len()).any(is_used) && !(0..new.len()).filter(changed).any(is_used);
        }
        // Only an end: nothing before it changed, nothing is left behind it.
        let first = (0..new.len()).find(changed);
        let end = new.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        new == old
            || (new.len() == old.len()
                && first.is_some_and(|first| end <= first)
                && self
                    .boundaries
                    .iter()
                    .any(|(at, boundary)| at == path && (end..=first.unwrap_or(0)).contains(boundary)))
    }
}

/// As written by a node: questions, decisions, candidates, answers, a kept receipt.
async fn written() -> Home {
    let home = Home::new(TINY);
    let (journal, _) = home.open(TINY);
    let receipt = some_receipt(&journal).await;
    for number in 0..2 {
        let case = journal.new_case().unwrap();
        let wide = entry(10 * number + 2, EntryKind::PolicyDecision, EntryBody::Public(vec![7; 1200]));
        let question = vec![sealed(10 * number + 1, EntryKind::QuestionReceived, case), wide];
        journal.record((), question).await.unwrap();
        journal.keep_receipt(statement_id(number), receipt.clone()).unwrap();
        let answer = sealed(10 * number + 3, EntryKind::AnswerSent, case);
        journal.record((), vec![answer, sealed(10 * number + 4, EntryKind::Candidates, case)]).await.unwrap();
    }
    journal.close().await;
    home
}

/// Runs `count` changes; the outcomes: found, passed.
fn mutate(worker: u64, count: u64) -> (u64, u64) {
    let subject = Subject::new();
    assert!(subject.files.iter().all(|(path, ..)| !subject.is_found(path)), "the journal itself is sound");
    let mut chance = Chance(SEED ^ (worker << 32));
    let (mut found, mut passed) = (0, 0);
    for round in 0..count {
        let (path, old, _) = &subject.files[chance.below(subject.files.len())];
        let mut new = old.clone();
        let mutation = chance.mutation(old.len());
        chance.apply(mutation, &mut new);
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        let changed = new.iter().zip(old).position(|(new, old)| new != old).unwrap_or(new.len());
        file.write_all_at(&new[changed..], changed as u64).unwrap();
        file.set_len(new.len() as u64).unwrap();
        let is_found = subject.is_found(path);
        let may_pass = subject.may_pass(path, old, &new);
        let context = || format!("worker {worker} round {round}: {mutation:?} in {}", path.display());
        assert_eq!(is_found, !may_pass, "{}: found {is_found}, may pass {may_pass}", context());
        if is_found {
            found += 1
        } else {
            passed += 1
        }
        file.write_all_at(&old[changed..], changed as u64).unwrap();
    }
    assert!(subject.files.iter().all(|(path, ..)| !subject.is_found(path)), "everything is as it was");
    (found, passed)
}

#[test]
fn finds_every_flip_and_cut_but_those_that_cost_nothing_or_only_peers_see() {
    let count = std::env::var("WEEGNET_FLIPS").ok().and_then(|text| text.parse().ok()).unwrap_or(MUTATIONS);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|worker| scope.spawn(move || mutate(worker, count / WORKERS))).collect();
        workers.into_iter().map(|worker| worker.join().expect("no change makes a verification panic")).collect()
    });
    let (found, passed) = outcomes.iter().fold((0, 0), |(f, p), (found, passed)| (f + found, p + passed));
    println!("flips and cuts: {count}, found {found}, in unused slots or at a batch boundary {passed}");
    assert!(found > 0 && passed > 0, "both kinds happen");
}

#[test]
fn an_end_at_a_batch_boundary_is_what_a_verification_alone_cannot_find() {
    let subject = Subject::new();
    for (path, old, last) in &subject.files[..3] {
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        let written = old.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        for from in (0..written).rev() {
            file.write_all_at(&[0], from as u64).unwrap();
            let is_near = |(_, boundary): &(PathBuf, usize)| boundary.abs_diff(from) < NEAR;
            if old[from] == 0 || (from % 11 != 0 && !subject.boundaries.iter().any(is_near)) {
                continue;
            }
            let mut new = old.clone();
            new[from..].fill(0);
            assert_eq!(subject.is_found(path), !subject.may_pass(path, old, &new), "{} from {from}", path.display());
            if !last {
                assert!(subject.is_found(path), "{} from {from}", path.display());
            }
        }
        file.write_all_at(old, 0).unwrap();
        assert!(!subject.is_found(path));
    }
}
