//! Decoders of text: what is accepted is shown in one form, and that form is accepted as the same value.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use weegnet_protocol::Oin;
use weegnet_protocol::id::{Slug, StatementId};
use weegnet_protocol::log::Origin;
use weegnet_protocol::person::{
    BirthDate, Bsn, NameText, fold, fold_given, fold_surname, given_names, other_sound, sound, surnames,
};
use weegnet_protocol::purpose::Purpose;
use weegnet_protocol::statement::Contact;
use weegnet_protocol::time::Day;

/// A birth date in any notation; shown as `YYYY-MM-DD`, `YYYY-MM`, `YYYY` or `unknown`.
pub fn birth_date(data: &[u8]) -> bool {
    let Some(date) = in_one_form::<BirthDate>(data) else { return false };
    let today = Day { year: 2026, month: 11, day: 23 };
    assert!(date != BirthDate::Unknown || date.may_be_minor(today), "an unknown date may be a minor's");
    assert!(date.compatible(&date) || date == BirthDate::Unknown);
    true
}

/// A BSN, also one whose leading zero was lost.
pub fn bsn(data: &[u8]) -> bool {
    in_one_form::<Bsn>(data).is_some_and(|bsn| bsn.as_str().len() == 9)
}

/// A name, which stays as it was given, and its fold, which folds to itself.
pub fn name(data: &[u8]) -> bool {
    if let Ok(text) = std::str::from_utf8(data) {
        let folded = fold(text).join(" ");
        assert_eq!(fold(&folded).join(" "), folded);
        let _ = (fold_given(text), fold_surname(text), surnames(text), given_names(text));
        let _ = (sound(&folded), other_sound(&folded));
    }
    as_given::<NameText>(data)
}

/// An organisation's number.
pub fn oin(data: &[u8]) -> bool {
    as_given::<Oin>(data)
}

/// An identifier in hexadecimal, with hyphens or without.
pub fn id(data: &[u8]) -> bool {
    in_one_form::<StatementId>(data).is_some()
}

/// A short name.
pub fn slug(data: &[u8]) -> bool {
    as_given::<Slug>(data)
}

/// A purpose.
pub fn purpose(data: &[u8]) -> bool {
    as_given::<Purpose>(data)
}

/// A contact point.
pub fn contact(data: &[u8]) -> bool {
    as_given::<Contact>(data)
}

/// The name of a log.
pub fn origin(data: &[u8]) -> bool {
    let Some(origin) = in_one_form::<Origin>(data) else { return false };
    assert!(origin.oin().is_some() && origin.log().is_some());
    as_given::<Origin>(data)
}

fn parse<T: FromStr>(data: &[u8]) -> Option<T> {
    std::str::from_utf8(data).ok()?.parse().ok()
}

/// Accepted text whose shown form is accepted as the same value.
fn in_one_form<T: FromStr + Display + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let value = parse::<T>(data)?;
    let shown = value.to_string();
    assert!(shown.parse::<T>().is_ok_and(|again| again == value), "what is shown reads as something else");
    Some(value)
}

/// Accepted text that is shown exactly as it was given.
fn as_given<T: FromStr + Display + PartialEq + Debug>(data: &[u8]) -> bool {
    let Some(value) = in_one_form::<T>(data) else { return false };
    assert_eq!(value.to_string().as_bytes(), data);
    true
}
