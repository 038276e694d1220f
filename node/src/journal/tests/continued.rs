//! A journal that continues one that lost its end: the same entries at the same places, and proof that it does.

use weegnet_protocol::log::{Origin, SignedCheckpoint};

use super::*;

fn origins(random: u8) -> [Origin; 2] {
    LogName::ALL.map(|log| Origin::new(&identity().oin, log, [random; 8]))
}

fn rebuild(random: u8, entries: Vec<Entry>) -> Rebuild<'static> {
    Rebuild { origins: origins(random), last: &[], entries, now: clock()() }
}

/// Writes some of everything over several segments; the signed checkpoints of both logs on the way.
async fn filled(journal: &Journal) -> Vec<(LogName, SignedCheckpoint)> {
    let mut checkpoints = Vec::new();
    for number in 1..=6 {
        let case = journal.new_case().unwrap();
        let wide = entry(number, EntryKind::AnswerSent, EntryBody::Public(vec![7; 2000]));
        let more =
            vec![wide, sealed(number + 20, EntryKind::Released, case), sealed(number + 40, EntryKind::DraftSent, case)];
        journal.record((), more).await.unwrap();
        journal.keep_receipt(statement_id(number), some_receipt(journal).await).unwrap();
        checkpoints.extend(LogName::ALL.map(|log| (log, journal.checkpoint(log))));
    }
    checkpoints
}

/// Builds the next journal in a folder of its own, with the vault, and leaves the old one without.
fn continued(home: &Home, journal: &Journal, random: u8, entries: Vec<Entry>) -> Home {
    let next = Home::empty();
    journal.rebuild_on(&RealDisk, &next.journal, &key(), rebuild(random, entries), SMALL).unwrap();
    move_vault(&home.journal, &next.journal).unwrap();
    next
}

#[tokio::test]
async fn has_the_same_entries_at_the_same_places_and_the_trees_of_the_log_before() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    let checkpoints = filled(&journal).await;
    journal.record((), vec![public(90, EntryKind::UitvraagSent)]).await.unwrap();
    let before = LogName::ALL.map(|log| entries_of(&journal, log));
    let receipts = receipts_of(&journal);
    assert!(home.segment(LogName::Exchange, 2).exists() && !receipts.is_empty());
    let next = continued(&home, &journal, 1, vec![public(99, EntryKind::RollbackFound)]);
    journal.close().await;

    let report = next.verify().unwrap();
    assert!(report.is_clean());
    home.verify().expect("the old one is evidence, and needs no vault to verify");
    let (journal, _) = next.open(SMALL);
    for (log, before) in LogName::ALL.into_iter().zip(before) {
        let after = entries_of(&journal, log);
        assert_ne!(after[0], before[0], "another genesis");
        assert_eq!(after[1..before.len()], before[1..]);
        assert_eq!(after.len(), before.len() + usize::from(log == LogName::House));
        for stored in after.iter().filter(|stored| matches!(stored.body, StoredBody::Sealed { .. })) {
            assert!(journal.body(stored).unwrap().is_some(), "its key came along");
        }
    }
    assert_eq!(receipts_of(&journal), receipts);
    for (log, note) in &checkpoints {
        let [former] = journal.former(*log) else { panic!("one log before this") };
        assert!(former.has(note));
        assert_ne!(journal.root(*log, note.checkpoint().size), Some(note.checkpoint().root));
    }
    // New keys are given out behind those that the old entries use.
    let case = journal.new_case().unwrap();
    journal.record((), vec![sealed(100, EntryKind::Released, case)]).await.unwrap();
    journal.close().await;
    assert!(next.verify().unwrap().is_clean());
}

#[tokio::test]
async fn can_lose_its_end_again_and_be_continued_again() {
    let mut home = Home::new(SMALL);
    let mut checkpoints = Vec::new();
    for random in 1..=3 {
        let (journal, _) = home.open(SMALL);
        checkpoints.extend(filled(&journal).await);
        let next = continued(&home, &journal, random, vec![public(99, EntryKind::RollbackFound)]);
        journal.close().await;
        home = next;
    }
    let report = home.verify().unwrap();
    for (log, note) in &checkpoints {
        let former = &report.logs[usize::from(*log == LogName::House)].former;
        assert_eq!(former.iter().filter(|former| former.has(note)).count(), 1);
    }
    assert_eq!(report.logs[0].former.len(), 3);
}

#[tokio::test]
async fn what_an_attempt_that_was_cut_short_left_behind_is_written_over() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    filled(&journal).await;
    let next = Home::empty();
    journal.rebuild_on(&RealDisk, &next.journal, &key(), rebuild(1, vec![]), SMALL).unwrap();
    std::fs::remove_file(next.segment(LogName::House, 1)).unwrap();
    journal.rebuild_on(&RealDisk, &next.journal, &key(), rebuild(2, vec![]), SMALL).unwrap();
    assert_eq!(read_head(&next.journal, LogName::Exchange).unwrap().origin, origins(2)[0]);
    assert!(next.verify().unwrap().is_clean());
    let other = SigningKey::from_bytes(&[8; 32]);
    let refused = journal.rebuild_on(&RealDisk, &next.journal, &other, rebuild(3, vec![]), SMALL);
    assert!(matches!(refused, Err(JournalError::WrongKey)));
}

#[tokio::test]
async fn a_genesis_cannot_claim_to_continue_what_it_does_not() {
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    filled(&journal).await;
    let next = continued(&home, &journal, 1, vec![]);
    let genesis = read_head(&next.journal, LogName::Exchange).unwrap();
    let all = |change: &dyn Fn(&mut GenesisBody)| {
        let mut genesis = genesis.clone();
        change(&mut genesis);
        Former::all(&genesis, LogName::Exchange)
    };
    assert_eq!(all(&|_| ()).map(|former| former.len()), Some(1));
    let of_house = journal.checkpoint(LogName::House).note().to_owned();
    let other_key = {
        let checkpoint = journal.checkpoint(LogName::Exchange).checkpoint().clone();
        checkpoint.sign(&SigningKey::from_bytes(&[8; 32])).note().to_owned()
    };
    let with = |change: &dyn Fn(&mut Continued)| all(&|genesis| change(genesis.continued.as_mut().unwrap()));
    assert!(with(&|continued| continued.kept.clone_from(&of_house)).is_none(), "a checkpoint of another log");
    assert!(with(&|continued| continued.kept.clone_from(&other_key)).is_none(), "a checkpoint by another key");
    assert!(with(&|continued| continued.last = vec![other_key.clone()]).is_none());
    assert!(with(&|continued| continued.body.0[20] ^= 1).is_none(), "another genesis");
    assert!(all(&|genesis| genesis.keys.link = Bytes([9; 32])).is_none(), "another node's keys");

    // The right genesis before other entries: the tree of the log before cannot be had from them.
    let leaves: Vec<Hash> = entries_of(&journal, LogName::Exchange).iter().map(|stored| stored.leaf.hash()).collect();
    let takes = |leaves: &[Hash]| {
        let mut former = all(&|_| ()).unwrap().remove(0);
        leaves.iter().all(|leaf| former.take(*leaf)) && former.is_whole()
    };
    assert!(takes(&leaves));
    let other_leaf = with(&|continued| continued.leaf.0[20] ^= 1);
    assert!(other_leaf.is_none_or(|mut former| !leaves.iter().all(|leaf| former[0].take(*leaf))), "another leaf");
    for at in 1..leaves.len() {
        let mut other = leaves.clone();
        other[at] = Hash::of(&[b"another"]);
        assert!(!takes(&other), "entry {at}");
        assert!(!takes(&leaves[..at]), "cut before entry {at}");
    }
    journal.close().await;
}

#[test]
fn a_genesis_of_before_reads_and_is_written_as_it_was() {
    let genesis = GenesisBody::new(&identity(), LogName::House, [1; 8]);
    let bytes = codec::encode(&genesis);
    assert!(!bytes.windows(9).any(|window| window == b"continued"));
    assert_eq!(codec::decode::<GenesisBody>(&bytes).unwrap(), genesis);
    assert_eq!(Former::all(&genesis, LogName::House).map(|former| former.len()), Some(0));
}

#[tokio::test]
async fn a_house_checkpoint_is_compared_with_the_house_log_as_it_was_where_it_stands() {
    use crate::audit::{BrokenRule, audit};
    let bare = |number, kind, bytes| Entry {
        envelope: None,
        convenant: None,
        ..entry(number, kind, EntryBody::Public(bytes))
    };
    let house = |journal: &Journal| journal.checkpoint(LogName::House).note().as_bytes().to_vec();
    let home = Home::new(SMALL);
    let (journal, _) = home.open(SMALL);
    for number in 1..=3 {
        journal.record((), vec![bare(number, EntryKind::Configuration, vec![1])]).await.unwrap();
        journal.record((), vec![bare(number + 10, EntryKind::HouseCheckpoint, house(&journal))]).await.unwrap();
    }
    let old = house(&journal);
    let next = continued(&home, &journal, 1, vec![bare(20, EntryKind::RollbackFound, vec![2])]);
    journal.close().await;
    assert_eq!(audit(&next.journal, |_, _| {}).unwrap().breaches_in_all, 0);

    let (journal, _) = next.open(SMALL);
    journal.record((), vec![bare(21, EntryKind::HouseCheckpoint, house(&journal))]).await.unwrap();
    let last = journal.record((), vec![bare(22, EntryKind::HouseCheckpoint, old)]).await.unwrap().index();
    journal.close().await;
    let breaches = audit(&next.journal, |_, _| {}).unwrap().breaches;
    let [breach] = &breaches[..] else { panic!("the old house log is no longer continued: {breaches:?}") };
    assert_eq!((breach.place.entry, breach.rule), (last.0, BrokenRule::HouseCheckpoint));
}
