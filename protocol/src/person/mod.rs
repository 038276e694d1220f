//! The person a question is about: what is given, exactly as it was given.

mod birth_date;
mod bsn;
mod fold;
pub mod frequency;
mod given;
mod given_table;
mod link;
mod name;
mod particles;
mod script;
mod sound;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use birth_date::{BirthDate, NotABirthDate};
pub use bsn::{Bsn, NotABsn};
pub use fold::{FOLD_VERSION, FoldedName, fold, fold_given, fold_surname, surnames};
pub use given::{MAX_GIVEN_NAMES, given_names, other_root, root};
pub use link::{LinkKey, MAX_LINK_KEYS, PROFILE, Profile, REFERENCE_ROWS, Strength, UnknownProfile, link_keys};
pub use name::{MAX_NAME_CHARS, NameText, NotAName};
pub use sound::{other_sound, sound};

/// Most aliases that one person carries.
pub const MAX_ALIASES: usize = 16;

/// A reference to one person by what an organisation knows: at least a BSN or a surname.
///
/// Names stay as given; they are folded only to compare. A surname `.` is the BRP's way to say *unknown*.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", deny_unknown_fields)]
pub struct PersonRef {
    #[serde(skip_serializing_if = "Option::is_none")]
    bsn: Option<Bsn>,
    birth: BirthDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<NameText>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<NameText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    surname: Option<NameText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_names: Option<NameText>,
}

/// The fields of a [`PersonRef`] before they are checked together.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Burgerservicenummer.
    #[serde(default)]
    pub bsn: Option<Bsn>,
    /// Voornamen.
    #[serde(default)]
    pub given_names: Option<NameText>,
    /// Voorvoegsel, such as `van der`.
    #[serde(default)]
    pub prefix: Option<NameText>,
    /// Geslachtsnaam.
    #[serde(default)]
    pub surname: Option<NameText>,
    /// Other names under which the person is known.
    #[serde(default)]
    pub aliases: Vec<NameText>,
    /// Geboortedatum, as far as it is known.
    #[serde(default)]
    pub birth: BirthDate,
}

/// Fields that do not make a reference to one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPerson {
    /// Neither a BSN nor a surname.
    #[error("a person needs a BSN or a surname")]
    NothingToFindBy,
    /// More than [`MAX_ALIASES`].
    #[error("a person has at most {MAX_ALIASES} aliases")]
    TooManyAliases,
}

impl TryFrom<Fields> for PersonRef {
    type Error = NotAPerson;

    fn try_from(fields: Fields) -> Result<Self, NotAPerson> {
        if fields.bsn.is_none() && fields.surname.is_none() {
            return Err(NotAPerson::NothingToFindBy);
        }
        if fields.aliases.len() > MAX_ALIASES {
            return Err(NotAPerson::TooManyAliases);
        }
        let Fields { bsn, given_names, prefix, surname, aliases, birth } = fields;
        Ok(PersonRef { bsn, birth, prefix, aliases, surname, given_names })
    }
}

impl PersonRef {
    /// Burgerservicenummer.
    pub fn bsn(&self) -> Option<&Bsn> {
        self.bsn.as_ref()
    }
    /// Voornamen.
    pub fn given_names(&self) -> Option<&NameText> {
        self.given_names.as_ref()
    }
    /// Voorvoegsel.
    pub fn prefix(&self) -> Option<&NameText> {
        self.prefix.as_ref()
    }
    /// Geslachtsnaam; `.` means unknown.
    pub fn surname(&self) -> Option<&NameText> {
        self.surname.as_ref()
    }
    /// Other names.
    pub fn aliases(&self) -> &[NameText] {
        &self.aliases
    }
    /// Geboortedatum.
    pub fn birth(&self) -> BirthDate {
        self.birth
    }
}

/// Deliberately tells nothing: a person must not reach a log line through `{:?}`.
impl core::fmt::Debug for PersonRef {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PersonRef(..)")
    }
}

#[cfg(test)]
mod tests;
