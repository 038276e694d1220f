//! Who plays: five invented organisations with test OINs, their people, and how to reach them.

use std::net::SocketAddr;
use std::path::Path;

use weegnet_protocol::Oin;

use super::error::DemoError;
use super::process::Process;
use crate::api::{Caller, Status};
use crate::config::Card;
use crate::home::Home;
use crate::people::Credential;

/// One of the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Asks.
    Gemeente,
    /// Approves, and is asked.
    Politie,
    /// Is asked.
    Om,
    /// Is asked with a reason, and knows the person.
    Reclassering,
    /// Is asked with a reason, and knows the person under another spelling.
    Zorg,
}

/// What stands in the programme about one of them.
#[derive(Debug)]
pub struct Part {
    /// Name of its directory, and its role in the convenant.
    pub name: &'static str,
    /// Its test OIN.
    pub oin: &'static str,
    /// Its full name.
    pub title: &'static str,
    /// `kern`, `casus` or `extern`.
    pub kind: &'static str,
    /// Its one neutral contact point.
    pub contact: &'static str,
    /// Colour of its name at a terminal.
    pub colour: &'static str,
    /// Its people beside the two whom `init` makes: name and role.
    pub people: &'static [(&'static str, &'static str)],
}

/// Writes the questions of the gemeente.
pub const AUTHOR: &str = "anna";
/// Approves at politie.
pub const APPROVER: &str = "bert";

static PARTS: [Part; 5] = [
    Part {
        name: "gemeente",
        oin: "00000099000000001000",
        title: "Gemeente Noorderveen (demo)",
        kind: "kern",
        contact: "Informatiepunt gemeente Noorderveen, 000 000 0001",
        colour: "\x1b[36m",
        people: &[(AUTHOR, "author"), ("guus", "reviewer")],
    },
    Part {
        name: "politie",
        oin: "00000099000000002000",
        title: "Politie, eenheid Noorderveen (demo)",
        kind: "kern",
        contact: "Informatiepunt politie Noorderveen, 000 000 0002",
        colour: "\x1b[34m",
        people: &[(APPROVER, "approver"), ("petra", "reviewer")],
    },
    Part {
        name: "om",
        oin: "00000099000000003000",
        title: "Openbaar Ministerie, parket Noorderveen (demo)",
        kind: "kern",
        contact: "Informatiepunt parket Noorderveen, 000 000 0003",
        colour: "\x1b[35m",
        people: &[("olaf", "reviewer")],
    },
    Part {
        name: "reclassering",
        oin: "00000099000000004000",
        title: "Reclassering Noorderveen (demo)",
        kind: "casus",
        contact: "Informatiepunt reclassering Noorderveen, 000 000 0004",
        colour: "\x1b[33m",
        people: &[("rosa", "reviewer")],
    },
    Part {
        name: "zorg",
        oin: "00000099000000005000",
        title: "Zorggroep Noorderveen (demo)",
        kind: "extern",
        contact: "Informatiepunt zorggroep Noorderveen, 000 000 0005",
        colour: "\x1b[32m",
        people: &[("zeynep", "reviewer")],
    },
];

impl Who {
    /// All five, in the order of the programme.
    pub const ALL: [Who; 5] = [Who::Gemeente, Who::Politie, Who::Om, Who::Reclassering, Who::Zorg];

    /// What stands in the programme.
    pub fn part(self) -> &'static Part {
        &PARTS[self as usize]
    }

    /// Who reviews there.
    pub fn reviewer(self) -> &'static str {
        let found = self.part().people.iter().find(|(_, role)| *role == "reviewer");
        found.map_or("", |(name, _)| name)
    }
}

/// One organisation with its running node.
#[derive(Debug)]
pub struct Organisation {
    /// Which.
    pub who: Who,
    /// Its directory.
    pub home: Home,
    /// Its public party record.
    pub card: Card,
    /// Where browsers reach its console, when it has one.
    pub console: Option<SocketAddr>,
    /// Its node; absent while it is stopped.
    pub process: Option<Process>,
}

impl Organisation {
    /// Its node, as one of its people reaches it.
    ///
    /// # Errors
    /// When the node does not run or the person has no credential.
    pub async fn as_person(&self, name: &str) -> Result<Caller, DemoError> {
        let credential = Credential::read(&self.home, name)?;
        Ok(Caller::to_running(&self.home, Some(credential)).await?)
    }

    /// What its node says about itself to anybody.
    ///
    /// # Errors
    /// When the node does not run.
    pub async fn status(&self) -> Result<Status, DemoError> {
        Ok(Caller::to_running(&self.home, None).await?.get("/v1/status").await?)
    }

    /// Starts its stopped node again.
    ///
    /// # Errors
    /// When it does not serve.
    pub async fn restart(&mut self, log: &Path) -> Result<(), DemoError> {
        self.process = Some(Process::start(self.who, &self.home, log).await?);
        Ok(())
    }
}

/// All five.
#[derive(Debug)]
pub struct Cast {
    /// In the order of [`Who::ALL`].
    pub organisations: Vec<Organisation>,
}

impl Cast {
    /// One of them.
    pub fn at(&self, who: Who) -> &Organisation {
        &self.organisations[who as usize]
    }

    /// One of them, to be stopped or started.
    pub fn at_mut(&mut self, who: Who) -> &mut Organisation {
        &mut self.organisations[who as usize]
    }

    /// Whose OIN this is.
    pub fn by_oin(&self, oin: &Oin) -> Option<Who> {
        self.organisations.iter().find(|organisation| organisation.card.oin == *oin).map(|found| found.who)
    }

    /// Stops all nodes in order, together.
    ///
    /// # Errors
    /// The first that did not stop in order; it is gone all the same.
    pub async fn stop(&mut self) -> Result<(), DemoError> {
        let processes = self.organisations.iter_mut().filter_map(|organisation| organisation.process.take());
        let stopped = futures::future::join_all(processes.map(Process::stop)).await;
        stopped.into_iter().collect()
    }
}
