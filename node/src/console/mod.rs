//! The console: pages for the people of one organisation. Whatever they do goes through the desk; no rule lives here.
//!
//! | file | what |
//! |---|---|
//! | `door`, `tls`, `headers` | the port: TLS 1.3, HTTP/2, what each response tells the browser |
//! | `routes` | every page, with the roles that the desk lets through |
//! | [`signin`] | who is at the keyboard |
//! | [`page`], [`words`], `assets` | the frame of a page, its words in two languages, what it looks like |
//! | `uitvragen`, `ask`, `consider` | weegploeg: own uitvragen, a new one, those that wait for approval |
//! | `review` | reviewer: inbox, possible matches, release |
//! | `oversight` | privacy officer: integrity, journal, findings |
//! | `access`, `keeping`, `figures`, `leaving` | privacy officer: requests for access, retention, figures of a month, what leaves |
//! | `operate` | operator: peers, convenanten, people |

mod access;
mod ask;
mod assets;
mod consider;
mod door;
mod figures;
mod form;
mod headers;
mod keeping;
mod leaving;
mod operate;
mod oversight;
pub mod page;
mod person;
mod review;
mod routes;
pub mod signin;
#[cfg(test)]
mod tests;
mod tls;
mod uitvragen;
mod weigh;
mod when;
pub mod words;

use std::sync::Arc;

use crate::node::Node;

pub use door::{ConsoleError, Door};

/// What the pages of one node share.
pub struct Console {
    /// The node whose pages these are.
    pub node: Arc<Node>,
    /// The organisation's own stylesheet of tokens.
    tokens: Option<String>,
}

impl Console {
    /// Of this node.
    pub fn new(node: Arc<Node>, tokens: Option<String>) -> Self {
        Console { node, tokens }
    }
}
