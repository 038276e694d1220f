//! OIN: the 20-digit number that identifies a Dutch government organisation (Logius, *OIN-stelsel*).

use core::fmt;
use core::str::FromStr;

use crate::codec::text_serde;

/// An organisation identification number: exactly 20 decimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oin([u8; 20]);

/// Text that is not an OIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an OIN has exactly 20 digits")]
pub struct NotAnOin;

impl Oin {
    /// Prefix of the numbers that Logius reserves for tests; H13 allows demo and test data under these only.
    pub const TEST_PREFIX: &'static str = "00000099";

    /// The digits.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether this number is reserved for tests and so never stands for a real organisation.
    pub fn is_test(&self) -> bool {
        self.as_str().starts_with(Self::TEST_PREFIX)
    }
}

impl FromStr for Oin {
    type Err = NotAnOin;

    fn from_str(text: &str) -> Result<Self, NotAnOin> {
        let digits: [u8; 20] = text.as_bytes().try_into().map_err(|_| NotAnOin)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Oin(digits)) } else { Err(NotAnOin) }
    }
}

impl fmt::Display for Oin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Oin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

text_serde!(Oin, "an OIN of exactly 20 digits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_exactly_twenty_digits() {
        assert!("00000099000000001000".parse::<Oin>().is_ok());
        for bad in ["", "0000009900000000100", "000000990000000010000", "0000009900000000100x", "٠٠٠٠٠٠٠٠٠٠"]
        {
            assert_eq!(bad.parse::<Oin>(), Err(NotAnOin), "{bad}");
        }
    }

    #[test]
    fn only_the_reserved_prefix_is_a_test_organisation() {
        assert!("00000099000000001000".parse::<Oin>().unwrap().is_test());
        assert!(!"00000001000000001000".parse::<Oin>().unwrap().is_test());
    }
}
