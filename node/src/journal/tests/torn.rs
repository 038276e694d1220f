//! A batch that never finished is told from one that was changed after it was complete.

use weegnet_protocol::log::{Checkpoint, Origin};

use super::super::frame::{Chain, Commit, FRAME_HEADER_BYTES, FrameKind};
use super::super::tail::{Remains, Verdict};
use super::*;

const SEGMENT_BYTES: usize = 16 * 1024;
/// Where the batches under test begin: not at a sector's edge.
const BASE: usize = 808;

/// `count` batches behind `BASE`, from frame 5 on, each with an entry of 1,500 and one of 300 bytes; where each ends.
fn batches(count: u64) -> (Vec<u8>, Vec<usize>) {
    let origin = Origin::new(&identity().oin, LogName::Exchange, [1; 8]);
    let mut chain = Chain::after(5, Hash::of(&[]));
    let mut ends = Vec::new();
    for batch in 0..count {
        chain.push(FrameKind::Entry, &[0xaa; 1500]);
        chain.push(FrameKind::Entry, &[0xbb; 300]);
        let size = 10 + 2 * batch;
        let note = Checkpoint { origin: origin.clone(), size, root: Hash::of(&[]) }.sign(&key()).note().into();
        chain.push_commit(&Commit { note, size, entries: 2, receipts: 0 });
        ends.push(chain.bytes.len());
    }
    chain.bytes.resize(SEGMENT_BYTES - BASE, 0);
    (chain.bytes, ends)
}

/// The verdict on the first batch; `broken` is where its first unreadable frame begins.
fn judge(bytes: &[u8], broken: usize) -> Verdict {
    Remains { bytes, base: BASE, sequence: 5, broken }.judge()
}

fn is_torn(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Torn { .. })
}

#[test]
fn a_write_that_stopped_anywhere_is_torn() {
    let (bytes, ends) = batches(1);
    let second = FRAME_HEADER_BYTES + 1500;
    let commit = second + FRAME_HEADER_BYTES + 300;
    for cut in 1..ends[0] {
        let mut bytes = bytes.clone();
        bytes[cut..].fill(0);
        let broken = [0, second, commit].into_iter().rev().find(|begin| *begin <= cut).unwrap();
        assert!(is_torn(judge(&bytes, broken)), "cut at {cut}");
    }
}

#[test]
fn a_batch_without_some_of_its_sectors_is_torn() {
    let (bytes, ends) = batches(1);
    let mut begin = 0;
    while begin < ends[0] {
        let end = ((BASE + begin) / 512 + 1) * 512 - BASE;
        let mut bytes = bytes.clone();
        bytes[begin..end].fill(0);
        assert!(is_torn(judge(&bytes, 0)), "without {begin}..{end}");
        begin = end;
    }
}

#[test]
fn a_complete_batch_with_a_changed_byte_is_damaged() {
    let (bytes, ends) = batches(1);
    let second = FRAME_HEADER_BYTES + 1500;
    let commit = second + FRAME_HEADER_BYTES + 300;
    for at in 0..ends[0] {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x81;
        let broken = [0, second, commit].into_iter().rev().find(|begin| *begin <= at).unwrap();
        assert_eq!(judge(&bytes, broken), Verdict::Damaged, "changed at {at}");
    }
}

#[test]
fn a_batch_with_others_behind_it_is_damaged_even_without_a_sector() {
    let (bytes, _) = batches(3);
    for sector in 0..3 {
        let begin = 512 - BASE % 512 + sector * 512;
        let mut bytes = bytes.clone();
        bytes[begin..begin + 512].fill(0);
        assert_eq!(judge(&bytes, 0), Verdict::Damaged);
    }
}

#[tokio::test]
async fn a_start_cuts_off_a_batch_without_one_of_its_sectors() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    journal.record((), vec![public(1, EntryKind::Released)]).await.unwrap();
    let begin = journal.shared.read(LogName::House).commits[1].position;
    journal.record((), vec![entry(2, EntryKind::Released, EntryBody::Public(vec![7; 2000]))]).await.unwrap();
    let entry = journal.shared.read(LogName::House).entries[2];
    journal.close().await;
    assert!(begin.offset < entry.offset);

    let path = home.segment(LogName::House, 1);
    let mut bytes = std::fs::read(&path).unwrap();
    let sector = (entry.offset as usize / 512 + 2) * 512;
    bytes[sector..sector + 512].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let tail = home.verify().unwrap().logs[1].uncommitted.unwrap();
    assert_eq!((tail.segment, tail.byte), (1, u64::from(entry.offset)));
    let (journal, recovery) = home.open(SMALL);
    assert_eq!(recovery.tails, [tail]);
    assert_eq!(journal.size(LogName::House), 2);
    journal.record((), vec![public(3, EntryKind::Released)]).await.unwrap();
    journal.close().await;
    assert!(home.verify().unwrap().is_clean());
}
