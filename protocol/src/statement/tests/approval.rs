//! Approvals: each covers one question to its recipients, by another organisation than the asker.

use crate::codec::{Bytes, Hash};
use crate::id::UitvraagId;
use crate::samples::{GEMEENTE, NOW, POLITIE, Party, RECLASSERING, draft, recipient, seal, signed_approval, verify};
use crate::sign::Verified;
use crate::statement::{Approval, DraftCore, NotApproved};
use crate::time::Millis;

fn approval_by(issuer: Party, audience: Party, content: Approval) -> Verified<Approval> {
    verify(seal(issuer, audience, content).into_statement(), audience).unwrap()
}

#[test]
fn an_approval_covers_each_of_its_recipients() {
    let approval = verify::<Approval>(signed_approval().into_statement(), GEMEENTE).unwrap();
    for party in [POLITIE, RECLASSERING] {
        let salt = recipient(party).salt;
        assert_eq!(approval.covers(&draft().core, &party.oin(), &salt), Ok(()));
    }
}

#[test]
fn an_approval_names_its_recipients_in_ascending_order_and_not_in_clear() {
    let approval = Approval::of(&draft());
    assert!(approval.recipients.is_sorted());
    let body = signed_approval().into_statement().body.0;
    let oin = RECLASSERING.oin();
    assert!(!body.windows(20).any(|window| window == oin.as_str().as_bytes()));
}

#[test]
fn an_approval_does_not_cover_another_recipient_or_salt() {
    let approval = verify::<Approval>(signed_approval().into_statement(), GEMEENTE).unwrap();
    let core = draft().core;
    let covers = |oin: &crate::Oin, salt: &Bytes<32>| approval.covers(&core, oin, salt);
    let stranger = Party(9);
    assert_eq!(covers(&stranger.oin(), &recipient(POLITIE).salt), Err(NotApproved::OtherRecipients));
    assert_eq!(covers(&POLITIE.oin(), &recipient(RECLASSERING).salt), Err(NotApproved::OtherRecipients));
    assert_eq!(covers(&POLITIE.oin(), &Bytes([0; 32])), Err(NotApproved::OtherRecipients));
}

#[test]
fn an_approval_does_not_cover_a_question_of_which_any_field_differs() {
    let approval = verify::<Approval>(signed_approval().into_statement(), GEMEENTE).unwrap();
    let good = draft().core;
    for (field, core) in changed_cores(&good).into_iter().enumerate() {
        assert_ne!(core.hash(), good.hash(), "field {field}");
        let refused = approval.covers(&core, &POLITIE.oin(), &recipient(POLITIE).salt);
        assert_eq!(refused, Err(NotApproved::OtherQuestion), "field {field}");
    }
}

/// The core with each field but the asker changed, which has a reason of its own.
fn changed_cores(good: &DraftCore) -> [DraftCore; 7] {
    let changed = |change: fn(&mut DraftCore)| {
        let mut core = good.clone();
        change(&mut core);
        core
    };
    [
        changed(|core| core.urgent = true),
        changed(|core| core.purpose = "https://example.org/doel/ander".parse().unwrap()),
        changed(|core| core.answer_by = NOW + Millis::hours(47)),
        changed(|core| core.convenant.2 = 1),
        changed(|core| core.motivation = Hash::of(&[b"another"])),
        changed(|core| core.subject = Hash::of(&[b"another"])),
        changed(|core| core.uitvraag_id = UitvraagId::new(NOW, [0x12; 10])),
    ]
}

#[test]
fn an_asker_does_not_approve_itself() {
    let (core, salt) = (draft().core, recipient(POLITIE).salt);
    let by_itself = approval_by(GEMEENTE, GEMEENTE, Approval::of(&draft()));
    assert_eq!(by_itself.covers(&core, &POLITIE.oin(), &salt), Err(NotApproved::ByTheAsker));

    let to_another = approval_by(POLITIE, RECLASSERING, Approval::of(&draft()));
    assert_eq!(to_another.covers(&core, &POLITIE.oin(), &salt), Err(NotApproved::ByTheAsker));

    let mut anothers = core.clone();
    anothers.asker = RECLASSERING.oin();
    let approval = approval_by(POLITIE, GEMEENTE, Approval::of(&draft()));
    assert_eq!(approval.covers(&anothers, &POLITIE.oin(), &salt), Err(NotApproved::ByTheAsker));
}

#[test]
fn an_approval_under_another_convenant_than_the_question_covers_nothing() {
    let mut elsewhere = draft();
    elsewhere.core.convenant.0 = "rcpt-ander".parse().unwrap();
    let approval = approval_by(POLITIE, GEMEENTE, Approval::of(&elsewhere));
    let refused = approval.covers(&elsewhere.core, &POLITIE.oin(), &recipient(POLITIE).salt);
    assert_eq!(refused, Err(NotApproved::OtherQuestion));
}
