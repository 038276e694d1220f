//! From a TOML document to [`Terms`]: which fields there are, and their bounds.

use core::net::SocketAddr;
use std::str::FromStr;

use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::Slug;
use weegnet_protocol::oin::Oin;
use weegnet_protocol::purpose::Purpose;
use weegnet_protocol::statement::Contact;

use super::accession;
use super::check;
use super::practice;
use super::reader::{Fields, Notes, Readable};
use super::sealing;
use super::terms::{
    BsnTerms, Coded, InformingTerms, LegalBasis, MinorTerms, Party, PartyKeys, Processor, PurposeTerms, QuotaTerms,
    RetentionTerm, Signatory, Terms, WindowTerms, WitnessTerms,
};
use super::values::{
    AnswerMode, Arrangement, Days, Informing, Line, NotAValue, PartyKind, PartyRole, ProcessingActivity, PublicKey,
    RetentionKind, Seconds, Text,
};
use crate::lang::Words;

/// Most codes in one list.
pub const MAX_CODES: usize = 128;
/// Most parties. A question goes to at most [`weegnet_protocol::statement::MAX_RECIPIENTS`] of them.
pub const MAX_PARTIES: usize = 1_024;
/// Most processors.
pub const MAX_PROCESSORS: usize = 128;
/// Most legal bases.
pub const MAX_BASES: usize = 8_192;
/// Highest row ceiling of a register.
pub const MAX_ROWS: u64 = 10_000_000;
/// Longest retention term: 100 years.
pub const MAX_RETENTION_DAYS: u64 = 36_525;

/// Most cosignatures that a convenant may ask for: as many as one checkpoint holds.
const MAX_WITNESSES: u64 = weegnet_protocol::log::MAX_COSIGNATURES as u64;
const DAY: u64 = 86_400;
const YEAR: u64 = 366 * DAY;
/// So high that only the product's ceiling between real organisations is felt.
const MAX_QUOTA: u64 = 1_000_000_000;

/// Reads all terms; `None` when anything was noted.
pub(super) fn terms(notes: &mut Notes, mut fields: Fields<'_>) -> Option<Terms> {
    let root = &mut fields;
    let id = root.parsed(notes, "id");
    let version = root.parsed(notes, "versie");
    let replaces = root.optional::<PaperHash>(notes, "vervangt");
    let title = root.parsed(notes, "titel");
    let arrangement = root.parsed(notes, "regeling");
    let paper = root.optional::<PaperHash>(notes, "papier_sha256");
    let valid_from = root.date(notes, "geldig_van");
    let valid_to = root.date(notes, "geldig_tot");
    let interest = root.parsed(notes, "belang");
    let processing_activity = root.parsed(notes, "verwerkingsactiviteit");
    let dpia = root.parsed(notes, "dpia");
    let citizen_contact = root.parsed(notes, "burgercontact");
    let grace = seconds(notes, root, "nalevering_seconden", 1, 30 * DAY);
    let waiting = seconds(notes, root, "wachttijd_seconden", 0, YEAR);
    let house_checkpoint = seconds(notes, root, "huis_checkpoint_seconden", 1, 7 * DAY);
    let witnesses = within(notes, root, "getuigen", witnesses);
    let purpose = within(notes, root, "doel", purpose);
    let informing = within(notes, root, "informeren", informing);
    let processors = root.list(notes, "verwerkers", 0..=MAX_PROCESSORS, processor);
    let window = within(notes, root, "antwoordtermijn", window);
    let quota = within(notes, root, "quota", quota);
    let bsn = within(notes, root, "bsn", bsn);
    let minors = within(notes, root, "minderjarigen", minors);
    let sealed = if root.has("verzegeld") {
        within(notes, root, "verzegeld", sealing::sealed)
    } else {
        Some(Default::default())
    };
    let practice = if root.has("werkwijze") {
        within(notes, root, "werkwijze", practice::practice)
    } else {
        Some(Default::default())
    };
    let party_practice = root.list(notes, "afspraken", 0..=MAX_PARTIES, practice::party);
    let secrecy_grounds = root.list(notes, "geheimhoudingsgronden", 0..=MAX_CODES, coded);
    let criteria = root.list(notes, "criteria", 1..=MAX_CODES, coded);
    let reasons = root.list(notes, "redenen", 0..=MAX_CODES, coded);
    let register_reasons = root.list(notes, "register_redenen", 1..=MAX_CODES, coded);
    let retention = root.list(notes, "bewaartermijnen", 1..=2 * RetentionKind::ALL.len(), retention);
    let accession = accession::read(notes, root);
    let parties = root.list(notes, "partijen", 1..=MAX_PARTIES, party);
    let bases = root.list(notes, "grondslagen", 0..=MAX_BASES, basis);
    fields.finish(notes);

    // Each check runs on what could be read, so that one mistake does not hide another.
    if let (Some(from), Some(to)) = (valid_from, valid_to) {
        check::validity(notes, from, to);
    }
    let lists = [
        ("criteria", &criteria),
        ("redenen", &reasons),
        ("register_redenen", &register_reasons),
        ("geheimhoudingsgronden", &secrecy_grounds),
    ];
    for (name, codes) in lists {
        codes.iter().for_each(|codes| check::codes(notes, name, codes));
    }
    window.iter().for_each(|window| check::window(notes, window));
    let sealed = sealed.map(|sealed| sealed.among(parties.as_deref()));
    if let Some(sealed) = &sealed {
        let urgent = practice.as_ref().and_then(|practice| practice.urgent_least);
        sealing::check(notes, sealed, parties.as_deref(), window.as_ref(), urgent);
    }
    bsn.iter().for_each(|bsn| check::bsn(notes, bsn));
    if let Some(retention) = &retention {
        check::retention(notes, retention, minors.as_ref(), waiting);
    }
    if let Some(parties) = &parties {
        check::parties(notes, parties, bases.as_deref());
        if let Some(accession) = accession {
            accession::check(notes, accession, parties);
        }
        check::brakes(notes, parties, quota.as_ref(), waiting);
        if let (Some(practice), Some(single), Some(grounds)) = (&practice, &party_practice, &secrecy_grounds) {
            let is_party = |oin: &Oin| parties.iter().any(|party| party.oin == *oin);
            practice::check(notes, practice, single, grounds, window.as_ref(), is_party);
        }
        check::roles(notes, parties, informing.as_ref(), processors.as_deref().unwrap_or_default());
    }

    Some(Terms {
        id: id?,
        version: version?,
        replaces: replaces?.map(|before| before.0),
        title: title?,
        arrangement: arrangement?,
        paper: paper?.map(|paper| paper.0),
        valid_from: valid_from?,
        valid_to: valid_to?,
        purpose: purpose?,
        interest: interest?,
        processing_activity: processing_activity?,
        dpia: dpia?,
        citizen_contact: citizen_contact?,
        informing: informing?,
        processors: processors?,
        window: window?,
        grace: grace?,
        waiting: waiting?,
        house_checkpoint: house_checkpoint?,
        witnesses: witnesses?,
        quota: quota?,
        bsn: bsn?,
        minors: minors?,
        sealed: sealed?,
        practice: practice?,
        party_practice: party_practice?,
        secrecy_grounds: secrecy_grounds?,
        criteria: criteria?,
        reasons: reasons?,
        register_reasons: register_reasons?,
        retention: retention?,
        accession: accession?,
        parties: parties?,
        bases: bases?,
    })
}

/// Reads a table completely.
fn within<'i, T>(
    notes: &mut Notes,
    fields: &mut Fields<'i>,
    key: &str,
    read: impl Fn(&mut Notes, &mut Fields<'i>) -> Option<T>,
) -> Option<T> {
    let mut inner = fields.table(notes, key)?;
    let value = read(notes, &mut inner);
    inner.finish(notes);
    value
}

fn seconds(notes: &mut Notes, fields: &mut Fields<'_>, key: &str, least: u64, most: u64) -> Option<Seconds> {
    fields.number(notes, key, least..=most, "seconds").map(Seconds)
}

fn days(notes: &mut Notes, fields: &mut Fields<'_>, key: &str) -> Option<Days> {
    let days = fields.number(notes, key, 1..=MAX_RETENTION_DAYS, "days")?;
    u32::try_from(days).ok().map(Days)
}

fn purpose(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<PurposeTerms> {
    let uri = fields.parsed(notes, "uri");
    let description = fields.parsed(notes, "omschrijving");
    let article = fields.parsed(notes, "artikel");
    let source = fields.parsed(notes, "bron");
    Some(PurposeTerms { uri: uri?, description: description?, article: article?, source: source? })
}

fn informing(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<InformingTerms> {
    let decision = fields.parsed(notes, "besluit");
    let by = fields.parsed(notes, "wie");
    let term = days(notes, fields, "termijn_dagen");
    let source = fields.parsed(notes, "bron");
    Some(InformingTerms { decision: decision?, by: by?, term: term?, source: source? })
}

fn processor(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<Processor> {
    let name = fields.parsed(notes, "naam");
    let controller = fields.parsed(notes, "voor");
    let task = fields.parsed(notes, "taak");
    let agreement = fields.parsed(notes, "overeenkomst");
    Some(Processor { name: name?, controller: controller?, task: task?, agreement: agreement? })
}

fn window(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<WindowTerms> {
    let least = seconds(notes, fields, "minimum_seconden", 1, YEAR);
    let default = seconds(notes, fields, "standaard_seconden", 1, YEAR);
    let most = seconds(notes, fields, "maximum_seconden", 1, YEAR);
    Some(WindowTerms { least: least?, default: default?, most: most? })
}

fn witnesses(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<WitnessTerms> {
    let count = fields.number(notes, "aantal", 0..=MAX_WITNESSES, "cosignatures").and_then(|n| u32::try_from(n).ok());
    let every = seconds(notes, fields, "elke_seconden", 1, DAY);
    Some(WitnessTerms { count: count?, every: every? })
}

fn quota(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<QuotaTerms> {
    let mut read = |key| {
        let number = fields.number(notes, key, 1..=MAX_QUOTA, "questions a day")?;
        u32::try_from(number).ok()
    };
    let (per_author, per_organisation) = (read("per_opsteller_per_dag"), read("per_organisatie_per_dag"));
    Some(QuotaTerms { per_author: per_author?, per_organisation: per_organisation? })
}

fn bsn(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<BsnTerms> {
    let allowed = fields.boolean(notes, "toegestaan");
    let law = fields.optional(notes, "wet");
    Some(BsnTerms { allowed: allowed?, law: law? })
}

fn minors(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<MinorTerms> {
    let approval = fields.parsed(notes, "goedkeuring");
    let retention = days(notes, fields, "bewaartermijn_dagen");
    Some(MinorTerms { approval: approval?, retention: retention? })
}

fn coded(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<Coded> {
    let code = fields.parsed(notes, "code");
    let text = fields.parsed(notes, "tekst");
    Some(Coded { code: code?, text: text? })
}

fn retention(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<RetentionTerm> {
    let kind = fields.parsed(notes, "soort");
    let term = days(notes, fields, "termijn_dagen");
    let source = fields.parsed(notes, "bron");
    Some(RetentionTerm { kind: kind?, term: term?, source: source? })
}

fn party(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<Party> {
    let oin = fields.parsed(notes, "oin");
    let name = fields.parsed(notes, "naam");
    let department = fields.optional(notes, "afdeling");
    let role = fields.parsed(notes, "rol");
    let kind = fields.parsed(notes, "soort");
    let mode = fields.parsed(notes, "modus");
    let contact = fields.parsed(notes, "contact");
    let privacy_contact = fields.parsed(notes, "privacycontact");
    let signatory = within(notes, fields, "ondertekenaar", signatory);
    let accedes = if fields.has("toetreder") { fields.boolean(notes, "toetreder") } else { Some(false) };
    let address = fields.parsed(notes, "adres");
    let max_rows = fields.number(notes, "rijen_maximum", 1..=MAX_ROWS, "rows");
    let keys = within(notes, fields, "sleutels", keys);
    Some(Party {
        oin: oin?,
        name: name?,
        department: department?,
        role: role?,
        kind: kind?,
        mode: mode?,
        contact: contact?,
        privacy_contact: privacy_contact?,
        signatory: signatory?,
        accedes: accedes?,
        address: address?,
        max_rows: max_rows?,
        keys: keys?,
    })
}

fn signatory(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<Signatory> {
    let office = fields.parsed(notes, "functie");
    let mandate = fields.parsed(notes, "mandaat");
    Some(Signatory { office: office?, mandate: mandate? })
}

fn keys(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<PartyKeys> {
    let link = fields.parsed(notes, "link");
    let statement = fields.parsed(notes, "statement");
    let checkpoint = fields.parsed(notes, "checkpoint");
    let witness = fields.parsed(notes, "witness");
    let party = fields.parsed(notes, "party");
    Some(PartyKeys { link: link?, statement: statement?, checkpoint: checkpoint?, witness: witness?, party: party? })
}

fn basis(notes: &mut Notes, fields: &mut Fields<'_>) -> Option<LegalBasis> {
    let from = fields.parsed(notes, "van");
    let to = fields.parsed(notes, "aan");
    let category = fields.parsed(notes, "categorie");
    let article = fields.parsed(notes, "artikel");
    let decision = fields.parsed(notes, "besluit");
    let source = fields.parsed(notes, "bron");
    Some(LegalBasis {
        from: from?,
        to: to?,
        category: category?,
        article: article?,
        decision: decision?,
        source: source?,
    })
}

/// Values of a convenant say themselves what belongs there.
macro_rules! readable {
    ($($type:ty),+) => {
        $(impl Readable for $type {
            fn expected(error: &NotAValue) -> Words {
                error.words()
            }
        })+
    };
    ($($type:ty: $nl:literal, $en:literal);+ $(;)?) => {
        $(impl Readable for $type {
            fn expected(_: &Self::Err) -> Words {
                Words::of($nl, $en)
            }
        })+
    };
}
readable!(Line, Text, PublicKey, PartyRole, PartyKind, AnswerMode, RetentionKind, Arrangement, Informing);
readable! {
    Oin: "een OIN van precies 20 cijfers", "an OIN of exactly 20 digits";
    Slug:
        "een korte naam van a-z, 0-9, '-', '_' en '.', hooguit 64 tekens, die met een letter of cijfer begint",
        "a short name of a-z, 0-9, '-', '_' and '.', at most 64 characters, beginning with a letter or digit";
    Purpose:
        "een URI zoals https://… of urn:…, hooguit 200 tekens", "a URI such as https://… or urn:…, at most 200 characters";
    ProcessingActivity:
        "een URI zoals https://… of urn:…, hooguit 200 tekens", "a URI such as https://… or urn:…, at most 200 characters";
    Contact:
        "een contactpunt van een regel, 1 tot 256 bytes, dat niet meer zegt dan de organisatie",
        "a contact point of one line, 1 to 256 bytes, that tells no more than the organisation";
    SocketAddr:
        "een IP-adres en poort zoals 192.0.2.10:7443", "an IP address and port such as 192.0.2.10:7443";
    PaperHash: "een SHA-256 van 64 hexadecimale tekens", "a SHA-256 of 64 hexadecimal digits";
}

/// The hash of a paper, as it is written.
struct PaperHash(Hash);

impl FromStr for PaperHash {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Hash::from_hex(text).map(PaperHash).ok_or(())
    }
}
