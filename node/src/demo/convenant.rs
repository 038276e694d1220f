//! The convenant of the demo: a fixed text, with the parties and their legal bases written from the nodes' own cards.

use serde::Serialize;
use weegnet_protocol::Oin;
use weegnet_protocol::time::Day;

use super::cast::Organisation;
use crate::config::PublicKeys;

/// In which office each organisation signs.
pub const OFFICE: &str = "bestuurder";
/// Its name.
pub const ID: &str = "demo-noorderveen";
/// How many years it holds after this one.
const YEARS: u16 = 4;
/// Everything but the parties.
const TEXT: &str = include_str!("convenant.toml");

#[derive(Serialize)]
struct Parties {
    partijen: Vec<Party>,
    grondslagen: Vec<Basis>,
}

#[derive(Serialize)]
struct Party {
    oin: Oin,
    naam: &'static str,
    rol: &'static str,
    soort: &'static str,
    modus: &'static str,
    contact: &'static str,
    privacycontact: &'static str,
    adres: String,
    rijen_maximum: u32,
    ondertekenaar: Signatory,
    sleutels: PublicKeys,
}

#[derive(Serialize)]
struct Signatory {
    functie: &'static str,
    mandaat: &'static str,
}

/// Who (`van`) may tell whom (`aan`), on what ground.
#[derive(Serialize)]
struct Basis {
    van: Oin,
    aan: Oin,
    categorie: &'static str,
    artikel: String,
    besluit: String,
    bron: &'static str,
}

/// The document that all parties sign, valid from the beginning of this year.
///
/// # Errors
/// When the parties cannot be written as TOML.
pub fn document(organisations: &[Organisation], today: Day) -> Result<String, toml::ser::Error> {
    let first = Day { month: 1, day: 1, ..today };
    let last = Day { year: today.year + YEARS, month: 12, day: 31 };
    let text = TEXT.replace("GELDIG_VAN", &first.to_string()).replace("GELDIG_TOT", &last.to_string());
    let parties = Parties { partijen: organisations.iter().map(party).collect(), grondslagen: bases(organisations) };
    Ok(text + &toml::to_string(&parties)?)
}

fn party(organisation: &Organisation) -> Party {
    let part = organisation.who.part();
    Party {
        oin: organisation.card.oin,
        naam: part.title,
        rol: part.name,
        soort: part.kind,
        modus: "na_verstrekking",
        contact: part.contact,
        privacycontact: "Functionaris gegevensbescherming, fg@voorbeeld.example",
        adres: organisation.card.address.to_string(),
        rijen_maximum: 10_000,
        ondertekenaar: Signatory { functie: OFFICE, mandaat: "Demomandaat" },
        sleutels: organisation.card.keys.clone(),
    }
}

/// Everybody may tell every other core party.
fn bases(organisations: &[Organisation]) -> Vec<Basis> {
    let mut bases = Vec::new();
    for (i, from) in organisations.iter().enumerate() {
        for to in organisations.iter().filter(|to| to.who.part().kind == "kern" && to.who != from.who) {
            bases.push(Basis {
                van: from.card.oin,
                aan: to.card.oin,
                categorie: "bekendheid",
                artikel: format!("Demowet, artikel {}", i + 1),
                besluit: format!("Demobesluit verstrekking Noorderveen, artikel {}", bases.len() + 1),
                bron: "https://besluiten.voorbeeld.example/verstrekking",
            });
        }
    }
    bases
}
