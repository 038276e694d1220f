//! Decisions about an organisation's own node: its logs, its requests for access, its running. No convenant speaks of them.

use super::engine::{self, Action, Engine, PolicyError};
use super::entities::World;
use super::facts::Facts;
use super::{Denial, LocalRules};
use crate::role::Roles;

/// What somebody does on the own node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HouseAct {
    /// Looks at what happened.
    ReadLog {
        /// At single cases, and not only at counts, findings and entries without persons.
        specific: bool,
        /// With a mandate and a suspicion, both in words (R17).
        mandated: bool,
    },
    /// Handles a request of a data subject.
    SubjectAccess {
        /// Something about the person is shown or recorded, and not only that there is a request.
        content: bool,
    },
    /// Runs the node.
    Administer(Administering),
}

/// What is done to run the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Administering {
    /// It is a matter of oversight: the roles of officers and supervisors, holds, corrections.
    pub oversight: bool,
    /// It only shows how the node is run.
    pub look: bool,
    /// It changes the roles of the person who does it.
    pub own: bool,
    /// It would leave the node without an operator or privacy officer.
    pub last: bool,
}

impl HouseAct {
    /// Running the node.
    pub const RUN: HouseAct =
        HouseAct::Administer(Administering { oversight: false, look: false, own: false, last: false });
    /// Looking at how it is run.
    pub const LOOK: HouseAct =
        HouseAct::Administer(Administering { oversight: false, look: true, own: false, last: false });
    /// A matter of oversight.
    pub const OVERSEE: HouseAct =
        HouseAct::Administer(Administering { oversight: true, look: false, own: false, last: false });
    /// Counts, findings and entries without persons.
    pub const READ: HouseAct = HouseAct::ReadLog { specific: false, mandated: false };

    /// The action that is decided about.
    pub fn action(self) -> Action {
        match self {
            HouseAct::ReadLog { .. } => Action::ReadLog,
            HouseAct::SubjectAccess { .. } => Action::SubjectAccess,
            HouseAct::Administer(_) => Action::Administer,
        }
    }

    pub(super) fn facts(self) -> Facts {
        match self {
            HouseAct::ReadLog { specific, mandated } => {
                Facts::new().flag("specific", specific).flag("mandated", mandated)
            }
            HouseAct::SubjectAccess { content } => Facts::new().flag("content", content),
            HouseAct::Administer(Administering { oversight, look, own, last }) => {
                Facts::new().flag("oversight", oversight).flag("look", look).flag("own", own).flag("last", last)
            }
        }
    }
}

/// The rules of the house, ready to decide.
#[derive(Debug)]
pub struct House {
    engine: Engine,
    world: World,
}

impl House {
    /// Makes the rules ready, with an organisation's own, which can only forbid.
    ///
    /// # Errors
    /// When rules and schema do not fit each other: a fault of the build.
    pub fn new(local: &LocalRules) -> Result<House, PolicyError> {
        let engine = Engine::new(engine::RULES, local, None)?;
        let world = World::without_convenant(engine.schema())?;
        Ok(House { engine, world })
    }

    /// Whether somebody with these roles may do this.
    ///
    /// # Errors
    /// What is missing, for whoever tries.
    pub fn may(&self, roles: Roles, act: HouseAct) -> Result<(), Denial> {
        let world = &self.world;
        let (person, house) = (world.person(roles), world.house.clone());
        self.engine.decide(act.action(), person, house, act.facts().context(), &world.entities).map(drop)
    }
}
