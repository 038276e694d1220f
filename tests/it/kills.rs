//! Kills and errors at every call to the disk, and kills at thousands of random moments: whatever a process said it had
//! written is there afterwards, every start succeeds, and the journal verifies.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use weegnet_node::clock;
use weegnet_node::journal::{self, Journal, JournalError, StoredBody};
use weegnet_protocol::log::{LeafIndex, LogName};
use weegnet_tests::faults::{Chance, SCRIBE_KEY, SCRIBE_LAYOUT};

/// Kills at random moments before a change is taken; `WEEGNET_RANDOM_KILLS` asks for more.
const KILLS: u64 = 1_000;
/// Kills of one journal before the next is begun.
const KILLS_EACH: u64 = 40;
const WORKERS: u64 = 2;
/// Longest life of a process after it was started, or after its journal was open, in microseconds.
const LIFE_US: u64 = 20_000;
/// Calls of a process that is killed at a chosen call to the disk: several segments and blocks of keys.
const CALLS: &str = "24";
/// All that a journal does to a disk.
const DISK_CALLS: [&str; 8] = ["pwrite64", "fdatasync", "fsync", "fallocate", "rename", "mkdir", "openat", "unlink"];

/// What a journal must hold, whatever happens: entries by place, with the hash of their leaf, and erased cases.
#[derive(Default)]
struct Said {
    entries: BTreeMap<(LogName, u64), String>,
    erased: Vec<u32>,
}

impl Said {
    /// Takes what a killed process has said; a line is there as a whole or not at all.
    fn hear(&mut self, text: &str) -> u64 {
        let mut heard = 0;
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let mut words = line.split(' ');
            match (words.next().unwrap(), words.next(), words.next()) {
                ("erased", Some(slot), None) => self.erased.push(slot.parse().unwrap()),
                (log, Some(index), Some(leaf)) => {
                    let log = LogName::ALL.into_iter().find(|name| name.as_str() == log).unwrap();
                    self.entries.insert((log, index.parse().unwrap()), leaf.to_owned());
                    heard += 1;
                }
                _ => assert!(["open", "closed"].contains(&line), "{line}"),
            }
        }
        heard
    }

    /// Starts again, and finds everything.
    fn check(&self, dir: &Path, context: &str) {
        let key = SigningKey::from_bytes(&SCRIBE_KEY);
        let (journal, _) = match Journal::open_with(dir, key, clock::now, SCRIBE_LAYOUT) {
            // It never came to be; nothing was acknowledged, and the next attempt makes it.
            Err(JournalError::Missing { .. }) if self.entries.is_empty() => return,
            opened => opened.unwrap_or_else(|error| panic!("{context}: a start fails: {error}")),
        };
        for ((log, index), leaf) in &self.entries {
            let stored = journal.read(*log, LeafIndex(*index)).unwrap_or_else(|error| panic!("{context}: {error}"));
            assert_eq!(&stored.leaf.hash().to_string(), leaf, "{context}: {log:?} {index}");
            let body = journal.body(&stored);
            if let StoredBody::Sealed { case, .. } = stored.body
                && self.erased.contains(&case.slot())
            {
                assert_eq!(body.unwrap(), None, "{context}: erased and still there");
            }
        }
        drop(journal);
        let report = journal::verify(dir, |_, _| {}, |_| Ok::<_, Infallible>(()));
        assert!(report.unwrap_or_else(|error| panic!("{context}: {error}")).logs.len() == 2, "{context}");
    }
}

fn scribe() -> &'static str {
    env!("CARGO_BIN_EXE_scribe")
}

#[test]
fn nothing_acknowledged_is_lost_to_kills_at_random_moments() {
    let kills = std::env::var("WEEGNET_RANDOM_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let (began, heard) = (Instant::now(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let heard = &heard;
            scope.spawn(move || {
                let mut chance = Chance::seeded(0x4b49_4c4c + worker);
                let mut left = kills / WORKERS;
                while left > 0 {
                    let home = tempfile::tempdir().unwrap();
                    let (dir, mut said) = (home.path().join("journal"), Said::default());
                    for kill in 0..left.min(KILLS_EACH) {
                        let text = live_and_die(&dir, &mut chance);
                        heard.fetch_add(said.hear(&text), Ordering::Relaxed);
                        said.check(&dir, &format!("worker {worker}, {left} left, kill {kill}"));
                    }
                    left -= left.min(KILLS_EACH);
                }
            });
        }
    });
    let heard = heard.into_inner();
    println!("random kills: {kills}, {heard} acknowledged entries, none lost, {:.0} s", began.elapsed().as_secs_f64());
    assert!(heard > kills / 2, "the processes live long enough to say something");
}

/// Runs a process until a random moment of its start or of its work.
fn live_and_die(dir: &Path, chance: &mut Chance) -> String {
    let mut child =
        Command::new(scribe()).arg(dir).arg("1000000").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    if chance.below(4) > 0 {
        out.read_line(&mut text).unwrap();
    }
    // A moment by chance, not a wait for anything.
    std::thread::sleep(Duration::from_micros(chance.below(LIFE_US)));
    child.kill().unwrap();
    child.wait().unwrap();
    out.read_to_string(&mut text).unwrap();
    text
}

/// What happens to one call.
#[derive(Clone, Copy)]
enum Injection {
    Kill,
    Error(&'static str),
}

impl Injection {
    fn expression(self, call: &str, number: u64) -> String {
        match self {
            Injection::Kill => format!("inject={call}:signal=SIGKILL:when={number}"),
            Injection::Error(name) => format!("inject={call}:error={name}:when={number}"),
        }
    }
}

/// How often the busiest thread of a process makes this call: strace counts for each thread.
fn calls_of(call: &str) -> u64 {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("strace");
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-e", &format!("trace={call}"), "-o"])
        .arg(&log)
        .arg(scribe())
        .arg(home.path().join("journal"))
        .arg(CALLS)
        .stdout(Stdio::null())
        .status()
        .expect("strace is installed");
    assert!(traced.success());
    let mut each: BTreeMap<String, u64> = BTreeMap::new();
    for line in std::fs::read_to_string(log).unwrap().lines().filter(|line| line.contains(&format!(" {call}("))) {
        *each.entry(line.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    each.into_values().max().unwrap_or_default()
}

/// Breaks every one of these calls, each in a run of its own; how many runs there were, and how many were broken.
fn break_every(call: &str, injection: Injection) -> (u64, u64) {
    let (mut runs, mut broken) = (0, 0);
    for number in 1..=calls_of(call) {
        let home = tempfile::tempdir().unwrap();
        let (dir, mut said) = (home.path().join("journal"), Said::default());
        let expression = injection.expression(call, number);
        let log = home.path().join("strace");
        let output = Command::new("strace")
            .args(["-f", "-qq", "-e", &format!("trace={call}"), "-e", &expression, "-o"])
            .arg(&log)
            .arg(scribe())
            .arg(&dir)
            .arg(CALLS)
            .output()
            .expect("strace is installed");
        // Batches differ from run to run: now and then there are fewer calls than were counted.
        let was_met =
            matches!(injection, Injection::Kill) || std::fs::read_to_string(&log).unwrap().contains("INJECTED");
        runs += u64::from(was_met);
        broken += u64::from(!output.status.success());
        said.hear(std::str::from_utf8(&output.stdout).unwrap());
        said.check(&dir, &expression);
        // And a process that goes on with it comes to its end.
        let again = Command::new(scribe()).arg(&dir).arg("2").output().unwrap();
        assert!(again.status.success(), "{expression}: {}", String::from_utf8_lossy(&again.stderr));
        said.hear(std::str::from_utf8(&again.stdout).unwrap());
        said.check(&dir, &format!("{expression}, and then two more"));
    }
    (runs, broken)
}

#[test]
fn nothing_acknowledged_is_lost_to_a_kill_at_any_call_to_the_disk() {
    let mut total = (0, 0);
    for call in DISK_CALLS {
        let (runs, killed) = break_every(call, Injection::Kill);
        println!("killed at {call}: {killed} of {runs}");
        total = (total.0 + runs, total.1 + killed);
    }
    assert!(total.0 > 60 && total.1 * 10 >= total.0 * 8, "{} of {} runs were killed", total.1, total.0);
}

#[test]
fn nothing_acknowledged_is_lost_to_an_error_at_any_call_to_the_disk() {
    for (call, errors) in [
        ("pwrite64", ["EIO", "ENOSPC"]),
        ("fdatasync", ["EIO", "ENOSPC"]),
        ("fsync", ["EIO", "ENOSPC"]),
        ("fallocate", ["EIO", "ENOSPC"]),
        ("rename", ["EIO", "ENOSPC"]),
    ] {
        for error in errors {
            let (runs, ended) = break_every(call, Injection::Error(error));
            println!("{error} at {call}: {ended} of {runs} ended");
            assert!(runs > 0 && ended == runs, "{error} at {call}: {ended} of {runs} processes ended");
        }
    }
}
