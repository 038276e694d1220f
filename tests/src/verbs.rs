//! What people do, through the command line as they would: one method per verb, JSON out, errors as they were said.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::organisation::Organisation;
use crate::people::{MOTIVATION, Person, WITHHELD};
use crate::terms::{CONVENANT, CRITERION, REASON, string};
use crate::wait;

/// A verb that did not work: its exit code and its words.
#[derive(Debug, Clone)]
pub struct Refused {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed nevertheless.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl Refused {
    /// The policies that forbade it.
    pub fn policies(&self) -> Vec<&str> {
        let line = self.stderr.lines().find_map(|line| line.trim().strip_prefix("policies: "));
        line.map(|ids| ids.split(", ").collect()).unwrap_or_default()
    }

    /// Whether it said this.
    pub fn says(&self, words: &str) -> bool {
        self.stderr.contains(words)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {:?}: {}{}", self.code, self.stderr, self.stdout)
    }
}

/// A question as an author writes it.
#[derive(Debug, Clone)]
pub struct Ask {
    person: Person,
    to: Vec<String>,
    criteria: Vec<String>,
    motivation: String,
    within: Option<String>,
    approver: Option<String>,
    urgent: bool,
    waiting: bool,
    convenant: String,
}

impl Ask {
    /// About this person, on one criterion, for the usual reason.
    pub fn about(person: &Person) -> Self {
        Ask {
            person: person.clone(),
            to: Vec::new(),
            criteria: vec![CRITERION.into()],
            motivation: MOTIVATION.into(),
            within: None,
            approver: None,
            urgent: false,
            waiting: false,
            convenant: CONVENANT.to_owned(),
        }
    }

    /// To a core party.
    #[must_use]
    pub fn to(mut self, organisation: &Organisation) -> Self {
        self.to.push(organisation.oin.clone());
        self
    }

    /// To a party beyond the core, for a coded reason.
    #[must_use]
    pub fn to_because(self, organisation: &Organisation) -> Self {
        self.to_for(organisation, REASON)
    }

    /// To a party, for this reason.
    #[must_use]
    pub fn to_for(mut self, organisation: &Organisation, reason: &str) -> Self {
        self.to.push(format!("{}:{reason}", organisation.oin));
        self
    }

    /// On these criteria instead.
    #[must_use]
    pub fn on(mut self, criteria: &[&str]) -> Self {
        self.criteria = criteria.iter().map(|code| (*code).to_owned()).collect();
        self
    }

    /// Answers are due in so many seconds.
    #[must_use]
    pub fn within(mut self, seconds: u64) -> Self {
        self.within = Some(format!("{seconds}s"));
        self
    }

    /// Approved by this party.
    #[must_use]
    pub fn approved_by(mut self, organisation: &Organisation) -> Self {
        self.approver = Some(organisation.oin.clone());
        self
    }

    /// With shortened terms.
    #[must_use]
    pub fn urgent(mut self) -> Self {
        self.urgent = true;
        self
    }

    /// Under another convenant than the story's.
    #[must_use]
    pub fn under(mut self, convenant: &str) -> Self {
        convenant.clone_into(&mut self.convenant);
        self
    }

    /// And waits until nothing more can come.
    #[must_use]
    pub fn waiting(mut self) -> Self {
        self.waiting = true;
        self
    }
}

/// A person of an organisation, at the command line.
#[derive(Clone, Copy)]
pub struct By<'a> {
    pub(crate) organisation: &'a Organisation,
    pub(crate) who: &'a str,
}

impl By<'_> {
    /// Asks; the id of the uitvraag.
    pub fn ask(&self, ask: &Ask) -> Result<String, Refused> {
        let person = self.file("persoon.json", &ask.person.to_json());
        let motivation = self.file("motivering.txt", &ask.motivation);
        let mut args =
            vec!["--convenant", &ask.convenant, "--person", path(&person), "--motivation", path(&motivation)];
        args.extend(ask.criteria.iter().flat_map(|code| ["--criterion", code]));
        args.extend(ask.to.iter().flat_map(|to| ["--to", to]));
        args.extend(ask.within.iter().flat_map(|within| ["--answer-by", within]));
        args.extend(ask.approver.iter().flat_map(|approver| ["--approver", approver]));
        args.extend(ask.urgent.then_some("--urgent"));
        args.extend(ask.waiting.then_some("--wait"));
        self.json("ask", &args).map(|asked| string(&asked, "id"))
    }

    /// All uitvragen and drafts that this person may see.
    pub fn uitvragen(&self) -> Result<Vec<Value>, Refused> {
        self.json("uitvraag list", &[]).map(list)
    }

    /// One uitvraag, or one draft.
    pub fn uitvraag(&self, id: &str) -> Result<Value, Refused> {
        self.json("uitvraag show", &[id])
    }

    /// Approves a draft.
    pub fn approve(&self, id: &str) -> Result<(), Refused> {
        self.json("uitvraag approve", &[id]).map(drop)
    }

    /// Declines a draft.
    pub fn decline(&self, id: &str) -> Result<(), Refused> {
        self.json("uitvraag decline", &[id, "--reason", WITHHELD]).map(drop)
    }

    /// Takes an uitvraag back.
    pub fn withdraw(&self, id: &str) -> Result<(), Refused> {
        self.json("uitvraag withdraw", &[id]).map(drop)
    }

    /// What waits for a reviewer.
    pub fn inbox(&self) -> Result<Vec<Value>, Refused> {
        self.json("inbox list", &[]).map(list)
    }

    /// One question with its possible matches.
    pub fn review(&self, id: &str) -> Result<Value, Refused> {
        self.json("inbox show", &[id])
    }

    /// Lets the contact point go.
    pub fn release(&self, id: &str) -> Result<(), Refused> {
        self.json("inbox release", &[id]).map(drop)
    }

    /// Lets nothing go.
    pub fn withhold(&self, id: &str) -> Result<(), Refused> {
        self.json("inbox withhold", &[id, "--reason", WITHHELD]).map(drop)
    }

    /// Approves a draft as soon as it is there.
    ///
    /// # Panics
    /// When it never comes, or may not be approved.
    pub fn approve_when_there(&self, id: &str) {
        self.until_draft(id);
        self.approve(id).unwrap_or_else(|refused| panic!("approving: {refused}"));
    }

    /// Releases an answer as soon as there is something to review.
    ///
    /// # Panics
    /// When there never is, or it may not be released.
    pub fn release_when_there(&self, id: &str) {
        self.until_in_inbox(id);
        self.release(id).unwrap_or_else(|refused| panic!("releasing: {refused}"));
    }

    /// Waits until a draft waits for approval here.
    pub fn until_draft(&self, id: &str) {
        wait::until("the draft arrives", || {
            let all = self.uitvragen().ok()?;
            all.iter().any(|item| item["id"] == id && item["state"] == "ter goedkeuring").then_some(())
        });
    }

    /// Waits until a question is in the inbox.
    pub fn until_in_inbox(&self, id: &str) {
        wait::until("the question is in the inbox", || {
            self.inbox().ok()?.iter().any(|item| item["id"] == id).then_some(())
        });
    }

    /// Waits until nothing more will happen with an uitvraag of ours; as it then stands.
    pub fn until_ended(&self, id: &str) -> Value {
        wait::within(wait::PATIENCE * 2, "the uitvraag ends", || {
            self.uitvraag(id).ok().filter(|view| view["ended"] == true)
        })
    }

    /// Waits until an uitvraag of ours is in this state; as it then stands.
    pub fn until_state(&self, id: &str, state: &str) -> Value {
        wait::until(&format!("the uitvraag is {state}"), || {
            self.uitvraag(id).ok().filter(|view| view["state"] == state)
        })
    }

    /// Imports a register file; the summary.
    pub fn import(&self, csv: &[u8], flags: &[&str]) -> Result<Value, Refused> {
        let file = self.scratch("register.csv");
        std::fs::write(&file, csv).expect("the scratch directory takes files");
        let result = self.json("register import", &[&[path(&file)], flags].concat());
        std::fs::remove_file(&file).expect("the file is there");
        result
    }

    /// Runs any verb as this person.
    pub fn json(&self, verb: &str, args: &[&str]) -> Result<Value, Refused> {
        self.organisation.json(verb, &[args, &["--as", self.who]].concat())
    }

    /// A file for this person, beside the node's directory.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.scratch(name);
        std::fs::write(&path, text).expect("the scratch directory takes files");
        path
    }

    fn scratch(&self, name: &str) -> PathBuf {
        let dir = self.organisation.dir().with_file_name("scratch");
        std::fs::create_dir_all(&dir).expect("a scratch directory");
        // One file per thread: stories may act for several people at once.
        dir.join(format!("{}-{}-{:?}-{name}", self.organisation.name, self.who, std::thread::current().id()))
    }
}

/// The answer of one organisation within a view of an uitvraag.
///
/// # Panics
/// When it was not asked.
pub fn answer_of<'a>(view: &'a Value, from: &Organisation) -> &'a Value {
    let answers = view["answers"].as_array().expect("a view has answers");
    answers.iter().find(|answer| answer["oin"] == from.oin.as_str()).expect("the organisation was asked")
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => panic!("not a list: {other}"),
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a temporary directory has a plain name")
}
