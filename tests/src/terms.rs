//! The convenant of a story: the sample's words, with the terms that the story is about.

use std::fmt::Write;

use serde_json::Value;
use weegnet_policy::convenant::RetentionKind;

/// The id of every story's convenant.
pub const CONVENANT: &str = "noorderveen-proef";
/// In which office every party signs.
pub const OFFICE: &str = "bestuurder";
/// A criterion of it.
pub const CRITERION: &str = "dreiging-geuit";
/// A reason to ask a party beyond the core.
pub const REASON: &str = "lopend-toezicht";
/// A reason why a register knows somebody.
pub const KNOWN_BECAUSE: &str = "casus";

/// What a party is and how it answers.
#[derive(Debug, Clone)]
pub struct Party {
    /// Name of the organisation in the story, and of its directory.
    pub name: &'static str,
    /// `kern`, `casus` or `extern`.
    pub kind: &'static str,
    /// `na_verstrekking`, `nooit` or `automatisch`.
    pub mode: &'static str,
    /// Row ceiling of its register.
    pub max_rows: u32,
}

/// The ground on which a party that is bound to secrecy may release.
pub const GROUND: &str = "toestemming";

/// The terms of a convenant between test organisations, in seconds and numbers a day.
#[derive(Debug, Clone)]
pub struct Terms {
    /// In the order of their OINs.
    pub parties: Vec<Party>,
    /// Shortest answer window.
    pub window_least: u64,
    /// Usual answer window.
    pub window: u64,
    /// Longest answer window.
    pub window_most: u64,
    /// How long answers are still delivered after the window.
    pub grace: u64,
    /// Between two questions about one person.
    pub waiting: u64,
    /// Questions a day per author.
    pub per_author: u32,
    /// Questions a day per organisation.
    pub per_organisation: u32,
    /// Whether a BSN may be used.
    pub bsn: bool,
    /// Length of a slot in seconds; 0 is at once.
    pub slot: u64,
    /// First and last day.
    pub valid: (&'static str, &'static str),
    /// Days that everything is kept.
    pub retention_days: u32,
    /// Legal bases that are left out: from whom, to whom.
    pub without_basis: Vec<(&'static str, &'static str)>,
    /// Parties that accede later, with the approval of all founding core parties.
    pub accedes: Vec<&'static str>,
    /// The party that is bound to secrecy and takes two reviewers; then two people approve about minors, too.
    pub two_by_two: Option<&'static str>,
    /// What else was agreed about single parties: which, and lines of `[[afspraken]]`.
    pub agreed: Vec<(&'static str, &'static str)>,
}

impl Terms {
    /// Gemeente, politie and om, without any brake.
    pub fn core() -> Self {
        let party = |name| Party { name, kind: "kern", mode: "na_verstrekking", max_rows: 100_000 };
        Terms {
            parties: ["gemeente", "politie", "om"].map(party).into(),
            window_least: 1,
            window: 120,
            window_most: 86_400,
            grace: 3600,
            waiting: 0,
            per_author: 10_000,
            per_organisation: 10_000,
            bsn: true,
            slot: 0,
            valid: ("2026-01-01", "2099-12-31"),
            retention_days: 1825,
            without_basis: Vec::new(),
            accedes: Vec::new(),
            two_by_two: None,
            agreed: Vec::new(),
        }
    }

    /// Another party that answers after a release.
    #[must_use]
    pub fn and(self, name: &'static str, kind: &'static str) -> Self {
        self.and_party(Party { name, kind, mode: "na_verstrekking", max_rows: 100_000 })
    }

    /// Another party.
    #[must_use]
    pub fn and_party(mut self, party: Party) -> Self {
        self.parties.push(party);
        self
    }

    /// The document, from the parties' cards in the order of [`Terms::parties`].
    ///
    /// # Panics
    /// When a card is not one.
    pub fn document(&self, cards: &[Value]) -> String {
        let mut text = self.head(&string(&cards[0], "oin"));
        for (party, card) in self.parties.iter().zip(cards) {
            text.push_str(&self.party(party, card));
        }
        for (from, from_card) in self.parties.iter().zip(cards) {
            for (to, to_card) in self.parties.iter().zip(cards) {
                let left_out = self.without_basis.contains(&(from.name, to.name));
                if from.name != to.name && to.kind == "kern" && from.mode != "nooit" && !left_out {
                    text.push_str(&basis(&string(from_card, "oin"), &string(to_card, "oin")));
                }
            }
        }
        if let Some(at) = self.parties.iter().position(|party| self.two_by_two == Some(party.name)) {
            text.push_str(&format!(
                "\n[werkwijze]\ntweede_goedkeurder_minderjarigen = true\n\n[[afspraken]]\noin = \"{}\"\n\
                 tweede_verstrekker = true\ngeheimhouding = \"Proefwet, artikel 7\"\n\n[[geheimhoudingsgronden]]\n\
                 code = \"{GROUND}\"\ntekst = \"De persoon heeft toestemming gegeven.\"\n",
                string(&cards[at], "oin")
            ));
        }
        for (name, lines) in &self.agreed {
            let at = self.parties.iter().position(|party| party.name == *name).expect("a party was agreed about");
            text.push_str(&format!("\n[[afspraken]]\noin = \"{}\"\n{lines}\n", string(&cards[at], "oin")));
        }
        text
    }

    fn head(&self, informer: &str) -> String {
        let (from, to) = self.valid;
        let accession = if self.accedes.is_empty() { "" } else { "[toetreding]\ngoedkeuring = \"kernpartijen\"\n\n" };
        let bsn = if self.bsn { "toegestaan = true\nwet = \"Proefwet, artikel 9\"" } else { "toegestaan = false" };
        format!(
            r#"id = "{CONVENANT}"
versie = "1.0"
titel = "Convenant voor proeven"
regeling = "convenant"
geldig_van = {from}
geldig_tot = {to}
belang = "Proef."
verwerkingsactiviteit = "https://register.voorbeeld.example/verwerkingen/proef"
dpia = "DPIA proef"
burgercontact = "Privacyloket, privacyloket@voorbeeld.example"
nalevering_seconden = {grace}
wachttijd_seconden = {waiting}
huis_checkpoint_seconden = 3600

[informeren]
besluit = "uitstellen"
wie = "{informer}"
termijn_dagen = 365
bron = "Proefbesluit informeren"

[getuigen]
aantal = 1
elke_seconden = 2

[doel]
uri = "https://doelen.voorbeeld.example/proef"
omschrijving = "Proef."
artikel = "AVG artikel 5, eerste lid, onder b (doelbinding)"
bron = "https://eur-lex.europa.eu/eli/reg/2016/679/oj"

[antwoordtermijn]
minimum_seconden = {least}
standaard_seconden = {window}
maximum_seconden = {most}

[quota]
per_opsteller_per_dag = {per_author}
per_organisatie_per_dag = {per_organisation}

[verzegeld]
slot_seconden = {slot}

{accession}[bsn]
{bsn}

[minderjarigen]
goedkeuring = "Proef."
bewaartermijn_dagen = {minors}

[[criteria]]
code = "{CRITERION}"
tekst = "De persoon heeft gedreigd met geweld."
[[criteria]]
code = "omgeving-bezorgd"
tekst = "Meer dan een bron uit de omgeving is bezorgd."

[[redenen]]
code = "{REASON}"
tekst = "Er zijn aanwijzingen voor lopend toezicht."

[[register_redenen]]
code = "{KNOWN_BECAUSE}"
tekst = "Lopende of afgesloten casus."
[[register_redenen]]
code = "toezicht"
tekst = "Toezicht met een bijzondere voorwaarde."

{retention}"#,
            retention = self.retention(),
            slot = self.slot,
            grace = self.grace,
            waiting = self.waiting,
            least = self.window_least,
            window = self.window,
            most = self.window_most,
            per_author = self.per_author,
            minors = self.retention_days.min(180),
            per_organisation = self.per_organisation,
        )
    }

    /// One term of this many days for everything but the pseudonyms, which outlast the waiting time.
    fn retention(&self) -> String {
        let pseudonyms =
            self.retention_days.max(u32::try_from(self.waiting / 43_200 + 1).expect("a short waiting time"));
        let days = |kind| if kind == RetentionKind::Pseudonym { pseudonyms } else { self.retention_days };
        let term = |kind: &RetentionKind| {
            let days = days(*kind);
            format!(
                "[[bewaartermijnen]]\nsoort = \"{kind}\"\ntermijn_dagen = {days}\nbron = \"Proefbesluit, {kind}\"\n"
            )
        };
        RetentionKind::ALL.iter().map(term).collect()
    }

    fn party(&self, party: &Party, card: &Value) -> String {
        let mut text = format!(
            r#"
[[partijen]]
oin = "{}"
naam = "{}"
rol = "{}"
soort = "{}"
modus = "{}"
contact = "{}"
privacycontact = "Functionaris gegevensbescherming"
adres = "{}"
rijen_maximum = {}
{}[partijen.ondertekenaar]
functie = "{OFFICE}"
mandaat = "Proefmandaat"
[partijen.sleutels]
"#,
            string(card, "oin"),
            string(card, "name"),
            string(card, "role"),
            party.kind,
            party.mode,
            contact(party.name),
            string(card, "address"),
            party.max_rows,
            if self.accedes.contains(&party.name) { "toetreder = true\n" } else { "" },
        );
        for key in ["link", "statement", "checkpoint", "witness", "party"] {
            writeln!(text, "{key} = \"{}\"", string(&card["keys"], key)).expect("a string takes everything");
        }
        text
    }
}

/// The neutral contact point of an organisation.
pub fn contact(name: &str) -> String {
    format!("Informatiepunt {name}, 000 000 0000")
}

/// A text field of a JSON object.
///
/// # Panics
/// When there is none.
pub fn string(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in the output")).to_owned()
}

fn basis(from: &str, to: &str) -> String {
    format!(
        r#"
[[grondslagen]]
van = "{from}"
aan = "{to}"
categorie = "bekendheid"
artikel = "Proefwet, artikel 1"
besluit = "Proefbesluit, artikel 1"
bron = "https://besluiten.voorbeeld.example/verstrekking"
"#
    )
}
