//! Accession: parties that the text names and that did not sign it with the founding ones join one by one, so that the
//! slowest board holds nobody up. Until then they are neither asked nor ask.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::Serialize;
use weegnet_protocol::amendment::{Amendment, MAX_APPROVALS};
use weegnet_protocol::oin::Oin;

use super::NotAmended;
use super::problem::Fault;
use super::reader::{Fields, Notes, Readable};
use super::{Party, Ratified};
use crate::lang::Words;

/// Whose approval an accession needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct AccessionTerms {
    /// Approved by.
    #[serde(rename = "goedkeuring")]
    pub approvals: Approvals,
}

/// Which founding core parties approve; one that left the convenant is not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum Approvals {
    /// This many of them.
    AtLeast(u32),
    /// All of them.
    Core(AllCore),
}

/// All founding core parties, as the document writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum AllCore {
    /// `kernpartijen`
    #[serde(rename = "kernpartijen")]
    Kernpartijen,
}

impl FromStr for AllCore {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "kernpartijen" { Ok(AllCore::Kernpartijen) } else { Err(()) }
    }
}

impl Readable for AllCore {
    fn expected(_: &()) -> Words {
        Words::of(
            "\"kernpartijen\", of een aantal kernpartijen zonder aanhalingstekens",
            "\"kernpartijen\", or a number of core parties without quotation marks",
        )
    }
}

/// The outer option says whether it was left out or read well.
pub(super) fn read(notes: &mut Notes, root: &mut Fields<'_>) -> Option<Option<AccessionTerms>> {
    if !root.has("toetreding") {
        return Some(None);
    }
    let mut fields = root.table(notes, "toetreding")?;
    let approvals = if fields.has_number("goedkeuring") {
        let number = fields.number(notes, "goedkeuring", 0..=MAX_APPROVALS as u64, "approvals");
        number.and_then(|number| u32::try_from(number).ok()).map(Approvals::AtLeast)
    } else {
        fields.parsed(notes, "goedkeuring").map(Approvals::Core)
    };
    fields.finish(notes);
    Some(Some(AccessionTerms { approvals: approvals? }))
}

/// Who may accede needs to know whose approval that takes, and there must be as many.
pub(super) fn check(notes: &mut Notes, terms: Option<AccessionTerms>, parties: &[Party]) {
    let founders = parties.iter().filter(|party| party.is_core() && party.is_founder()).count();
    let most = founders.min(MAX_APPROVALS);
    match terms {
        None => {
            for (i, _) in parties.iter().enumerate().filter(|(_, party)| party.accedes) {
                notes.add(format!("partijen[{i}].toetreder"), Fault::NoAccession);
            }
        }
        Some(AccessionTerms { approvals: Approvals::AtLeast(number) }) if number as usize > most => {
            notes.add("toetreding.goedkeuring", Fault::TooManyApprovals { most });
        }
        Some(AccessionTerms { approvals: Approvals::Core(_) }) if founders > most => {
            notes.add("toetreding.goedkeuring", Fault::TooManyApprovals { most });
        }
        Some(_) => {}
    }
}

impl Ratified {
    /// Whose approval an accession needs now: how many, and of whom.
    pub fn approvers(&self) -> (usize, Vec<Oin>) {
        let core = self.terms().founders().filter(|party| party.is_core() && !self.has_ended(&party.oin));
        let core: Vec<_> = core.map(|party| party.oin).collect();
        let needed = match self.terms().accession.map(|terms| terms.approvals) {
            None => 0,
            Some(Approvals::AtLeast(number)) => number as usize,
            Some(Approvals::Core(_)) => core.len(),
        };
        (needed, core)
    }

    /// Whether a party may accede with these words: it is named as one that may, in the office that the text names, and with
    /// the approvals that the text asks for.
    pub(super) fn accession(&self, party: &Party, amendment: &Amendment) -> Result<(), NotAmended> {
        if !party.accedes || self.terms().accession.is_none() {
            return Err(NotAmended::NotAcceding);
        }
        if self.takes_part(&party.oin) {
            return Err(NotAmended::TakesPart);
        }
        let named = &party.signatory;
        let in_office = matches!(&amendment.change, weegnet_protocol::amendment::Change::Acceded { office, mandate, .. }
            if *office == named.office.as_str() && *mandate == named.mandate.as_str());
        if !in_office {
            return Err(NotAmended::OtherSignatory);
        }
        let (needed, approvers) = self.approvers();
        let (accession, said) = amendment.accession().ok_or(NotAmended::NotAcceding)?;
        let mut counted = BTreeSet::new();
        for approval in said {
            let key = self.party(&approval.issuer).filter(|_| approvers.contains(&approval.issuer));
            let key = key.ok_or(NotAmended::NoApprover(approval.issuer))?.keys.party.key();
            approval
                .verify(&accession.hash(), &approval.issuer, key)
                .map_err(|_| NotAmended::NoApprover(approval.issuer))?;
            counted.insert(approval.issuer);
        }
        if counted.len() < needed {
            let missing = approvers.into_iter().filter(|oin| !counted.contains(oin)).collect();
            return Err(NotAmended::NotApproved { needed, found: counted.len(), missing });
        }
        Ok(())
    }

    /// Whether a party takes part now: it founded the convenant or acceded to it, and did not leave.
    pub fn takes_part(&self, oin: &Oin) -> bool {
        self.party(oin).is_some_and(|party| (party.is_founder() || self.has_acceded(oin)) && !self.has_ended(oin))
    }
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::amendment::{Accession, Change, SignedAmendment};
    use weegnet_protocol::codec::Blob;
    use weegnet_protocol::sign::{Header, VerifyError, key_id};
    use weegnet_protocol::statement::Kind;

    use super::super::Convenant;
    use super::*;
    use crate::testing::{
        GEMEENTE, NOW, OM, PARTY_KEY, POLITIE, RECLASSERING, SAMPLE, STATEMENT_KEY, ZORG, changed, key, oin, signatures,
    };

    fn text(approvals: &str) -> String {
        let accedes = |text: String, role: &str| {
            text.replacen(&format!("rol = \"{role}\""), &format!("toetreder = true\nrol = \"{role}\""), 1)
        };
        let rule = format!("[toetreding]\ngoedkeuring = {approvals}\n\n[bsn]\n");
        accedes(changed(SAMPLE, &[("[bsn]\n", &rule)]), "reclassering")
    }

    fn founded(approvals: &str) -> Ratified {
        let convenant = Convenant::parse(&text(approvals)).unwrap_or_else(|problems| panic!("{problems}"));
        let mut signatures = signatures(&convenant);
        signatures.remove(&oin(RECLASSERING));
        Ratified::ratify(convenant, &signatures).unwrap_or_else(|refused| panic!("{refused}"))
    }

    fn signed(before: &Ratified, approvers: &[usize]) -> SignedAmendment {
        let (base, convenant) = (*before.reference().base(), before.reference().id().clone());
        let accession = Accession { base, party: oin(RECLASSERING), convenant };
        let approvals =
            approvers.iter().map(|party| Blob(accession.approve(oin(*party), &key(*party, PARTY_KEY), NOW)));
        let signatory = &before.party(&oin(RECLASSERING)).unwrap().signatory;
        let (office, mandate) = (signatory.office.to_string(), signatory.mandate.to_string());
        let change = Change::Acceded { office, mandate, approvals: approvals.collect() };
        before.next_amendment(oin(RECLASSERING), change).sign(&key(RECLASSERING, PARTY_KEY), NOW)
    }

    fn counts(ratified: &Ratified) -> Result<(), VerifyError> {
        let header = Header {
            kind: Kind::Answer,
            key_id: key_id(&key(RECLASSERING, STATEMENT_KEY).verifying_key()),
            issuer: oin(RECLASSERING),
            audience: oin(GEMEENTE),
            id: weegnet_protocol::id::StatementId::new(NOW, [0; 10]),
            issued: NOW,
            expires: NOW,
            convenant: ratified.reference().clone(),
        };
        weegnet_protocol::sign::Issuers::statement_key(ratified, &header, NOW).map(drop)
    }

    #[test]
    fn the_founding_parties_ratify_alone_and_whoever_has_not_acceded_says_nothing() {
        let before = founded("\"kernpartijen\"");
        assert!(!before.takes_part(&oin(RECLASSERING)) && before.takes_part(&oin(OM)));
        assert_eq!(counts(&before), Err(VerifyError::UnknownIssuer));
        let after = before.amend(&signed(&before, &[GEMEENTE, POLITIE, OM])).unwrap();
        assert!(after.takes_part(&oin(RECLASSERING)));
        assert_eq!(counts(&after), Ok(()));
        let left = after.next_amendment(oin(RECLASSERING), Change::Ended { since: NOW });
        let left = after.amend(&left.sign(&key(RECLASSERING, PARTY_KEY), NOW)).unwrap();
        assert!(!left.takes_part(&oin(RECLASSERING)));
    }

    #[test]
    fn an_accession_needs_exactly_the_approvals_that_the_text_asks_for() {
        let all = founded("\"kernpartijen\"");
        let refused = all.amend(&signed(&all, &[GEMEENTE, POLITIE])).unwrap_err();
        assert_eq!(refused, NotAmended::NotApproved { needed: 3, found: 2, missing: vec![oin(OM)] });
        let two = founded("2");
        assert!(two.amend(&signed(&two, &[GEMEENTE, OM])).is_ok());
        assert!(two.amend(&signed(&two, &[GEMEENTE])).is_err());
        // No founding core party: its approval is none.
        assert_eq!(two.amend(&signed(&two, &[GEMEENTE, OM, ZORG])).unwrap_err(), NotAmended::NoApprover(oin(ZORG)));
        assert!(founded("0").amend(&signed(&founded("0"), &[])).is_ok());
        // An approval of another accession is none of this one.
        let mixed = two.amend(&signed(&all, &[GEMEENTE, OM])).unwrap_err();
        assert_eq!(mixed, NotAmended::OtherConvenant);
    }

    #[test]
    fn an_approver_that_left_is_neither_needed_nor_counted() {
        let before = founded("\"kernpartijen\"");
        let left = before.next_amendment(oin(OM), Change::Ended { since: NOW });
        let before = before.amend(&left.sign(&key(OM, PARTY_KEY), NOW)).unwrap();
        assert!(before.amend(&signed(&before, &[GEMEENTE, POLITIE])).is_ok());
        let counted = before.amend(&signed(&before, &[GEMEENTE, POLITIE, OM])).unwrap_err();
        assert_eq!(counted, NotAmended::NoApprover(oin(OM)));
    }

    #[test]
    fn nobody_accedes_twice_for_another_office_or_without_being_named() {
        let before = founded("0");
        let after = before.amend(&signed(&before, &[])).unwrap();
        assert_eq!(after.amend(&signed(&after, &[])).unwrap_err(), NotAmended::TakesPart);
        let change = Change::Acceded { office: "beheerder".into(), mandate: "geen".into(), approvals: vec![] };
        let other = before.next_amendment(oin(RECLASSERING), change.clone()).sign(&key(RECLASSERING, PARTY_KEY), NOW);
        assert_eq!(before.amend(&other).unwrap_err(), NotAmended::OtherSignatory);
        let founder = before.next_amendment(oin(OM), change).sign(&key(OM, PARTY_KEY), NOW);
        assert_eq!(before.amend(&founder).unwrap_err(), NotAmended::NotAcceding);
    }

    #[test]
    fn who_accedes_later_does_not_sign_now_and_the_text_says_who_approves() {
        let convenant = Convenant::parse(&text("1")).unwrap();
        let refused = Ratified::ratify(convenant.clone(), &signatures(&convenant)).unwrap_err();
        assert_eq!(refused.wrong, [(oin(RECLASSERING), super::super::WrongSignature::Accedes)]);
        for (from, to, place) in [
            ("goedkeuring = 1\n", "goedkeuring = 4\n", "toetreding.goedkeuring"),
            ("goedkeuring = 1\n", "goedkeuring = \"allen\"\n", "toetreding.goedkeuring"),
            ("[toetreding]\ngoedkeuring = 1\n", "", "partijen[3].toetreder"),
            ("toetreder = true", "toetreder = 1", "partijen[3].toetreder"),
        ] {
            let refused = Convenant::parse(&changed(&text("1"), &[(from, to)])).unwrap_err();
            assert!(refused.iter().any(|problem| problem.path == place && problem.line.is_some()), "{refused}");
        }
    }
}
