//! The convenant as a document, and as decisions.
//!
//! | room | what lives there |
//! |---|---|
//! | [`convenant`] | the document: from TOML to [`convenant::Ratified`], which every party signed |
//! | [`signature`] | how a party signs it, and how that is checked |
//! | [`role`] | what a person may be in an organisation |
//! | [`lang`] | the two languages of everything that people read |
//! | [`calendar`] | working days, holidays |
//! | [`decide`] | what the convenant permits, as values that the next step takes |
//!
//! The crate is pure: no files, no network, no clock and no randomness. Time is an argument.
#![warn(missing_docs)]

pub mod calendar;
pub mod convenant;
pub mod decide;
pub mod lang;
pub mod role;
pub mod signature;

#[cfg(test)]
mod testing;

// The second statement of the rules, in tests/rules, names this crate from outside; decide/tests/mutants.rs reads it.
#[cfg(test)]
extern crate self as weegnet_policy;
