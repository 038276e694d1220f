//! A party's signature under a convenant: a hash envelope over its canonical bytes, made with the offline party key, in the
//! office and by the mandate that the text names for it.
//!
//! One file per party lies beside the document: `FILE.sigs/<OIN>`. Here they are bytes.

use ed25519_dalek::SigningKey;
use weegnet_protocol::oin::Oin;
use weegnet_protocol::sign::{CONVENANT_SIGNATURE, Detached, Signs, VerifyError};
use weegnet_protocol::time::Timestamp;

use crate::convenant::{Convenant, Party, WrongSignature};

/// Why a convenant is not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The signer is not one of the parties.
    #[error("organisation {0} is no party to this convenant: check whether this is the right text")]
    NoParty(Oin),
    /// The signer accedes, and so does not found the convenant.
    #[error(
        "organisation {0} accedes later: sign that with 'weegnet convenant accede' when the founding parties have signed"
    )]
    Accedes(Oin),
    /// The key is not the party key that the text lists.
    #[error(
        "the text lists another party key for organisation {0}: put its card's key in the text, or use the right key"
    )]
    OtherKey(Oin),
}

/// Signs a convenant for the party `oin` with its party key.
///
/// # Errors
/// When the signature would not count: no such party, or another key than the text lists.
pub fn sign(convenant: &Convenant, oin: Oin, key: &SigningKey, now: Timestamp) -> Result<Vec<u8>, NotSigned> {
    let party = convenant.terms().party(&oin).ok_or(NotSigned::NoParty(oin))?;
    if party.accedes {
        return Err(NotSigned::Accedes(oin));
    }
    if *party.keys.party.as_bytes() != key.verifying_key().to_bytes() {
        return Err(NotSigned::OtherKey(oin));
    }
    let by = (oin, Some(signs(party)));
    Ok(Detached::sign_as(CONVENANT_SIGNATURE, convenant.hash(), by, now, key).encode())
}

/// Checks the signature of one party under exactly this text.
///
/// # Errors
/// Why it does not count.
pub fn verify(convenant: &Convenant, party: &Party, bytes: &[u8]) -> Result<(), WrongSignature> {
    let signature = Detached::decode(bytes, CONVENANT_SIGNATURE).map_err(|_| WrongSignature::Invalid)?;
    signature.verify(&convenant.hash(), &party.oin, party.keys.party.key()).map_err(|why| match why {
        VerifyError::WrongBody => WrongSignature::OtherText,
        VerifyError::UnknownIssuer => WrongSignature::OtherKey,
        _ => WrongSignature::Invalid,
    })?;
    if signature.signs == Some(signs(party)) { Ok(()) } else { Err(WrongSignature::OtherSignatory) }
}

/// In which office the text says that this party signs.
fn signs(party: &Party) -> Signs {
    Signs { office: party.signatory.office.to_string(), mandate: party.signatory.mandate.to_string() }
}

#[cfg(test)]
mod tests;
