//! What a person may be within one organisation. Who has which role is the node's to keep; here they are only named.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One role of a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Writes questions.
    Author,
    /// Approves questions of another core party.
    Approver,
    /// Reviews possible matches and releases answers.
    Reviewer,
    /// Oversees: data protection officer or police privacy officer.
    PrivacyOfficer,
    /// Runs the node.
    Operator,
    /// Inspects: time-limited, read-only, this organisation only; named by a privacy officer.
    Supervisor,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] =
        [Role::Author, Role::Approver, Role::Reviewer, Role::PrivacyOfficer, Role::Operator, Role::Supervisor];

    /// Whether a privacy officer gives and takes it, and no operator (H10).
    pub const fn is_of_oversight(self) -> bool {
        matches!(self, Role::PrivacyOfficer | Role::Supervisor)
    }

    /// The name in data: snake case, English.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Author => "author",
            Role::Approver => "approver",
            Role::Reviewer => "reviewer",
            Role::PrivacyOfficer => "privacy_officer",
            Role::Operator => "operator",
            Role::Supervisor => "supervisor",
        }
    }

    /// The name on a screen, in Dutch.
    pub const fn dutch(self) -> &'static str {
        match self {
            Role::Author => "opsteller",
            Role::Approver => "goedkeurder",
            Role::Reviewer => "beoordelaar",
            Role::PrivacyOfficer => "privacyfunctionaris",
            Role::Operator => "beheerder",
            Role::Supervisor => "toezichthouder",
        }
    }

    /// The name on a screen, in English.
    pub const fn english(self) -> &'static str {
        match self {
            Role::PrivacyOfficer => "privacy officer",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that is not a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such role: choose author, approver, reviewer, privacy_officer, operator or supervisor")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    /// Reads the English name, with `_`, `-` or a blank, or the Dutch one.
    fn from_str(text: &str) -> Result<Self, NotARole> {
        let plain = text.replace(['-', ' '], "_");
        Role::ALL.into_iter().find(|role| role.as_str() == plain || role.dutch() == text).ok_or(NotARole)
    }
}

/// The roles that one person holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

impl Roles {
    /// Number of different sets of roles.
    pub(crate) const SETS: u8 = 1 << Role::ALL.len();

    /// No role at all.
    pub const fn none() -> Self {
        Roles(0)
    }

    /// Whether `role` is among them.
    pub fn contains(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }

    /// The roles, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }

    /// Every possible set.
    pub(crate) fn all_sets() -> impl Iterator<Item = Roles> {
        (0..Roles::SETS).map(Roles)
    }

    /// A number below [`Roles::SETS`] that names this set.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Roles(roles.into_iter().fold(0, |set, role| set | 1 << role as u8))
    }
}

impl<const N: usize> From<[Role; N]> for Roles {
    fn from(roles: [Role; N]) -> Self {
        roles.into_iter().collect()
    }
}

impl From<Vec<Role>> for Roles {
    fn from(roles: Vec<Role>) -> Self {
        roles.into_iter().collect()
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        roles.iter().collect()
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_in_both_languages() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(role.english().parse(), Ok(role));
            assert_eq!(role.dutch().parse(), Ok(role));
        }
        assert_eq!("chief".parse::<Role>(), Err(NotARole));
    }

    #[test]
    fn a_set_holds_exactly_what_was_put_in() {
        let roles = Roles::from([Role::Author, Role::Operator]);
        assert_eq!(roles.iter().collect::<Vec<_>>(), [Role::Author, Role::Operator]);
        assert!(!roles.contains(Role::Approver));
    }
}
