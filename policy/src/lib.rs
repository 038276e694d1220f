//! The convenant as a document, and as decisions.

pub mod decide;
