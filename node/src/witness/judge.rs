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
