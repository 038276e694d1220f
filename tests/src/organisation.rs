//! One organisation: its directory, its process, and what a node says about itself.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use serde_json::Value;

use crate::binary::weegnet;
use crate::verbs::{By, Refused};
use crate::wait;

/// What `init` and the stories call the people of every organisation.
pub const STAFF: [(&str, &str); 4] =
    [("anna", "author"), ("bert", "approver"), ("cor", "reviewer"), ("dirk", "reviewer")];
/// How long a node may take to stop after SIGTERM: 5 s.
pub const STOP: Duration = Duration::from_secs(5);

/// One organisation of a federation.
pub struct Organisation {
    /// Its name in the story.
    pub name: &'static str,
    /// Its number.
    pub oin: String,
    /// Where its node listens.
    pub address: SocketAddr,
    dir: PathBuf,
    logs: PathBuf,
    child: Mutex<Option<Child>>,
}

/// One entry as `log list --json` tells it.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct Line {
    /// `exchange` or `house`.
    pub log: String,
    /// Place in that log.
    pub index: u64,
    /// When, RFC 3339.
    pub time: String,
    /// What.
    pub kind: String,
    /// Its name.
    pub id: String,
    /// Who said it, if it is a statement.
    pub issuer: Option<String>,
    /// To whom.
    pub audience: Option<String>,
    /// Hash of the body.
    pub body: Option<String>,
    /// Hash of the statement.
    pub statement: Option<String>,
}

impl Organisation {
    /// Not yet made.
    pub(crate) fn new(name: &'static str, number: usize, address: SocketAddr, root: &Path) -> Self {
        let oin = format!("0000009900000000{number}000");
        let (dir, logs) = (root.join(name), root.join("logs"));
        Organisation { name, oin, address, dir, logs, child: Mutex::default() }
    }

    /// The node's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the node wrote to stderr, over all its runs.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// A person here, by name.
    pub fn by<'a>(&'a self, who: &'a str) -> By<'a> {
        By { organisation: self, who }
    }

    /// The author here.
    pub fn author(&self) -> By<'_> {
        self.by("anna")
    }

    /// The approver here.
    pub fn approver(&self) -> By<'_> {
        self.by("bert")
    }

    /// The first reviewer here.
    pub fn reviewer(&self) -> By<'_> {
        self.by("cor")
    }

    /// Runs a verb on this node: `weegnet VERB… DIR ARGS…`.
    pub fn run(&self, verb: &str, args: &[&str]) -> Result<String, Refused> {
        let mut all: Vec<&str> = verb.split(' ').collect();
        all.push(self.dir.to_str().expect("a temporary directory has a plain name"));
        all.extend(args);
        self.keep(&run(&all))
    }

    /// The same with `--json`.
    pub fn json(&self, verb: &str, args: &[&str]) -> Result<Value, Refused> {
        let text = self.run(verb, &[args, &["--json"]].concat())?;
        Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{verb} --json prints no JSON: {error}: {text}")))
    }

    /// What `witness status` says, and that it fails exactly when something is wrong.
    ///
    /// # Panics
    /// When the one does not go with the other.
    pub fn witness_status(&self) -> Value {
        let (text, failed) = match self.run("witness status", &["--json"]) {
            Ok(text) => (text, false),
            Err(refused) => (refused.stdout, true),
        };
        let status: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("no JSON: {error}: {text}"));
        assert_eq!(failed, status["evidence"] != 0 || !status["rolled_back_from"].is_null(), "{status:#}");
        status
    }

    /// Starts the node and waits until it serves.
    ///
    /// # Panics
    /// When it does not.
    pub fn start(&self) {
        self.try_start().unwrap_or_else(|refused| panic!("{} does not start: {refused}", self.name));
    }

    /// Starts the node; an error when it ends instead of serving.
    pub fn try_start(&self) -> Result<(), Refused> {
        let mut held = self.child();
        assert!(held.is_none(), "{} runs already", self.name);
        let before = self.log().len();
        let mut child = self.spawn();
        let started = wait::until("the node serves or ends", || match child.try_wait().expect("a child of ours") {
            Some(status) => Some(Err(status)),
            None => self.status().map(Ok),
        });
        match started {
            Ok(_) => {
                *held = Some(child);
                Ok(())
            }
            Err(status) => {
                Err(Refused { code: status.code(), stdout: String::new(), stderr: self.log()[before..].into() })
            }
        }
    }

    /// Starts the node and ends it with SIGKILL so much later, in the middle of its start.
    ///
    /// # Panics
    /// When it runs already.
    pub fn start_and_kill(&self, after: Duration) {
        assert!(self.pid().is_none(), "{} runs already", self.name);
        let mut child = self.spawn();
        // A moment by chance, not a wait for anything.
        std::thread::sleep(after);
        child.kill().expect("a child of ours");
        child.wait().expect("a child of ours");
    }

    /// Stops the node with SIGTERM and waits; it must end well and in time.
    ///
    /// # Panics
    /// When it does not.
    pub fn stop(&self) {
        let Some(mut child) = self.child().take() else { return };
        signal(&child, Signal::TERM);
        // The bound is the product's; a busy machine gets twice that.
        let status =
            wait::within(STOP * 2, "the node stops after SIGTERM", || child.try_wait().expect("a child of ours"));
        assert!(status.success(), "{} ended with {status}: {}", self.name, self.log());
    }

    /// Ends the node with SIGKILL.
    pub fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            child.kill().expect("a child of ours");
            child.wait().expect("a child of ours");
        }
    }

    /// Lets the process stand still, with everything open.
    pub fn freeze(&self) {
        self.child().iter().for_each(|child| signal(child, Signal::STOP));
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.child().iter().for_each(|child| signal(child, Signal::CONT));
    }

    /// Stops and starts.
    pub fn restart(&self) {
        self.stop();
        self.start();
    }

    /// Whether a process of ours runs; one that ended by itself is an end, with its status.
    pub fn ended(&self) -> Option<ExitStatus> {
        let mut held = self.child();
        let status = held.as_mut()?.try_wait().expect("a child of ours");
        if status.is_some() {
            *held = None;
        }
        status
    }

    /// Process id of the running node.
    pub fn pid(&self) -> Option<u32> {
        self.child().as_ref().map(Child::id)
    }

    /// What the running node says about itself, over its socket.
    pub fn status(&self) -> Option<Value> {
        let mut socket = UnixStream::connect(self.dir.join("api.sock")).ok()?;
        socket.set_read_timeout(Some(wait::PATIENCE)).ok()?;
        socket.write_all(b"GET /v1/status HTTP/1.1\r\nhost: weegnet\r\nconnection: close\r\n\r\n").ok()?;
        let mut reply = String::new();
        socket.read_to_string(&mut reply).ok()?;
        serde_json::from_str(reply.split_once("\r\n\r\n")?.1).ok()
    }

    /// The tables by which it is asked, and asks, sealed.
    pub fn tables(&self) -> Option<Value> {
        Some(self.status()?["tables"].clone())
    }

    /// Waits until this node is connected to all of these.
    pub fn connected_to(&self, others: &[&Organisation]) {
        wait::until("the connection stands", || {
            let status = self.status()?;
            let connected = status["connected"].as_array()?.clone();
            others.iter().all(|other| connected.contains(&Value::String(other.oin.clone()))).then_some(())
        });
    }

    /// All entries of both logs.
    ///
    /// # Panics
    /// When the journal does not verify.
    pub fn lines(&self) -> Vec<Line> {
        let list = self.json("log list", &[]).unwrap_or_else(|refused| panic!("{}: {refused}", self.name));
        serde_json::from_value(list).expect("log list prints entries")
    }

    /// Entries of one kind.
    pub fn lines_of(&self, kind: &str) -> Vec<Line> {
        self.lines().into_iter().filter(|line| line.kind == kind).collect()
    }

    /// Waits until the journal holds `count` entries of a kind.
    pub fn until_lines(&self, kind: &str, count: usize) -> Vec<Line> {
        wait::until(&format!("{} holds {count} of {kind}", self.name), || {
            let found = self.lines_of(kind);
            (found.len() >= count).then_some(found)
        })
    }

    /// Keeps what a verb says on stderr, for the checker, and turns a failure into an error.
    fn keep(&self, output: &Output) -> Result<String, Refused> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let mut errors = open_append(&self.logs.join("errors.log"));
        errors.write_all(output.stderr.as_slice()).expect("the log takes it");
        if output.status.success() { Ok(stdout) } else { Err(Refused { code: output.status.code(), stdout, stderr }) }
    }

    fn spawn(&self) -> Child {
        Command::new(weegnet())
            .arg("serve")
            .arg(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(open_append(&self.log_path()))
            .spawn()
            .expect("weegnet starts")
    }

    fn log_path(&self) -> PathBuf {
        self.logs.join(format!("{}.log", self.name))
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Organisation {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs `weegnet` with these arguments.
pub fn run(args: &[&str]) -> Output {
    Command::new(weegnet()).args(args).stdin(Stdio::null()).output().expect("weegnet runs")
}

fn signal(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(id, signal).expect("the node runs");
}

fn open_append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).expect("the log opens")
}
