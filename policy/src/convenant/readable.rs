//! A convenant as lawyers read it: Markdown in Dutch, with the matrix of who may ask whom, on which ground, released by whom.

use std::collections::BTreeMap;
use std::fmt::Write;

use weegnet_protocol::oin::Oin;

use super::{AnswerMode, Approvals, Arrangement, Coded, Convenant, Informing, LegalBasis, Party, PartyKind, Terms};

/// How a party's signature stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureState {
    /// It is there and holds.
    Signed,
    /// It is not there.
    Missing,
    /// It does not count, and why.
    Wrong(String),
    /// It may accede, and did not yet.
    Accedes,
    /// It acceded.
    Acceded,
    /// It ended its participation.
    Ended,
}

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;
const MINUTE: u64 = 60;

/// The whole document in Markdown; `signatures` says how each party's stands.
pub fn readable(convenant: &Convenant, signatures: &BTreeMap<Oin, SignatureState>) -> String {
    let terms = convenant.terms();
    let mut text = String::new();
    head(&mut text, convenant);
    parties(&mut text, terms, signatures);
    matrix(&mut text, terms);
    bases(&mut text, terms);
    limits(&mut text, terms);
    retention(&mut text, terms);
    practice(&mut text, terms);
    codes(&mut text, "Criteria waarop een vraag kan rusten", &terms.criteria);
    codes(&mut text, "Redenen om een partij buiten de kern te vragen", &terms.reasons);
    codes(&mut text, "Redenen waarom iemand in een register staat", &terms.register_reasons);
    text
}

/// A string takes everything that is written to it.
macro_rules! line {
    ($text:expr) => {{ $text.push('\n'); }};
    ($text:expr, $($arg:tt)*) => {{ let _ = writeln!($text, $($arg)*); }};
}

fn head(text: &mut String, convenant: &Convenant) {
    let terms = convenant.terms();
    line!(text, "# {}", terms.title);
    line!(text);
    let what = match terms.arrangement {
        Arrangement::Agreement => "Convenant",
        Arrangement::Statute => "Wettelijke regeling in plaats van een convenant",
    };
    line!(
        text,
        "{what} `{}`, versie {}; geldig van {} tot en met {}.",
        terms.id,
        terms.version,
        terms.valid_from,
        terms.valid_to
    );
    line!(text, "SHA-256 van wat getekend wordt: `{}`", convenant.hash());
    if let Some(before) = &terms.replaces {
        line!(text, "Vervangt de versie met SHA-256 `{before}`, vanaf de eerste dag waarop zij geldt.");
    }
    if let Some(paper) = &terms.paper {
        line!(text, "SHA-256 van het ondertekende papier: `{paper}`");
    }
    line!(text);
    line!(
        text,
        "Dit document is zelf geen grondslag: wat een partij mag zeggen, rust op de wetten en besluiten onder *Grondslagen*."
    );
    line!(text);
    line!(text, "## Doel");
    line!(text);
    line!(text, "{}", terms.purpose.description);
    line!(text);
    line!(text, "- Kenmerk: {}", terms.purpose.uri);
    line!(text, "- Artikel: {} ({})", terms.purpose.article, terms.purpose.source);
    line!(text, "- Zwaarwegend algemeen belang: {}", terms.interest);
    line!(text, "- Verwerkingsactiviteit (AVG 30): {}", terms.processing_activity.as_str());
    line!(text, "- Gegevensbeschermingseffectbeoordeling (AVG 35): {}", terms.dpia);
    line!(text, "- Contactpunt voor burgers: {}", terms.citizen_contact);
    let informing = &terms.informing;
    let by = name(terms, &informing.by);
    let (days, source) = (informing.term.0, &informing.source);
    match informing.decision {
        Informing::Inform => {
            line!(text, "- Betrokkenen worden geïnformeerd (AVG 14) door {by}, binnen {days} dagen: {source}")
        }
        Informing::Postpone => {
            line!(
                text,
                "- Betrokkenen informeren (AVG 14) wordt uitgesteld, hooguit {days} dagen, door {by}: {source}"
            );
        }
    }
    line!(text);
}

fn parties(text: &mut String, terms: &Terms, signatures: &BTreeMap<Oin, SignatureState>) {
    line!(text, "## Partijen en handtekeningen");
    line!(text);
    line!(text, "Elke partij is verwerkingsverantwoordelijke voor wat haar eigen knooppunt bewaart.");
    line!(text);
    line!(text, "| partij | OIN | rol | soort | antwoordt | tekent | handtekening |");
    line!(text, "|---|---|---|---|---|---|---|");
    for party in &terms.parties {
        let department =
            party.department.as_ref().map(|department| format!(", afdeling {department}")).unwrap_or_default();
        let state = match signatures.get(&party.oin) {
            Some(SignatureState::Signed) => "gezet".to_owned(),
            Some(SignatureState::Wrong(why)) => format!("telt niet: {why}"),
            Some(SignatureState::Accedes) => "treedt later toe".to_owned(),
            Some(SignatureState::Acceded) => "toegetreden".to_owned(),
            Some(SignatureState::Ended) => "deelname beëindigd".to_owned(),
            Some(SignatureState::Missing) | None => "ontbreekt".to_owned(),
        };
        line!(
            text,
            "| {}{} | {} | {} | {} | {} | {} ({}) | {} |",
            cell(party.name.as_str()),
            cell(&department),
            party.oin,
            party.role,
            kind(party.kind),
            releases(party.mode),
            cell(party.signatory.office.as_str()),
            cell(party.signatory.mandate.as_str()),
            cell(&state)
        );
    }
    line!(text);
    if let Some(accession) = &terms.accession {
        let approvals = match accession.approvals {
            Approvals::Core(_) => "alle oprichtende kernpartijen".to_owned(),
            Approvals::AtLeast(number) => format!("{number} oprichtende kernpartij(en)"),
        };
        line!(text, "Wie later toetreedt, doet dat met een eigen getekende verklaring, goedgekeurd door {approvals}.");
        line!(text, "Tot dan vraagt zij niet en wordt zij niet gevraagd.");
        line!(text);
    }
    for party in &terms.parties {
        line!(text, "- {}: {}; privacy: {}", party.name, party.contact.as_str(), party.privacy_contact);
    }
    line!(text);
    if !terms.processors.is_empty() {
        line!(text, "Verwerkers (AVG 28):");
        line!(text);
        for processor in &terms.processors {
            let controller = name(terms, &processor.controller);
            line!(text, "- {} voor {controller}: {} ({})", processor.name, processor.task, processor.agreement);
        }
        line!(text);
    }
}

/// Rows answer, columns ask. Only core parties ask, so only they are columns.
fn matrix(text: &mut String, terms: &Terms) {
    let askers: Vec<&Party> = terms.parties.iter().filter(|party| party.is_core()).collect();
    line!(text, "## Wie mag wie vragen");
    line!(text);
    line!(
        text,
        "Een antwoord is *neem contact op met* het ene contactpunt van de partij, of *geen mededeling*; nooit meer."
    );
    line!(text, "Elke vraag gaat over een persoon en is eerst goedgekeurd door een andere kernpartij dan de vragende.");
    line!(text);
    let heads: Vec<_> = askers.iter().map(|party| cell(party.name.as_str())).collect();
    line!(text, "| wie antwoordt ↓ wie vraagt → | {} |", heads.join(" | "));
    line!(text, "|---|{}", "---|".repeat(askers.len()));
    for answerer in &terms.parties {
        let cells: Vec<_> = askers.iter().map(|asker| between(terms, answerer, asker)).collect();
        line!(text, "| {} | {} |", cell(answerer.name.as_str()), cells.join(" | "));
    }
    line!(text);
}

fn between(terms: &Terms, answerer: &Party, asker: &Party) -> String {
    if answerer.oin == asker.oin {
        return "—".into();
    }
    let grounds: Vec<_> = grounds(terms, &answerer.oin, &asker.oin)
        .map(|basis| format!("{}: {}", basis.category, cell(basis.article.as_str())))
        .collect();
    match answerer.mode {
        AnswerMode::Never => "nee: antwoordt nooit".into(),
        _ if grounds.is_empty() => "nee: geen grondslag".into(),
        mode => format!("ja; {}; {}", grounds.join(", "), releases(mode)),
    }
}

fn grounds<'t>(terms: &'t Terms, from: &'t Oin, to: &'t Oin) -> impl Iterator<Item = &'t LegalBasis> {
    terms.bases.iter().filter(move |basis| basis.from == *from && basis.to == *to)
}

fn bases(text: &mut String, terms: &Terms) {
    line!(text, "## Grondslagen");
    line!(text);
    line!(text, "| van | aan | wat | wet | besluit | bron |");
    line!(text, "|---|---|---|---|---|---|");
    for basis in &terms.bases {
        let (from, to) = (name(terms, &basis.from), name(terms, &basis.to));
        let words = [&basis.article, &basis.decision, &basis.source].map(|line| cell(line.as_str()));
        line!(text, "| {} | {} | {} | {} |", cell(&from), cell(&to), basis.category, words.join(" | "));
    }
    line!(text);
}

fn limits(text: &mut String, terms: &Terms) {
    let window = &terms.window;
    line!(text, "## Grenzen");
    line!(text);
    line!(
        text,
        "- Een vraag wacht {} op antwoord, ten minste {} en ten hoogste {}; antwoorden worden daarna nog {} bezorgd.",
        length(window.default.0),
        length(window.least.0),
        length(window.most.0),
        length(terms.grace.0)
    );
    line!(
        text,
        "- Een opsteller vraagt hooguit {} keer per dag, een organisatie {} keer. Over dezelfde persoon opnieuw: na {}.",
        terms.quota.per_author,
        terms.quota.per_organisation,
        length(terms.waiting.0)
    );
    match (&terms.bsn.law, terms.bsn.allowed) {
        (Some(law), true) => line!(text, "- Een BSN mag genoemd worden: {law}."),
        _ => line!(text, "- Een BSN wordt niet gebruikt."),
    }
    line!(text, "- Minderjarigen: {} Bewaartermijn {} dagen.", terms.minors.approval, terms.minors.retention.0);
    for party in &terms.parties {
        line!(text, "- Het register van {} heeft voor dit doel hooguit {} rijen.", party.name, party.max_rows);
    }
    line!(
        text,
        "- Journalen: {} medeondertekening(en) bevestigen een stand; er wordt ten minste elke {} gekeken, en de stand van het \
         eigen logboek wordt elke {} vastgelegd.",
        terms.witnesses.count,
        length(terms.witnesses.every.0),
        length(terms.house_checkpoint.0)
    );
    let sealed = &terms.sealed;
    match sealed.slot().0 {
        0 => line!(text, "- Vragen en antwoorden gaan meteen; dat kan alleen tussen testorganisaties."),
        slot => line!(
            text,
            "- Vragen en antwoorden gaan alleen in slots: elk {} wisselen twee partijen evenveel uit, ook als er niets te \
             zeggen is.",
            length(slot)
        ),
    }
    line!(
        text,
        "- Verzegeld wordt gevraagd met een tabel van hooguit {} dagen oud; het geheim ervan wordt {} dagen daarna vernietigd.",
        sealed.epoch().0,
        sealed.audit().0
    );
    line!(text);
}

fn retention(text: &mut String, terms: &Terms) {
    line!(text, "## Bewaartermijnen");
    line!(text);
    line!(text, "| soort | hooguit | bron | gaat over |");
    line!(text, "|---|---|---|---|");
    for term in &terms.retention {
        let (source, governs) = (cell(term.source.as_str()), term.kind.governs().nl);
        line!(text, "| {} | {} dagen | {source} | {governs} |", term.kind, term.term.0);
    }
    line!(text);
}

/// What the parties agreed about how they work; nothing where they did not.
fn practice(text: &mut String, terms: &Terms) {
    if terms.practice.is_empty() && terms.party_practice.is_empty() {
        return;
    }
    line!(text, "## Werkwijze");
    line!(text);
    if terms.practice.minor_second {
        line!(text, "- Een vraag over wie minderjarig kan zijn, keuren twee personen van dezelfde kernpartij goed.");
    }
    if let Some(urgent) = terms.practice.urgent_least {
        line!(text, "- Een vraag met spoed wacht ten minste {} op antwoord.", length(urgent.0));
    }
    if let Some(days) = terms.practice.least_working_days {
        line!(text, "- Een andere vraag wacht ten minste {days} hele werkdagen op antwoord.");
    }
    if let Some(days) = terms.practice.default_working_days {
        line!(text, "- Zonder nadere keuze wacht een vraag {days} hele werkdagen op antwoord.");
    }
    if terms.party_practice.iter().any(|party| party.weging) {
        line!(text, "- In de fase van de weging worden alleen de partijen gevraagd die hieronder zo zijn genoemd.");
    }
    for party in &terms.party_practice {
        let second = party.second.then(|| "een tweede beoordelaar moet het eens zijn".to_owned());
        let secrecy = party.secrecy.as_ref().map(|law| format!("verstrekt alleen op een vastgelegde grond ({law})"));
        let roster =
            party.roster.map(|roster| format!("een beoordelaar heeft dienst op {roster}, behalve op feestdagen"));
        let weging = party.weging.then(|| "mag worden gevraagd in de weging".to_owned());
        let said: Vec<_> = [weging, second, secrecy, roster].into_iter().flatten().collect();
        line!(text, "- {}: {}.", name(terms, &party.oin), said.join("; "));
    }
    line!(text);
    if !terms.secrecy_grounds.is_empty() {
        codes(text, "Gronden om ondanks geheimhouding te verstrekken", &terms.secrecy_grounds);
    }
}

fn codes(text: &mut String, title: &str, codes: &[Coded]) {
    line!(text, "## {title}");
    line!(text);
    if codes.is_empty() {
        line!(text, "Geen.");
    }
    for coded in codes {
        line!(text, "- `{}`: {}", coded.code, coded.text);
    }
    line!(text);
}

fn name(terms: &Terms, oin: &Oin) -> String {
    terms.party(oin).map_or_else(|| oin.to_string(), |party| party.name.to_string())
}

fn kind(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Core => "kern: vraagt, keurt goed, weegt",
        PartyKind::Case => "casus: wordt gevraagd",
        PartyKind::External => "extern: wordt gevraagd",
    }
}

fn releases(mode: AnswerMode) -> &'static str {
    match mode {
        AnswerMode::AfterRelease => "een beoordelaar verstrekt",
        AnswerMode::Never => "nooit",
        AnswerMode::Automatic => "vanzelf (alleen testorganisaties)",
    }
}

/// What stands in a cell of a table can not end it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// A length of time in the largest unit that fits.
fn length(seconds: u64) -> String {
    let (number, one, many) = match seconds {
        s if s > 0 && s % DAY == 0 => (s / DAY, "dag", "dagen"),
        s if s > 0 && s % HOUR == 0 => (s / HOUR, "uur", "uur"),
        s if s > 0 && s % MINUTE == 0 => (s / MINUTE, "minuut", "minuten"),
        s => (s, "seconde", "seconden"),
    };
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SAMPLE, changed};

    fn shown(text: &str) -> String {
        let convenant = Convenant::parse(text).unwrap_or_else(|problems| panic!("{problems}"));
        let first = convenant.terms().parties[0].oin;
        readable(&convenant, &BTreeMap::from([(first, SignatureState::Signed)]))
    }

    #[test]
    fn the_matrix_says_who_may_ask_whom_on_which_ground_and_who_releases() {
        let text = shown(SAMPLE);
        let row = |name: &str| {
            let start = text.find("## Wie mag wie vragen").unwrap();
            text[start..].lines().find(|line| line.starts_with(&format!("| {name}"))).unwrap().to_owned()
        };
        let open = "ja; bekendheid: Voorbeeldwet, artikel 4; een beoordelaar verstrekt";
        let expected = format!("| Reclassering Noorderveen (voorbeeld) | {open} | {open} | nee: geen grondslag |");
        assert_eq!(row("Reclassering"), expected);
        assert!(row("Zorggroep").ends_with("| nee: antwoordt nooit | nee: antwoordt nooit | nee: antwoordt nooit |"));
        assert!(row("Gemeente").contains("| — |"));
        assert_eq!(row("wie antwoordt").matches('|').count(), 5, "only core parties ask");
    }

    #[test]
    fn says_who_has_signed_and_in_which_office() {
        let text = shown(SAMPLE);
        let row = |oin: &str| text.lines().find(|line| line.contains(oin)).unwrap().to_owned();
        assert!(row("00000099000000001000").contains("burgemeester (Mandaatbesluit"));
        assert!(row("00000099000000001000").ends_with("| gezet |"));
        assert!(row("00000099000000002000").ends_with("| ontbreekt |"));
    }

    #[test]
    fn never_calls_itself_a_legal_basis_and_breaks_no_table() {
        let text = shown(&changed(SAMPLE, &[("Voorbeeldwet, artikel 4", "Wet | artikel 4")]));
        assert!(!text.contains("op grond van het convenant") && text.contains("zelf geen grondslag"));
        assert!(text.contains("Wet \\| artikel 4"));
        assert!(text.contains("wacht 5 dagen op antwoord, ten minste 1 uur en ten hoogste 14 dagen"));
    }
}
