//! Who signs for a board: shown before anything is signed, and said by whoever signs. The party key lies offline, but who holds
//! it for a moment to rotate a key should not sign a convenant by mistake.

use std::io::{BufRead, Write};

use clap::Args;
use weegnet_policy::convenant::Convenant;
use weegnet_protocol::sign::Signs;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct OfficeArgs {
    /// In which office it is signed, as the document names it for this organisation; asked for when it is left out
    #[arg(long, value_name = "FUNCTIE")]
    office: Option<String>,
}

impl OfficeArgs {
    /// Shows what is signed and in which office, and goes on only when that office is named.
    pub(super) fn confirm(&self, what: &str, signs: &Signs) -> Result<(), Failure> {
        let mut screen = std::io::stderr().lock();
        writeln!(screen, "{what}")?;
        let said = match &self.office {
            Some(office) => office.clone(),
            None => {
                write!(screen, "Wie tekent? Schrijf de functie over om te tekenen: ")?;
                screen.flush()?;
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line)?;
                line
            }
        };
        if said.trim() == signs.office {
            return Ok(());
        }
        let office = &signs.office;
        Err(format!(
            "nothing is signed: the document says that the {office} signs for this organisation, by \"{}\"; who holds that \
             office, or signs for it by that mandate, says so with --office \"{office}\"",
            signs.mandate
        )
        .into())
    }
}

/// What a document says at a glance, and who signs it for this organisation.
pub(super) fn shown(convenant: &Convenant, signs: &Signs) -> String {
    let terms = convenant.terms();
    format!(
        "  {}\n  {} versie {}, geldig van {} tot en met {}\n  doel: {}\n  SHA-256 {}\n  getekend door: {} ({})",
        terms.title,
        terms.id,
        terms.version,
        terms.valid_from,
        terms.valid_to,
        terms.purpose.uri,
        convenant.hash(),
        signs.office,
        signs.mandate
    )
}
