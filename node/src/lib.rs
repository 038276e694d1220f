//! Everything that touches the world: files, sockets, clocks, people. The binary is `weegnet`.
//!
//! | room | what lives there |
//! |---|---|
//! | [`cli`], [`api`] | two ways to the desk: one file per verb, one route per act |
//! | `console` | the third way: pages for people, behind TLS; left out by `--no-default-features` |
//! | [`desk`] | the only door: ask, consider, review, operate |
//! | [`exchange`] | drives the machines: one owner per case, outbox, journal → projections |
//! | [`journal`], [`store`], [`ledger`], [`audit`] | the truth, what can be rebuilt from it, both as one, and its verification |
//! | [`oversight`] | figures, findings, subject access, exports: what officers and supervisors see |
//! | [`recovery`] | a journal that lost its end goes on under a new name |
//! | [`reconcile`] | our digests against a peer's receipts and digests |
//! | [`register`], [`registers`] | who is known here, one scope per convenant |
//! | [`sealed`] | tables of who is known: published, fetched, asked by, opened |
//! | [`retention`] | what goes when, and that it is gone |
//! | [`link`] | libp2p: members only, one verb |
//! | [`convenants`], [`people`], [`quota`], [`checkpoints`] | what is in force, who may do what, how often was asked, what peers signed |
//! | [`home`], [`config`], [`keys`], [`clock`] | directory, who we are, secrets, time and chance |
//! | [`embedded`] | when the file of an embedded store is free |
//! | [`witness`] | members watch each other's journals: cosignatures, split views, rollbacks |
//! | [`create`], [`node`], [`serve`] | a new node; all of it, opened; all of it, running |
//! | [`demo`] | five organisations on one machine |
#![warn(missing_docs)]

pub mod api;
pub mod audit;
pub mod checkpoints;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "console")]
pub mod console;
pub mod convenants;
pub mod create;
pub mod demo;
pub mod desk;
pub mod embedded;
pub mod exchange;
pub mod home;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod link;
pub mod node;
pub mod oversight;
pub mod people;
pub mod quota;
pub mod reconcile;
pub mod recovery;
pub mod register;
pub mod registers;
pub mod retention;
pub mod sealed;
pub mod serve;
pub mod store;
pub mod witness;
