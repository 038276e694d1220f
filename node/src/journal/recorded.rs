//! `Recorded<T>`: it is on disk, synced, with leaf index and checkpoint. Only the journal's writer makes one.

use weegnet_protocol::log::{LeafIndex, Receipt};

/// Something that is written down and synced. What leaves this node, is looked up or is shown passes through here.
#[derive(Debug, Clone)]
pub struct Recorded<T> {
    value: T,
    index: LeafIndex,
    receipt: Receipt,
}

impl<T> Recorded<T> {
    /// For the journal's writer, after the sync.
    pub(in crate::journal) fn new(value: T, index: LeafIndex, receipt: Receipt) -> Self {
        Recorded { value, index, receipt }
    }
    /// What is recorded.
    pub fn get(&self) -> &T {
        &self.value
    }
    /// What is recorded, alone.
    pub fn into_inner(self) -> T {
        self.value
    }
    /// Where in its log.
    pub fn index(&self) -> LeafIndex {
        self.index
    }
    /// Leaf, inclusion proof and checkpoint.
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// For the tests of other rooms, which have no journal: a made-up place and receipt.
    #[cfg(test)]
    pub(crate) fn for_tests(value: T) -> Self {
        use weegnet_protocol::id::EntryId;
        use weegnet_protocol::log::{EntryKind, Inclusion, Leaf};
        let leaf = Leaf {
            id: EntryId::new(weegnet_protocol::Timestamp::from_millis(0), [0; 10]),
            body: None,
            kind: EntryKind::UitvraagSent,
            time: weegnet_protocol::Timestamp::from_millis(0),
            convenant: None,
            statement: None,
        };
        let receipt = Receipt { leaf, inclusion: Inclusion { path: Vec::new(), index: 0 }, checkpoint: String::new() };
        Recorded::new(value, LeafIndex(0), receipt)
    }
}
