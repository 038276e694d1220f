//! The careful rules, without a register: an equal BSN, or an equal surname with a compatible date and first name.
//!
//! For those who compare two references and not a reference with a register: oversight and subject access.

use weegnet_protocol::person::{PersonRef, fold_given};

/// Whether both can be the same person: by an equal BSN; or by a folded surname or alias together with a compatible birth
/// date, unless the first given names or the BSNs differ.
pub fn same_person(asked: &PersonRef, known: &PersonRef) -> bool {
    if let (Some(a), Some(b)) = (asked.bsn(), known.bsn()) {
        return a == b;
    }
    asked.birth().compatible(&known.birth()) && first_names_fit(asked, known) && share_a_surname(asked, known)
}

fn first_names_fit(asked: &PersonRef, known: &PersonRef) -> bool {
    let (Some(a), Some(b)) = (asked.given_names(), known.given_names()) else { return true };
    let (a, b) = (fold_given(a.as_str()), fold_given(b.as_str()));
    let (short, long) = if a.as_str().len() <= b.as_str().len() { (a, b) } else { (b, a) };
    let initial = short.as_str().chars().count() <= 1;
    short == long || initial && long.as_str().starts_with(short.as_str())
}

fn share_a_surname(asked: &PersonRef, known: &PersonRef) -> bool {
    let theirs = known.folded_surnames();
    asked.folded_surnames().iter().any(|name| theirs.binary_search(name).is_ok())
}
