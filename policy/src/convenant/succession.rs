//! Versions: a text that replaces another one of the same name names it by its hash, so that none is skipped and none goes
//! back. Each has its own amendments; what was asked under one ends under it.
//!
//! A key that a party replaced under one text is not the party's under another either, and the one that took its place
//! counts under both: a version whose text was written before a rotation need not be signed again.

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::oin::Oin;
use weegnet_protocol::sign::{Header, VerifyError};
use weegnet_protocol::time::{Millis, Timestamp};

use super::{Date, Line, Ratified};

/// Why a text does not take the place of the one that is in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNext {
    /// It names none.
    #[error(
        "version {found} does not say which version it replaces: version {last} is in force here, with SHA-256 {hash}; write that in 'vervangt'"
    )]
    NamesNone {
        /// Its version.
        found: Line,
        /// The last one here.
        last: Line,
        /// Of the last one here.
        hash: Hash,
    },
    /// It names another one: it skips one, goes back, or there are two that follow the same one.
    #[error(
        "version {found} replaces the text with SHA-256 {names}, and the last one here is version {last} with SHA-256 {hash}: \
         adopt those between them first; a version does not go back, and only one follows another"
    )]
    NamesAnother {
        /// Its version.
        found: Line,
        /// Which text it names.
        names: Hash,
        /// The last one here.
        last: Line,
        /// Of the last one here.
        hash: Hash,
    },
    /// It begins before the one that it replaces, or with it.
    #[error(
        "it begins on {found}, and the version that it replaces on {last}: a version begins on a later day than the one before"
    )]
    NotLater {
        /// Its first day.
        found: Date,
        /// That of the last one here.
        last: Date,
    },
    /// Its purpose is another one.
    #[error(
        "it has another purpose than the version that it replaces: a new purpose needs a convenant of its own (H2, AVG 5(1)(b))"
    )]
    OtherPurpose,
    /// A party's log cannot change its name by it.
    #[error(
        "it names another checkpoint key for organisation {0} than the version before it: that key is the name of its log, and \
         changes with the log only"
    )]
    OtherCheckpointKey(Oin),
    /// A party's offline key cannot change by it: amendments of the version before would not be its own.
    #[error(
        "it names another party key for organisation {0} than the version before it: take the one that the party has"
    )]
    OtherPartyKey(Oin),
}

impl Ratified {
    /// Whether this text is the version after `last`.
    ///
    /// # Errors
    /// Why it is not.
    pub fn follows(&self, last: &Ratified) -> Result<(), NotNext> {
        let (terms, before) = (self.terms(), last.terms());
        let (found, hash, last_version) = (terms.version.clone(), *last.reference().base(), before.version.clone());
        match terms.replaces {
            None => return Err(NotNext::NamesNone { found, last: last_version, hash }),
            Some(names) if names != hash => {
                return Err(NotNext::NamesAnother { found, names, last: last_version, hash });
            }
            Some(_) => {}
        }
        if terms.valid_from <= before.valid_from {
            return Err(NotNext::NotLater { found: terms.valid_from, last: before.valid_from });
        }
        if terms.purpose.uri != before.purpose.uri {
            return Err(NotNext::OtherPurpose);
        }
        for party in self.parties() {
            let Some(was) = last.party(&party.oin) else { continue };
            if was.keys.checkpoint != party.keys.checkpoint {
                return Err(NotNext::OtherCheckpointKey(party.oin));
            }
            if was.keys.party != party.keys.party {
                return Err(NotNext::OtherPartyKey(party.oin));
            }
        }
        Ok(())
    }

    /// Whether what was begun at `made` under this text may still be taken up at `now`, when a version that replaces it began
    /// at `replaced`: it was begun before that, and its answers are due within the longest window since.
    pub fn runs_on(&self, made: Timestamp, replaced: Timestamp, now: Timestamp) -> bool {
        made < replaced && now < replaced + self.most_window()
    }

    /// The first moment at which nothing passes under this text any more, when a version that replaces it began at `replaced`.
    pub fn ends_after(&self, replaced: Timestamp) -> Timestamp {
        replaced + Millis(self.most_window().0.saturating_add(self.grace().0))
    }

    /// Its name.
    pub fn id(&self) -> &ConvenantId {
        self.reference().id()
    }
}

/// The statement key of a header among `texts`, the versions of its convenant: that of the text which it cites, unless another
/// text says that it was replaced; or the one that took its place.
///
/// # Errors
/// As [`weegnet_protocol::sign::Issuers::statement_key`].
pub fn statement_key<'t>(
    texts: impl IntoIterator<Item = &'t Ratified>,
    header: &Header,
    now: Timestamp,
) -> Result<VerifyingKey, VerifyError> {
    let (cited, others) = cited(texts, header)?;
    let under = |other: &Ratified| other.amended_statement_key(&citing(other, header), now);
    match cited.amended_statement_key(header, now) {
        Ok(key) => {
            let mut retired = others.iter().filter(|other| other.is_retired(&header.issuer, &key));
            let gone = !cited.is_retired(&header.issuer, &key) && retired.any(|other| under(other).is_err());
            if gone { Err(VerifyError::UnknownIssuer) } else { Ok(key) }
        }
        Err(VerifyError::UnknownIssuer) if cited.takes_part(&header.issuer) => {
            let mut taken = others.iter().filter(|other| took_its_place(cited, other, header));
            let gone =
                |text: &Ratified, key: &VerifyingKey| text.is_retired(&header.issuer, key) && under(text).is_err();
            let lives = |key: &VerifyingKey| !gone(cited, key) && !others.iter().any(|other| gone(other, key));
            taken.find_map(|other| under(other).ok().filter(lives)).ok_or(VerifyError::UnknownIssuer)
        }
        refused => refused,
    }
}

/// The key of a statement that its issuer wrote down itself: any that it ever had, under any version.
///
/// # Errors
/// As [`statement_key`].
pub fn own_statement_key<'t>(
    texts: impl IntoIterator<Item = &'t Ratified>,
    header: &Header,
) -> Result<VerifyingKey, VerifyError> {
    let (cited, others) = cited(texts, header)?;
    let key = cited.own_statement_key(header);
    let mut elsewhere = others.iter().map(|other| other.own_statement_key(&citing(other, header)));
    key.or_else(|refused| elsewhere.find_map(Result::ok).ok_or(refused))
}

/// The text that a header cites, and the other versions of it.
fn cited<'t>(
    texts: impl IntoIterator<Item = &'t Ratified>,
    header: &Header,
) -> Result<(&'t Ratified, Vec<&'t Ratified>), VerifyError> {
    let same = texts.into_iter().filter(|text| text.id() == header.convenant.id());
    let (mut cited, others): (Vec<_>, Vec<_>) = same.partition(|text| text.reference().is_same_text(&header.convenant));
    Ok((cited.pop().ok_or(VerifyError::WrongConvenant)?, others))
}

fn citing(text: &Ratified, header: &Header) -> Header {
    Header { convenant: text.reference().clone(), ..header.clone() }
}

/// Whether the key that a party has under `other` came after the one that it has under `cited`: by an amendment, or with a
/// later version.
fn took_its_place(cited: &Ratified, other: &Ratified, header: &Header) -> bool {
    let key = |party: Option<&super::Party>| party.map(|party| party.keys.statement.clone());
    let now = key(other.party(&header.issuer));
    let amended = now != key(other.terms().party(&header.issuer));
    now.is_some_and(|key| key.id() == header.key_id) && (amended || other.terms().valid_from > cited.terms().valid_from)
}

#[cfg(test)]
mod tests {
    use super::super::Convenant;
    use super::*;
    use crate::testing::{SAMPLE, changed, ratified};

    fn next(changes: &[(&str, &str)]) -> String {
        let hash = Convenant::parse(SAMPLE).unwrap().hash();
        let version = format!("versie = \"2.0\"\nvervangt = \"{hash}\"");
        changed(&changed(SAMPLE, &[("versie = \"1.0\"", &version), ("2026-01-01", "2027-01-01")]), changes)
    }

    #[test]
    fn a_version_follows_the_one_that_it_names() {
        let (first, second) = (ratified(SAMPLE), ratified(&next(&[])));
        assert_eq!(second.follows(&first), Ok(()));
        assert!(matches!(first.follows(&first), Err(NotNext::NamesNone { .. })));
        assert!(matches!(first.follows(&second), Err(NotNext::NamesNone { .. })), "it does not go back");
        assert!(matches!(second.follows(&second), Err(NotNext::NamesAnother { .. })));
        let hash = second.reference().base().to_string();
        let version = format!("versie = \"3.0\"\nvervangt = \"{hash}\"");
        let third = ratified(&changed(SAMPLE, &[("versie = \"1.0\"", &version), ("2026-01-01", "2028-01-01")]));
        assert_eq!(third.follows(&second), Ok(()));
        let skipped = third.follows(&first).unwrap_err();
        assert!(matches!(skipped, NotNext::NamesAnother { .. }), "it skips the second");
        assert!(skipped.to_string().contains("adopt those between them first") && skipped.to_string().contains(&hash));
    }

    #[test]
    fn a_version_keeps_the_purpose_and_the_logs_and_begins_later() {
        let first = ratified(SAMPLE);
        let other = next(&[("radicalisering/vroegsignalering", "radicalisering/nazorg")]);
        assert_eq!(ratified(&other).follows(&first), Err(NotNext::OtherPurpose));
        let same_day = next(&[("geldig_van = 2027-01-01", "geldig_van = 2026-01-01")]);
        assert!(matches!(ratified(&same_day).follows(&first), Err(NotNext::NotLater { .. })));
        let checkpoint = first.parties()[1].keys.checkpoint.to_string();
        let sound: String =
            crate::testing::key(9, 4).verifying_key().to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let other = Ratified::unsigned(Convenant::parse(&next(&[(&checkpoint, &sound)])).unwrap());
        assert_eq!(other.follows(&first), Err(NotNext::OtherCheckpointKey(first.parties()[1].oin)));
    }

    #[test]
    fn what_runs_ends_under_its_own_version_and_nothing_else_begins() {
        let first = ratified(SAMPLE);
        let replaced = ratified(&next(&[])).terms().valid_from.0.start();
        let before = Timestamp::from_millis(replaced.as_millis() - 1);
        assert!(first.runs_on(before, replaced, replaced) && !first.runs_on(replaced, replaced, replaced));
        let late = replaced + first.most_window();
        assert!(!first.runs_on(before, replaced, late), "whoever says that it is old does not go on with it for ever");
        assert!(first.ends_after(replaced) > late);
    }
}
