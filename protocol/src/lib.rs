//! Every byte that leaves a weegnet node, and the rules those bytes obey.
//!
//! | room | what lives there |
//! |---|---|
//! | [`oin`], [`id`], [`time`], [`purpose`] | the small values everything is named with |
//! | [`person`] | who is asked about: BSN, names, partial birth dates |
//! | [`codec`] | the one CBOR encoding, its limits |
//! | [`sign`] | COSE hash envelopes: `Signed<T>` in, `Verified<T>` out |
//! | [`statement`] | draft, approval, uitvraag, answer, refusal, withdrawal, correction |
//! | [`exchange`] | the asker and the responder as state machines |
//! | [`amendment`] | what a party changes of its own record in a convenant |
//! | [`frame`] | what travels on a link |
//! | [`sealed`] | questions that only those who know the person can open |
//! | [`log`] | Merkle tree, leaves, checkpoints, receipts |
//!
//! The crate is pure: `no_std` with `alloc`. Time and randomness are arguments, never fetched.
#![no_std]
#![warn(missing_docs)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod amendment;
pub mod codec;
pub mod exchange;
pub mod frame;
pub mod id;
pub mod log;
pub mod oin;
pub mod person;
pub mod purpose;
pub mod sealed;
pub mod sign;
pub mod slot;
pub mod statement;
pub mod time;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod samples;

pub use oin::Oin;
pub use time::Timestamp;
