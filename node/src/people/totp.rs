//! The second factor: codes that an app on a telephone makes every 30 seconds (RFC 6238 over HMAC-SHA-1, which is what every
//! such app does).

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use weegnet_protocol::Timestamp;
use zeroize::Zeroizing;

use crate::clock;

/// How long a code stands in the app: 30 s.
pub const STEP_SECONDS: u64 = 30;
/// Codes before and after the present one that count as well: a telephone's clock is a little off.
const STEPS_OFF: u64 = 1;
/// Six digits.
const CODES: u32 = 1_000_000;
/// Longest text that is read as a code: six digits and what people put between them.
const MAX_TEXT_BYTES: usize = 16;

/// The key that the app and this node share: 160 bits, as RFC 4226 recommends.
#[derive(Clone)]
pub struct TotpKey(Zeroizing<[u8; 20]>);

/// Tells nothing.
impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpKey(..)")
    }
}

/// What the app shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(u32);

/// Text that is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code is the six digits that the app shows")]
pub struct NotACode;

impl FromStr for Code {
    type Err = NotACode;

    /// Six digits, with blanks wherever the app or a person puts them.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(NotACode);
        }
        let mut digits = 0;
        let mut code = 0;
        for c in text.chars().filter(|c| *c != ' ') {
            code = code * 10 + c.to_digit(10).filter(|_| digits < 6).ok_or(NotACode)?;
            digits += 1;
        }
        if digits == 6 { Ok(Code(code)) } else { Err(NotACode) }
    }
}

impl TotpKey {
    /// A new one.
    pub fn random() -> Self {
        TotpKey(Zeroizing::new(clock::random()))
    }

    /// From 20 secret bytes.
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        TotpKey(Zeroizing::new(bytes))
    }

    /// The 20 secret bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// As somebody types it over into the app: 32 letters and digits, four together.
    pub fn to_type(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(BASE32_NOPAD.encode(&*self.0));
        let mut groups = Zeroizing::new(String::with_capacity(text.len() + text.len() / 4));
        for (at, c) in text.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                groups.push(' ');
            }
            groups.push(c);
        }
        groups
    }

    /// As the app reads it from a link or a QR code; `issuer` and `name` are what it shows.
    pub fn uri(&self, issuer: &str, name: &str) -> Zeroizing<String> {
        let (issuer, name) = (escaped(issuer), escaped(name));
        let secret = Zeroizing::new(BASE32_NOPAD.encode(&*self.0));
        Zeroizing::new(format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", *secret))
    }

    /// The code of one step (RFC 4226 §5.3).
    fn code(&self, step: u64) -> u32 {
        let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        mac.update(&step.to_be_bytes());
        let hash: [u8; 20] = mac.finalize().into_bytes().into();
        let at = usize::from(hash[19] & 0x0f);
        let word = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
        (word & 0x7fff_ffff) % CODES
    }

    /// The step to which `code` belongs, if it is one of now and later than `after`: a code counts once.
    pub fn accepts(&self, code: Code, now: Timestamp, after: u64) -> Option<u64> {
        let present = step_of(now);
        let steps = present.saturating_sub(STEPS_OFF)..=present + STEPS_OFF;
        // All of them are compared, whichever fits.
        let fits = steps.filter(|step| bool::from(self.code(*step).ct_eq(&code.0))).collect::<Vec<_>>();
        fits.into_iter().find(|step| *step > after)
    }

    /// The code that the app shows at `now`: for those who set one up by machine.
    pub fn shown(&self, now: Timestamp) -> String {
        format!("{:06}", self.code(step_of(now)))
    }
}

/// Number of the step that `now` lies in.
fn step_of(now: Timestamp) -> u64 {
    now.as_seconds() / STEP_SECONDS
}

/// RFC 3986: everything but letters, digits and `-._~` as `%XX`.
fn escaped(text: &str) -> String {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
    text.bytes().map(|c| if plain(c) { char::from(c).to_string() } else { format!("%{c:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6238, appendix B, SHA-1; the last six of its eight digits.
    const VECTORS: [(u64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn key() -> TotpKey {
        TotpKey::from_bytes(*b"12345678901234567890")
    }

    #[test]
    fn makes_the_codes_of_rfc_6238() {
        for (seconds, code) in VECTORS {
            assert_eq!(key().shown(Timestamp::from_seconds(seconds)), code);
        }
    }

    #[test]
    fn a_code_counts_once_and_for_the_step_beside_it_and_no_longer() {
        let made = Timestamp::from_seconds(1_111_111_111);
        let code: Code = key().shown(made).parse().unwrap();
        let at = |seconds: u64| Timestamp::from_seconds(seconds);
        let step = step_of(made);
        assert_eq!(key().accepts(code, made, 0), Some(step));
        assert_eq!(key().accepts(code, at(1_111_111_111 - 30), 0), Some(step));
        assert_eq!(key().accepts(code, at(1_111_111_111 + 30), 0), Some(step));
        assert_eq!(key().accepts(code, at(1_111_111_111 - 60), 0), None);
        assert_eq!(key().accepts(code, at(1_111_111_111 + 60), 0), None);
        assert_eq!(key().accepts(code, made, step), None, "used");
        assert_eq!(TotpKey::random().accepts(code, made, step), None);
    }

    #[test]
    fn an_app_reads_the_key_from_text_and_link() {
        assert_eq!(*key().to_type(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri =
            "otpauth://totp/Gemeente%20N%C3%B6:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gemeente%20N%C3%B6";
        assert_eq!(*key().uri("Gemeente Nö", "anna"), uri);
    }

    proptest! {
        #[test]
        fn reads_six_digits_with_blanks_and_nothing_else(text in ".{0,20}") {
            let digits: String = text.chars().filter(|c| *c != ' ').collect();
            let fits = text.len() <= MAX_TEXT_BYTES && digits.len() == 6 && digits.bytes().all(|c| c.is_ascii_digit());
            prop_assert_eq!(text.parse::<Code>().is_ok(), fits);
        }

        #[test]
        fn reads_what_an_app_shows(code in 0..CODES, blank in 0..6usize) {
            let mut text = format!("{code:06}");
            text.insert(blank, ' ');
            prop_assert_eq!(text.parse::<Code>(), Ok(Code(code)));
        }
    }
}
