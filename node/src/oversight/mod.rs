//! What those who oversee this organisation see: figures, findings, what is kept about one person, and exports.
//!
//! Nothing here reaches a peer (H11): it reads the journal, the cases and the registers of this node, and writes to its
//! house log. Who may look, and that a look is recorded before it shows anything, is the desk's.
//!
//! | file | what |
//! |---|---|
//! | `entries` | public data of entries, and which belong to which case |
//! | `bodies` | bodies of the entries that oversight itself leaves |
//! | `calendar` | periods, legal terms, office hours |
//! | `facts`, `acts` | a case and a person's act as oversight counts them: without who was asked about |
//! | `suppress`, `report` | tier 1: counts, small cells suppressed (H9) |
//! | `findings` | what deserves a look, each with the rule that raised it; never a score |
//! | `subject/` | subject access: search, term, decision, letter |
//! | `export/` | JSON lines, CSV, tiles, audit pack |

pub mod acts;
pub mod bodies;
pub mod calendar;
pub mod entries;
pub mod export;
pub mod facts;
pub mod figures;
pub mod findings;
pub mod report;
pub mod subject;
pub mod suppress;
