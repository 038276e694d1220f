//! Whether a log that is shown still begins with what was shown before. Pure: nothing here keeps or sends anything.

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::Oin;
use weegnet_protocol::frame::Shown;
use weegnet_protocol::log::{LogName, SignedCheckpoint};

/// What a witness concludes.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It begins with all that is held: the checkpoint that is shown.
    Consistent(SignedCheckpoint),
    /// It does not, or its owner cannot show it: this one that is held, and the one that is shown.
    Split(SignedCheckpoint, SignedCheckpoint),
    /// What is shown is no checkpoint of that log: nothing can be concluded.
    Nothing,
}

/// Reads a note as a checkpoint of this member's exchange log, signed by its key.
pub(super) fn signed_by(note: &str, oin: &Oin, key: &VerifyingKey) -> Option<SignedCheckpoint> {
    let signed = SignedCheckpoint::parse(note).ok()?;
    let checkpoint = signed.verify(key).ok()?;
    let theirs = checkpoint.origin.oin() == Some(*oin) && checkpoint.origin.log() == Some(LogName::Exchange);
    theirs.then_some(signed)
}

/// Judges what `oin` shows against what is `held` of it, all of which it signed.
pub(super) fn judge(oin: &Oin, key: &VerifyingKey, held: &[SignedCheckpoint], shown: &Shown) -> Verdict {
    let Some(now) = signed_by(&shown.checkpoint, oin, key) else { return Verdict::Nothing };
    for (at, before) in held.iter().enumerate() {
        let proof = shown.consistency.get(at).and_then(Option::as_ref);
        let (old, new) = (before.checkpoint(), now.checkpoint());
        let consistent = old.origin == new.origin
            && proof.is_some_and(|proof| proof.verify(old.size, &old.root, new.size, &new.root).is_ok());
        if !consistent {
            return Verdict::Split(before.clone(), now);
        }
    }
    Verdict::Consistent(now)
}

/// Whether two checkpoints of one log cannot both be true, whatever lies between them.
pub(super) fn contradict(one: &SignedCheckpoint, other: &SignedCheckpoint) -> bool {
    let (one, other) = (one.checkpoint(), other.checkpoint());
    one.origin != other.origin || (one.size == other.size && one.root != other.root)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use weegnet_protocol::codec::Hash;
    use weegnet_protocol::log::{Checkpoint, Origin, Tree};

    use super::*;

    /// Forks and rollbacks that are tried, each at another place; `WEEGNET_FORKS` asks for more than 50.
    fn tries() -> u64 {
        std::env::var("WEEGNET_FORKS").ok().and_then(|text| text.parse().ok()).unwrap_or(50)
    }

    fn oin() -> Oin {
        "00000099000000002000".parse().unwrap()
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn leaf(number: u64, history: u8) -> Hash {
        Hash::of(&[&number.to_be_bytes(), &[history]])
    }

    /// A log of `size` entries that differs from the first history from entry `from` on.
    fn log(size: u64, from: u64, history: u8) -> Tree {
        let mut tree = Tree::default();
        (0..size).for_each(|number| tree.append(leaf(number, if number < from { 0 } else { history })));
        tree
    }

    fn signed(tree: &Tree, origin: u8) -> SignedCheckpoint {
        let size = tree.size();
        let origin = Origin::new(&oin(), LogName::Exchange, [origin; 8]);
        Checkpoint { origin, size, root: tree.root(size).unwrap() }.sign(&key())
    }

    /// What an owner of `tree` can show at best to one who holds `held`.
    fn shown(tree: &Tree, held: &[SignedCheckpoint], origin: u8) -> Shown {
        let consistency = held.iter().map(|held| tree.consistency(held.checkpoint().size, tree.size())).collect();
        let checkpoint = signed(tree, origin).note().into();
        Shown { yours: None, others: Vec::new(), checkpoint, consistency }
    }

    fn verdict(held: &[SignedCheckpoint], shown: &Shown) -> Verdict {
        judge(&oin(), &key().verifying_key(), held, shown)
    }

    #[test]
    fn a_log_that_only_grew_is_consistent() {
        let tries = tries();
        for size in 1..tries {
            let held = [signed(&log(size, size, 0), 1), signed(&log(size / 2 + 1, size, 0), 1)];
            let now = log(size + size % 7, u64::MAX, 0);
            assert!(matches!(verdict(&held, &shown(&now, &held, 1)), Verdict::Consistent(_)), "{size}");
        }
    }

    #[test]
    fn every_fork_is_found() {
        let tries = tries();
        for from in 0..tries {
            let held = [signed(&log(tries + 3, u64::MAX, 0), 1)];
            let fork = log(tries + 3 + from % 5, from, 1);
            assert!(matches!(verdict(&held, &shown(&fork, &held, 1)), Verdict::Split(..)), "from {from}");
            assert_eq!(fork.size() == tries + 3, contradict(&held[0], &signed(&fork, 1)));
        }
        println!("forks: {tries}, all found");
    }

    #[test]
    fn every_rollback_is_found() {
        let tries = tries();
        for size in 1..=tries {
            let held = [signed(&log(tries + 1, u64::MAX, 0), 1)];
            let cut = log(size, u64::MAX, 0);
            assert!(matches!(verdict(&held, &shown(&cut, &held, 1)), Verdict::Split(..)), "{size}");
        }
        println!("rollbacks: {tries}, all found");
    }

    #[test]
    fn a_new_origin_is_no_way_out_and_a_strangers_note_says_nothing() {
        let tree = log(9, u64::MAX, 0);
        let held = [signed(&tree, 1)];
        assert!(matches!(verdict(&held, &shown(&tree, &held, 2)), Verdict::Split(..)));
        assert!(contradict(&held[0], &signed(&tree, 2)));
        let mut foreign = shown(&tree, &held, 1);
        let other = SigningKey::from_bytes(&[8; 32]);
        let origin = Origin::new(&oin(), LogName::Exchange, [1; 8]);
        foreign.checkpoint = Checkpoint { origin, size: 9, root: tree.root(9).unwrap() }.sign(&other).note().into();
        assert!(matches!(verdict(&held, &foreign), Verdict::Nothing));
        let mut unproven = shown(&tree, &held, 1);
        unproven.consistency.clear();
        assert!(
            matches!(verdict(&held, &unproven), Verdict::Split(..)),
            "who cannot show it does not get a cosignature"
        );
    }
}
