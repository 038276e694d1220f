//! The question that tells nobody who does not know: it opens only at an organisation that knows the person, and the asker
//! learns nothing until a human there lets an answer go. `SEALED.md` beside this crate says how and why.
//!
//! | file | what |
//! |---|---|
//! | [`table`] | what a responder publishes: cells, their places, their root |
//! | [`secret`] | what it keeps: the secret of one epoch, and the table made with it |
//! | [`proof`] | that it knows that secret, and that every cell is a row of its register |
//! | [`ask`] | a question for one table |
//! | [`open`] | trying it, with the same work whatever comes out |
//! | [`audit`] | who was asked about, and who stands in a table, shown afterwards to a third party |
//! | `group` | hashing to the group (RFC 9497) and the one way to derive keys |
//!
//! Not reviewed by a cryptographer outside.

pub mod ask;
pub mod audit;
mod group;
pub mod open;
pub mod proof;
pub mod secret;
pub mod table;

#[cfg(test)]
pub(crate) mod tests;

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::codec::{self, Bytes, Hash};
use crate::id::ConvenantId;
use crate::oin::Oin;
use crate::person;

/// Most link keys of one question; dummies fill up to them.
pub const LINK_KEYS: usize = 16;
/// Cells in which a link key may stand.
pub const CELLS_PER_KEY: usize = 3;
/// Vouchers of a question, always: 48.
pub const VOUCHERS: usize = LINK_KEYS * CELLS_PER_KEY;
/// Bytes of one share of a question's key: a tag and a scalar.
const SHARE_BYTES: usize = 33;
/// Bytes of an authentication tag.
const TAG_BYTES: usize = 16;
/// Bytes of one voucher: a group element, and a sealed share: 81.
pub const VOUCHER_BYTES: usize = 32 + SHARE_BYTES + TAG_BYTES;
/// Bytes of all vouchers: 3,888.
pub const VOUCHERS_BYTES: usize = VOUCHERS * VOUCHER_BYTES;
/// Bytes that person, criteria, salt and seed are padded to: 4,096.
pub const CONTENT_BYTES: usize = 4096;
/// Bytes of the sealed content: 4,112.
pub const BOX_BYTES: usize = CONTENT_BYTES + TAG_BYTES;

/// Which table: whose, for which register scope, of which epoch, with link keys of which profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableId {
    /// Number of the epoch, ever upwards.
    pub epoch: u64,
    /// Who published it.
    pub party: Oin,
    /// Version of the link keys in it.
    pub profile: u16,
    /// The register scope: a convenant's.
    pub scope: ConvenantId,
}

impl TableId {
    /// What binds everything to this table.
    fn context(&self) -> Vec<u8> {
        codec::encode(self)
    }
}

/// One of a person's link keys. Equal persons have equal keys, whoever writes them down.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkKey {
    /// What both sides derive alike from the person and the profile.
    pub bytes: Vec<u8>,
    /// Whether it opens alone; otherwise two different ones are needed.
    pub strong: bool,
}

impl From<&person::LinkKey> for LinkKey {
    fn from(key: &person::LinkKey) -> Self {
        LinkKey { bytes: key.as_bytes().to_vec(), strong: key.strength() == person::Strength::Strong }
    }
}

/// Tells nothing: who holds a key can look for the person.
impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkKey({})", if self.strong { "strong" } else { "weak" })
    }
}

/// A question for one table: what stands in a statement in place of the person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Root of the table that it was made for.
    pub root: Hash,
    /// Person, criteria, minority, salt and seed, under the key that the vouchers share.
    pub content: Bytes<BOX_BYTES>,
    /// 48 vouchers, in the order of their first bytes.
    pub vouchers: Bytes<VOUCHERS_BYTES>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({})", self.root)
    }
}

impl Sealed {
    fn vouchers(&self) -> impl Iterator<Item = &[u8; VOUCHER_BYTES]> {
        self.vouchers.0.as_chunks::<VOUCHER_BYTES>().0.iter()
    }
}
