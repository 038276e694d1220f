//! A whole node, killed or failed at its calls to the disk while it answers and while it imports: no peer holds a receipt
//! or an answer that the journal does not hold, and the next start succeeds.
//!
//! Which calls: all of the workload are counted first; then they are broken one by one, each in a process of its own, in
//! an order in which every beginning is spread over all of them, until the time is over. `WEEGNET_NODE_KILLS_SECONDS`
//! gives more time; with enough of it all are broken, and the last line says so.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use weegnet_node::link::Reply;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::sign::Statement;
use weegnet_tests::binary::weegnet;
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::people::register;
use weegnet_tests::{Federation, Organisation, Person, Terms, wait};

/// Time for this story before a change is taken.
const SECONDS: u64 = 75;
/// Questions to a node that will be killed.
const QUESTIONS: usize = 3;
/// Longest wait for a reply that may never come.
const REPLY: Duration = Duration::from_millis(1500);
/// How long a process may take to end after a write has failed.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
const KILLED_AT: [&str; 7] = ["pwrite64", "fdatasync", "fsync", "fallocate", "rename", "openat", "unlink"];
const FAILED_AT: [(&str, &str); 3] = [("fdatasync", "EIO"), ("fdatasync", "ENOSPC"), ("pwrite64", "EIO")];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Answer,
    Import,
}

/// One call to break.
#[derive(Debug, Clone, Copy)]
struct Fault {
    work: Work,
    call: &'static str,
    /// An error instead of a kill.
    error: Option<&'static str>,
    number: u64,
}

impl Fault {
    fn expression(&self) -> String {
        let Fault { call, number, .. } = self;
        match self.error {
            None => format!("inject={call}:signal=SIGKILL:when={number}"),
            Some(error) => format!("inject={call}:error={error}:when={number}"),
        }
    }
}

/// What somebody outside was told.
#[derive(Default)]
struct Told {
    /// Place in the exchange log and hash of the statement.
    receipts: Vec<(u64, Hash)>,
    answers: Vec<Hash>,
    imported: bool,
}

struct Ground<'a> {
    federation: &'a Federation,
    gemeente: &'a Organisation,
    om: &'a Organisation,
    asker: Forger,
    approver: Forger,
    csv: PathBuf,
}

#[test]
fn nobody_is_told_what_is_not_recorded_when_a_node_is_killed_or_its_disk_fails() {
    let seconds = std::env::var("WEEGNET_NODE_KILLS_SECONDS").ok().and_then(|text| text.parse().ok());
    let mut terms = Terms::core();
    terms.parties.iter_mut().for_each(|party| party.mode = "automatisch");
    let federation = Federation::start(terms);
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let people: Vec<_> = (0..40).map(Person::number).collect();
    om.by("beheerder").import(register(&people).as_bytes(), &["--confirm-vanished"]).unwrap();
    federation.at_once(Organisation::stop);
    let csv = federation.root().join("again.csv");
    fs::write(&csv, register(&people)).unwrap();
    let (asker, approver) = (Forger::of(&federation, gemeente), Forger::of(&federation, politie));
    let ground = Ground { federation: &federation, gemeente, om, asker, approver, csv };

    let faults = spread(ground.faults());
    let (began, time) = (Instant::now(), Duration::from_secs(seconds.unwrap_or(SECONDS)));
    let (mut broken, mut met, mut receipts, mut answers) = (0, 0, 0, 0);
    for fault in &faults {
        if began.elapsed() > time {
            break;
        }
        let (told, was_met) = ground.suffer(*fault);
        ground.check(&told, fault);
        broken += 1;
        met += usize::from(was_met);
        receipts += told.receipts.len();
        answers += told.answers.len();
    }
    let all = faults.len();
    println!(
        "node kills: {broken} of {all} calls broken, {met} met; {receipts} receipts, {answers} answers, all recorded"
    );
    assert!(broken == all || broken >= 10, "only {broken} in the time");
    assert!(receipts > 0 && answers > 0, "somebody was told something");
    federation.finish_each_alone();
}

/// Every beginning of the order is spread over the whole: steps of the golden ratio.
fn spread(faults: Vec<Fault>) -> Vec<Fault> {
    let count = faults.len();
    let mut step = (count as f64 * 0.618_034) as usize;
    while !(1..=step).all(|divisor| divisor == 1 || step % divisor != 0 || count % divisor != 0) {
        step += 1;
    }
    (0..count).map(|at| faults[at * step % count]).collect()
}

impl Ground<'_> {
    /// Every call of both workloads, as often as the busiest thread makes it: strace counts for each thread.
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for work in [Work::Answer, Work::Import] {
            let log = self.federation.root().join("strace");
            let traced = format!("trace={}", KILLED_AT.join(","));
            self.work(work, &["-e", &traced], &log);
            let mut each: BTreeMap<(&str, String), u64> = BTreeMap::new();
            let text = fs::read_to_string(&log).unwrap();
            for line in text.lines() {
                let thread = line.split(' ').next().unwrap_or_default().to_owned();
                if let Some(call) = KILLED_AT.iter().find(|call| line.contains(&format!(" {call}("))) {
                    *each.entry((call, thread)).or_default() += 1;
                }
            }
            let most = |call: &str| each.iter().filter(|((c, _), _)| *c == call).map(|(_, n)| *n).max().unwrap_or(0);
            let kills = KILLED_AT.iter().map(|call| (*call, None));
            for (call, error) in kills.chain(FAILED_AT.iter().map(|(call, error)| (*call, Some(*error)))) {
                faults.extend((1..=most(call)).map(|number| Fault { work, call, error, number }));
            }
        }
        faults
    }

    /// Does the work under a fault; what was told, and whether the call was met.
    fn suffer(&self, fault: Fault) -> (Told, bool) {
        let log = self.federation.root().join("strace");
        let told = self.work(fault.work, &["-e", &format!("trace={}", fault.call), "-e", &fault.expression()], &log);
        let text = fs::read_to_string(&log).unwrap();
        let was_met = text.contains("INJECTED") || text.contains("killed by SIGKILL");
        (told, was_met)
    }

    fn work(&self, work: Work, strace: &[&str], log: &Path) -> Told {
        match work {
            Work::Answer => self.answer(strace, log),
            Work::Import => self.import(strace, log),
        }
    }

    fn traced(&self, strace: &[&str], log: &Path, args: &[&str]) -> Child {
        let errors = File::options().create(true).append(true).open(self.federation.root().join("logs/traced.log"));
        Command::new("strace")
            .args(["-f", "-qq", "-o"])
            .arg(log)
            .args(strace)
            .arg(weegnet())
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors.unwrap())
            .spawn()
            .expect("strace is installed")
    }

    fn answer(&self, strace: &[&str], log: &Path) -> Told {
        let mut told = Told::default();
        let mut node = self.traced(strace, log, &["serve", self.om.dir().to_str().unwrap()]);
        let mut ended = || node.try_wait().unwrap().is_some();
        let serves = wait::until("the node serves or ends", || match ended() {
            true => Some(false),
            false => self.om.status().map(|_| true),
        });
        if serves {
            let impostor = Impostor::of(self.federation, self.gemeente);
            for number in 0..QUESTIONS as u32 {
                if ended() {
                    break;
                }
                let question = self.question(&Person::number(number));
                if let Ok(Reply::Receipt(receipt)) = impostor.try_deliver(self.om, &question, REPLY) {
                    told.receipts.push((receipt.inclusion.index, question.hash()));
                }
                while told.answers.len() < told.receipts.len() {
                    let Some(answer) = impostor.take(REPLY / 3) else { break };
                    told.answers.push(answer.hash());
                }
            }
        }
        self.end(node, log);
        told
    }

    /// Waits for a node whose disk failed, which ends by itself; ends any other.
    fn end(&self, mut node: Child, log: &Path) {
        let failed = fs::read_to_string(log)
            .unwrap_or_default()
            .lines()
            .any(|line| line.contains("INJECTED") && line.contains(" fdatasync("));
        if failed {
            let status = wait::within(ENDS_WITHIN, "a node whose disk failed ends", || node.try_wait().unwrap());
            assert!(!status.success(), "and says so");
        }
        // The tracer ends with its only child.
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", node.id())).unwrap_or_default();
        for child in
            children.split_whitespace().filter_map(|id| id.parse().ok()).filter_map(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(child, rustix::process::Signal::KILL);
        }
        node.wait().unwrap();
    }

    fn import(&self, strace: &[&str], log: &Path) -> Told {
        let (dir, csv) = (self.om.dir().to_str().unwrap(), self.csv.to_str().unwrap());
        let args = ["register", "import", dir, csv, "--confirm-vanished", "--as", "beheerder", "--json"];
        let output = self.traced(strace, log, &args).wait_with_output().unwrap();
        Told { imported: output.status.success(), ..Told::default() }
    }

    fn question(&self, person: &Person) -> Statement {
        let draft = self.asker.draft(person, &[self.om], 600);
        let question = self.asker.question(&draft, self.om, self.approver.approval(&draft));
        self.asker.sign_until(question, self.om, draft.core.answer_by)
    }

    /// The node starts, its journal verifies, and everything that was told stands in it.
    fn check(&self, told: &Told, fault: &Fault) {
        let imports = || self.om.lines_of("register_imported").len();
        self.om.try_start().unwrap_or_else(|refused| panic!("{fault:?}: the next start fails: {refused}"));
        self.om.stop();
        let lines = self.om.lines();
        self.om.run("log verify", &[]).unwrap_or_else(|refused| panic!("{fault:?}: {refused}; {lines:#?}"));
        let hash = |line: &weegnet_tests::organisation::Line| line.statement.clone().unwrap_or_default();
        for (index, statement) in &told.receipts {
            let held = lines
                .iter()
                .any(|line| line.log == "exchange" && line.index == *index && hash(line) == statement.to_string());
            assert!(held, "{fault:?}: a receipt for what is not there");
        }
        for answer in &told.answers {
            let held = lines.iter().any(|line| line.kind == "answer_sent" && hash(line) == answer.to_string());
            assert!(held, "{fault:?}: an answer that is not recorded");
        }
        assert!(!told.imported || imports() > 1, "{fault:?}: an import that is not recorded");
    }
}
