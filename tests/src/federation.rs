//! Organisations that signed a convenant, as real processes in a temporary directory.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Index;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::checker::{self, Undelivered};
use crate::organisation::{Organisation, STAFF, run};
use crate::people::{MOTIVATION, Person, WITHHELD, register};
use crate::terms::{OFFICE, Terms};
use crate::wait;

/// First port of a federation; every federation has a loopback address of its own.
const FIRST_PORT: u16 = 7420;

/// Organisations under one convenant. Ends with [`Federation::finish`].
pub struct Federation {
    /// The convenant's terms.
    pub terms: Terms,
    organisations: Vec<Organisation>,
    root: TempDir,
    words: Mutex<Vec<String>>,
    forged: Mutex<Vec<String>>,
    finished: bool,
}

impl Federation {
    /// Makes, signs, adopts and starts everything.
    pub fn start(terms: Terms) -> Self {
        let federation = Federation::prepare(terms);
        federation.start_all();
        federation
    }

    /// Makes, signs and adopts; nothing runs.
    ///
    /// # Panics
    /// When any step fails.
    pub fn prepare(terms: Terms) -> Self {
        let root = tempfile::Builder::new().prefix("wn").tempdir().expect("a temporary directory");
        std::fs::create_dir(root.path().join("logs")).expect("a directory for logs");
        let host = own_address();
        let each = terms.parties.iter().zip(FIRST_PORT..).enumerate();
        let organisations: Vec<_> = each
            .map(|(i, (party, port))| {
                Organisation::new(party.name, i + 1, SocketAddr::new(host.into(), port), root.path())
            })
            .collect();
        let words = Mutex::new(vec![MOTIVATION.to_owned(), WITHHELD.to_owned()]);
        let federation = Federation { terms, organisations, root, words, forged: Mutex::default(), finished: false };
        federation.sign(&federation.at_once(init));
        federation.at_once(|organisation| {
            // People first: once a convenant is in force, every start makes its policies ready.
            for (name, role) in STAFF {
                add(organisation, name, role);
            }
            organisation
                .run("convenant adopt", &[&federation.convenant_path()])
                .unwrap_or_else(|error| panic!("{error}"));
        });
        federation
    }

    /// All organisations, in the order of their numbers.
    pub fn all(&self) -> &[Organisation] {
        &self.organisations
    }

    /// Where everything is.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The convenant's file, with its signatures beside it.
    ///
    /// # Panics
    /// Never: the directory's name is ours.
    pub fn convenant_path(&self) -> String {
        self.root.path().join("convenant.toml").to_str().expect("a temporary directory has a plain name").to_owned()
    }

    /// Starts every node that does not run, and waits until all know each other.
    pub fn start_all(&self) {
        self.at_once(|organisation| {
            if organisation.pid().is_none() {
                organisation.start();
            }
        });
        for organisation in &self.organisations {
            let others: Vec<_> = self.organisations.iter().filter(|other| other.oin != organisation.oin).collect();
            organisation.connected_to(&others);
        }
        self.tables_are_held();
    }

    /// Waits until every running core party holds the table of each running organisation that it asks sealed, made of the
    /// register as that is now.
    ///
    /// # Panics
    /// When that does not happen.
    pub fn tables_are_held(&self) {
        let kind = |organisation: &&Organisation| {
            self.terms
                .parties
                .iter()
                .find(|party| party.name == organisation.name)
                .map(|party| (party.kind, party.mode))
        };
        let running = || self.organisations.iter().filter(|organisation| organisation.pid().is_some());
        let (core, others): (Vec<_>, Vec<_>) =
            running().partition(|each| kind(each).is_some_and(|(kind, _)| kind == "kern"));
        for asked in others.into_iter().filter(|each| kind(each).is_some_and(|(_, mode)| mode != "nooit")) {
            wait::until("a table is made of the register as it is now, and held", || {
                let own = asked.tables()?["own"].as_array()?.first()?.clone();
                let root = own["root"].as_str().filter(|_| own["is_current"] == true)?.to_owned();
                let holds = |core: &&Organisation| {
                    let tables = core.tables();
                    let held = tables.as_ref().and_then(|tables| tables["held"].as_array());
                    held.is_some_and(|held| {
                        held.iter().any(|table| table["root"] == *root && table["is_whole"] == true)
                    })
                };
                // A receipt on its way would still change what a story counts.
                let through = own["published_to"].as_array().map_or(0, Vec::len) >= core.len();
                (through && core.iter().all(holds)).then_some(())
            });
        }
    }

    /// Lets an organisation know these persons.
    ///
    /// # Panics
    /// When the import fails.
    pub fn knows(&self, name: &str, people: &[Person]) {
        people.iter().for_each(|person| self.plant(person));
        let imported = self[name].by("beheerder").import(register(people).as_bytes(), &["--confirm-vanished"]);
        let summary = imported.unwrap_or_else(|refused| panic!("the import fails: {refused}"));
        assert_eq!(summary["accepted"], people.len());
        if self[name].pid().is_some() {
            self.tables_are_held();
        }
    }

    /// Notes a person whose words must be found nowhere in the clear.
    pub fn plant(&self, person: &Person) {
        self.plant_words(person.words());
    }

    /// Notes words that must be found nowhere in the clear.
    pub fn plant_words(&self, words: impl IntoIterator<Item = String>) {
        self.words.lock().unwrap_or_else(PoisonError::into_inner).extend(words);
    }

    /// Notes a statement that somebody made without their node: it stands in the journal of who received it only.
    pub fn forged(&self, statement: impl Into<String>) {
        self.forged.lock().unwrap_or_else(PoisonError::into_inner).push(statement.into());
    }

    /// Stops everything and checks every journal; every statement must have arrived.
    ///
    /// # Panics
    /// When anything does not hold.
    pub fn finish(self) {
        self.finish_but(|_| false);
    }

    /// Like [`Federation::finish`], where some statements may have got lost.
    ///
    /// # Panics
    /// When anything else does not hold.
    pub fn finish_but(mut self, may_be_lost: impl Fn(&Undelivered) -> bool) {
        self.at_once(Organisation::stop);
        let forged = self.forged.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lost = checker::check(&self.organisations, &forged);
        let lost: Vec<_> = lost.iter().filter(|statement| !may_be_lost(statement)).collect();
        assert!(lost.is_empty(), "sent and never received: {lost:#?}");
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        checker::finds_nothing_in_the_clear(self.root.path(), &self.organisations, &words);
        self.finished = true;
    }

    /// Ends a story in which somebody with stolen keys said so much that the journals of both sides cannot be compared:
    /// every journal verifies by itself.
    ///
    /// # Panics
    /// When one does not, or a planted word stands in the clear.
    pub fn finish_each_alone(mut self) {
        self.at_once(Organisation::stop);
        for organisation in &self.organisations {
            let verified = organisation.json("log verify", &[]);
            verified.unwrap_or_else(|error| panic!("{}: {error}", organisation.name));
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        checker::finds_nothing_in_the_clear(self.root.path(), &self.organisations, &words);
        self.finished = true;
    }

    /// Does something for every organisation at once.
    pub fn at_once<T: Send>(&self, act: impl Fn(&Organisation) -> T + Sync) -> Vec<T> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = self.organisations.iter().map(|org| scope.spawn(|| act(org))).collect();
            threads.into_iter().map(|thread| thread.join().expect("it works for every organisation")).collect()
        })
    }

    fn sign(&self, cards: &[Value]) {
        let path = self.convenant_path();
        std::fs::write(&path, self.terms.document(cards)).expect("the convenant is written");
        let checked = run(&["convenant", "check", &path]);
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        self.at_once(|organisation| {
            if self.terms.accedes.contains(&organisation.name) {
                return String::new();
            }
            organisation.run("convenant sign", &[&path, "--office", OFFICE]).unwrap_or_else(|error| panic!("{error}"))
        });
    }
}

impl Index<&str> for Federation {
    type Output = Organisation;

    fn index(&self, name: &str) -> &Organisation {
        self.organisations.iter().find(|organisation| organisation.name == name).expect("a party of this story")
    }
}

impl Drop for Federation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for organisation in &self.organisations {
                eprintln!("── log of {}\n{}", organisation.name, organisation.log());
            }
        } else {
            assert!(self.finished, "a story ends with finish(), which checks every journal");
        }
    }
}

/// Gives a person a role.
///
/// # Panics
/// When that fails.
pub fn add(organisation: &Organisation, name: &str, role: &str) {
    let by = if role == "privacy-officer" { "privacyfunctionaris" } else { "beheerder" };
    let added = organisation.run("people add", &["--name", name, "--role", role, "--as", by]);
    added.unwrap_or_else(|error| panic!("{error}"));
}

/// Makes a node; its card.
fn init(organisation: &Organisation) -> Value {
    let (name, address) = (organisation.name, organisation.address.to_string());
    let args = ["--oin", &organisation.oin, "--name", name, "--role", name, "--listen", &address];
    organisation.json("init", &args).unwrap_or_else(|error| panic!("{error}"))
}

/// A loopback address for one federation alone: a node that starts again finds its port free, whatever else runs.
fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    loop {
        let address = Ipv4Addr::new(127, high | 0x40, low, NEXT.fetch_add(1, Ordering::Relaxed));
        if TcpListener::bind((address, FIRST_PORT)).is_ok() {
            return address;
        }
    }
}
