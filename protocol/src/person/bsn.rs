//! BSN: nine digits that pass the *11-proef*.

use core::fmt;
use core::str::FromStr;

use crate::codec::text_serde;

/// A burgerservicenummer: nine digits whose weighted sum (9, 8, …, 2, −1) is a multiple of 11.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bsn([u8; 9]);

/// Text that is not a BSN; says why, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotABsn {
    /// Not eight or nine digits.
    #[error("a BSN has nine digits")]
    NotNineDigits,
    /// The weighted sum is not a multiple of 11.
    #[error("the BSN fails the 11-proef")]
    FailsElfproef,
}

impl Bsn {
    /// The nine digits.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Bsn {
    type Err = NotABsn;

    /// Reads nine digits; eight are taken as a BSN whose leading zero was lost, as spreadsheets do.
    fn from_str(text: &str) -> Result<Self, NotABsn> {
        let mut digits = [b'0'; 9];
        match text.len() {
            9 => digits.copy_from_slice(text.as_bytes()),
            8 => digits[1..].copy_from_slice(text.as_bytes()),
            _ => return Err(NotABsn::NotNineDigits),
        }
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(NotABsn::NotNineDigits);
        }
        let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
        let sum: i32 = digits.iter().zip(weights).map(|(digit, weight)| i32::from(digit - b'0') * weight).sum();
        if sum % 11 == 0 && digits != *b"000000000" { Ok(Bsn(digits)) } else { Err(NotABsn::FailsElfproef) }
    }
}

impl fmt::Display for Bsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tells nothing: see [`super::PersonRef`].
impl fmt::Debug for Bsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bsn(..)")
    }
}

text_serde!(Bsn, "a BSN of nine digits that passes the 11-proef");
