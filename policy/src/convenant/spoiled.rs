//! Spoiled convenants, hundreds of them: each is refused, at the field and on the line that a person has to mend.

use super::Convenant;
use crate::testing::SAMPLE;

/// A line of the sample that says one field: its number from 0, and the field.
fn fields() -> Vec<(usize, &'static str)> {
    let field = |(number, line): (usize, &'static str)| {
        let (key, value) = line.split_once(" = ")?;
        let plain = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        (plain && !value.starts_with("\"\"\"")).then_some((number, key))
    };
    SAMPLE.lines().enumerate().filter_map(field).collect()
}

/// The sample with one line replaced.
fn with(number: usize, to: &str) -> String {
    SAMPLE.lines().enumerate().map(|(at, line)| format!("{}\n", if at == number { to } else { line })).collect()
}

/// The line, from 1, of the table that a line stands in; none at the top.
fn head(number: usize) -> Option<usize> {
    SAMPLE.lines().take(number).enumerate().filter(|(_, line)| line.starts_with('[')).last().map(|(at, _)| at + 1)
}

fn refused(text: &str, field: &str, line: Option<usize>, what: &str) {
    let problems = match Convenant::parse(text) {
        Ok(_) => panic!("{what}: it is taken"),
        Err(problems) => problems,
    };
    let named = |path: &str| path == field || path.ends_with(&format!(".{field}"));
    let right = problems.iter().any(|problem| named(&problem.path) && problem.line == line);
    assert!(right, "{what}: {field} on line {line:?} is not among {problems}");
}

/// What stands in the sample and has a term of the product where it is left out.
const MAY_BE_LEFT_OUT: [&str; 2] = ["tijdvak_dagen", "audittermijn_dagen"];

#[test]
fn each_field_that_is_left_out_is_missed_in_its_place() {
    let fields = fields();
    assert!(fields.len() > 150, "{}", fields.len());
    for (number, field) in fields.into_iter().filter(|(_, field)| !MAY_BE_LEFT_OUT.contains(field)) {
        refused(&with(number, ""), field, head(number), &format!("line {} left out", number + 1));
    }
}

#[test]
fn each_field_that_is_misspelt_is_named_on_its_line() {
    for (number, field) in fields() {
        let line = SAMPLE.lines().nth(number).unwrap();
        let wrong = format!("{field}x");
        refused(&with(number, &line.replacen(field, &wrong, 1)), &wrong, Some(number + 1), &wrong);
    }
}

#[test]
fn each_value_that_says_nothing_is_named_on_its_line() {
    for (number, field) in fields() {
        for value in ["[]", "\"\"", "\"VUL IN\"", "1979-05-27T07:32:00Z"] {
            refused(&with(number, &format!("{field} = {value}")), field, Some(number + 1), value);
        }
    }
}

#[test]
fn a_hundred_spoiled_values_are_each_named_on_the_right_line() {
    // Which line of the sample that begins so, counted from 0; what stands there instead; where the problem is named.
    let table: &[(&str, usize, &str, &str)] = &[
        ("id =", 0, "id = \"Noorderveen\"", "id"),
        ("id =", 0, "id = \"-noorderveen\"", "id"),
        ("id =", 0, "id = \"een naam\"", "id"),
        ("id =", 0, "id = 7", "id"),
        ("versie =", 0, "versie = 1.0", "versie"),
        ("versie =", 0, "versie = \"\"", "versie"),
        ("versie =", 0, "versie = \"1\\n0\"", "versie"),
        ("versie =", 0, "vervangt = \"1.0\"", "vervangt"),
        ("versie =", 0, "vervangt = \"00\"", "vervangt"),
        ("versie =", 0, "vervangt = 2", "vervangt"),
        ("versie =", 0, "papier_sha256 = \"zz\"", "papier_sha256"),
        ("regeling =", 0, "regeling = \"afspraak\"", "regeling"),
        ("geldig_van =", 0, "geldig_van = 2026-02-30", ""),
        ("geldig_van =", 0, "geldig_van = \"2026-02-30\"", "geldig_van"),
        ("geldig_van =", 0, "geldig_van = \"2026-2-3\"", "geldig_van"),
        ("geldig_van =", 0, "geldig_van = 1999-12-31", "geldig_van"),
        ("geldig_tot =", 0, "geldig_tot = 2025-12-31", "geldig_tot"),
        ("geldig_tot =", 0, "geldig_tot = 2029", "geldig_tot"),
        ("nalevering_seconden =", 0, "nalevering_seconden = 0", "nalevering_seconden"),
        ("nalevering_seconden =", 0, "nalevering_seconden = -1", "nalevering_seconden"),
        ("nalevering_seconden =", 0, "nalevering_seconden = 1.5", "nalevering_seconden"),
        ("nalevering_seconden =", 0, "nalevering_seconden = 99999999999", "nalevering_seconden"),
        ("wachttijd_seconden =", 0, "wachttijd_seconden = 40000000", "wachttijd_seconden"),
        ("huis_checkpoint_seconden =", 0, "huis_checkpoint_seconden = 0", "huis_checkpoint_seconden"),
        ("verwerkingsactiviteit =", 0, "verwerkingsactiviteit = \"register\"", "verwerkingsactiviteit"),
        ("uri =", 0, "uri = \"vroegsignalering\"", "doel.uri"),
        ("uri =", 0, "uri = \"\"", "doel.uri"),
        ("[doel]", 0, "[[doel]]", "doel"),
        ("besluit =", 0, "besluit = \"misschien\"", "informeren.besluit"),
        ("wie =", 0, "wie = \"00000099000000009000\"", "informeren.wie"),
        ("wie =", 0, "wie = \"9000\"", "informeren.wie"),
        ("termijn_dagen =", 0, "termijn_dagen = 0", "informeren.termijn_dagen"),
        ("voor =", 0, "voor = \"00000099000000009000\"", "verwerkers[0].voor"),
        ("aantal =", 0, "aantal = 1000", "getuigen.aantal"),
        ("aantal =", 0, "aantal = \"een\"", "getuigen.aantal"),
        ("elke_seconden =", 0, "elke_seconden = 0", "getuigen.elke_seconden"),
        ("elke_seconden =", 0, "elke_seconden = 86401", "getuigen.elke_seconden"),
        ("minimum_seconden =", 0, "minimum_seconden = 0", "antwoordtermijn.minimum_seconden"),
        ("maximum_seconden =", 0, "maximum_seconden = 7776001", "antwoordtermijn.maximum_seconden"),
        ("per_opsteller_per_dag =", 0, "per_opsteller_per_dag = 0", "quota.per_opsteller_per_dag"),
        ("per_organisatie_per_dag =", 0, "per_organisatie_per_dag = 0", "quota.per_organisatie_per_dag"),
        ("toegestaan =", 0, "toegestaan = \"nee\"", "bsn.toegestaan"),
        ("toegestaan =", 0, "wet = \"\"", "bsn.wet"),
        ("goedkeuring =", 0, "goedkeuring = \"\"", "minderjarigen.goedkeuring"),
        ("bewaartermijn_dagen =", 0, "bewaartermijn_dagen = 181", "minderjarigen.bewaartermijn_dagen"),
        ("bewaartermijn_dagen =", 0, "bewaartermijn_dagen = 0", "minderjarigen.bewaartermijn_dagen"),
        ("code =", 0, "code = \"Dreiging\"", "criteria[0].code"),
        ("code =", 1, "code = \"dreiging-geuit\"", "criteria[1].code"),
        ("code =", 3, "code = \"een reden\"", "redenen[0].code"),
        ("code =", 4, "code = \"lopend-toezicht\"", "redenen[1].code"),
        ("code =", 5, "code = \"\"", "register_redenen[0].code"),
        ("code =", 6, "code = \"casus\"", "register_redenen[1].code"),
        ("tekst =", 0, "tekst = \"\"", "criteria[0].tekst"),
        ("tekst =", 6, "tekst = 6", "register_redenen[1].tekst"),
        ("soort = \"goedkeuring\"", 0, "soort = \"goedkeuringen\"", "bewaartermijnen[2].soort"),
        ("soort = \"journaal\"", 0, "soort = \"goedkeuring\"", "bewaartermijnen[9].soort"),
        ("termijn_dagen =", 1, "termijn_dagen = 0", "bewaartermijnen[0].termijn_dagen"),
        ("termijn_dagen =", 2, "termijn_dagen = 36526", "bewaartermijnen[1].termijn_dagen"),
        ("termijn_dagen =", 8, "termijn_dagen = 59", "bewaartermijnen[7].termijn_dagen"),
        ("bron =", 4, "bron = \"\"", "bewaartermijnen[2].bron"),
        ("oin =", 0, "oin = \"0000009900000000100\"", "partijen[0].oin"),
        ("oin =", 1, "oin = \"00000099000000001000\"", "partijen[1].oin"),
        ("oin =", 4, "oin = 5000", "partijen[4].oin"),
        ("naam =", 1, "naam = \"\"", "partijen[0].naam"),
        ("rol =", 0, "rol = \"waterschap\"", "partijen[0].rol"),
        ("rol =", 3, "rol = \"Reclassering\"", "partijen[3].rol"),
        ("soort = \"kern\"", 0, "soort = \"midden\"", "partijen[0].soort"),
        ("modus =", 0, "modus = \"altijd\"", "partijen[0].modus"),
        ("modus =", 4, "modus = \"na_verstrekking\"", "partijen[4].modus"),
        ("contact =", 0, "contact = \"\"", "partijen[0].contact"),
        ("contact =", 2, "contact = \"twee\\nregels\"", "partijen[2].contact"),
        ("privacycontact =", 0, "privacycontact = \"\"", "partijen[0].privacycontact"),
        ("adres =", 0, "adres = \"192.0.2.10\"", "partijen[0].adres"),
        ("adres =", 0, "adres = \"0.0.0.0:7443\"", "partijen[0].adres"),
        ("adres =", 1, "adres = \"192.0.2.10:7443\"", "partijen[1].adres"),
        ("adres =", 1, "adres = \"politie.example:7443\"", "partijen[1].adres"),
        ("adres =", 2, "adres = \"224.0.0.1:7443\"", "partijen[2].adres"),
        ("adres =", 3, "adres = \"192.0.2.40:0\"", "partijen[3].adres"),
        ("rijen_maximum =", 0, "rijen_maximum = 0", "partijen[0].rijen_maximum"),
        ("rijen_maximum =", 4, "rijen_maximum = 10000001", "partijen[4].rijen_maximum"),
        ("rijen_maximum =", 4, "toetreder = true\nrijen_maximum = 100000", "partijen[4].toetreder"),
        ("rijen_maximum =", 4, "toetreder = \"ja\"", "partijen[4].toetreder"),
        ("functie =", 0, "functie = \"\"", "partijen[0].ondertekenaar.functie"),
        ("mandaat =", 4, "mandaat = \"\"", "partijen[4].ondertekenaar.mandaat"),
        ("link =", 0, "link = \"00\"", "partijen[0].sleutels.link"),
        (
            "statement =",
            0,
            "statement = \"0100000000000000000000000000000000000000000000000000000000000000\"",
            "partijen[0].sleutels.statement",
        ),
        ("checkpoint =", 1, "checkpoint = \"zz\"", "partijen[1].sleutels.checkpoint"),
        ("witness =", 2, "witness = \"\"", "partijen[2].sleutels.witness"),
        (
            "party =",
            3,
            "party = \"0beef5a9e679e6a3e134fe27837bff32c7cb5f5d44ea09bcb0e542bad6a4c0cc\"",
            "partijen[3].sleutels.party",
        ),
        (
            "party =",
            4,
            "party = \"68f4b6017d0f876a55c80a82b8388a54aad264d367269e2de8be079c935b5f9\"",
            "partijen[4].sleutels.party",
        ),
        ("van =", 0, "van = \"00000099000000009000\"", "grondslagen[0].van"),
        ("van =", 0, "van = \"00000099000000005000\"", "grondslagen[0].van"),
        ("aan =", 0, "aan = \"00000099000000009000\"", "grondslagen[0].aan"),
        ("aan =", 0, "aan = \"00000099000000004000\"", "grondslagen[0].aan"),
        ("aan =", 2, "aan = \"politie\"", "grondslagen[2].aan"),
        ("categorie =", 0, "categorie = \"Bekendheid\"", "grondslagen[0].categorie"),
        ("artikel =", 1, "artikel = \"\"", "grondslagen[0].artikel"),
        ("artikel =", 8, "artikel = 4", "grondslagen[7].artikel"),
        ("besluit =", 1, "besluit = \"\"", "grondslagen[0].besluit"),
        ("bron =", 12, "bron = \"\"", "grondslagen[0].bron"),
    ];
    assert!(table.len() >= 100, "{}", table.len());
    for (begins, nth, to, path) in table {
        let mut found = SAMPLE.lines().enumerate().filter(|(_, line)| line.starts_with(begins));
        let (number, _) = found.nth(*nth).unwrap_or_else(|| panic!("{begins} {nth} is not in the sample"));
        let problems = Convenant::parse(&with(number, to)).expect_err(to);
        let right = problems.iter().any(|problem| problem.path == *path && problem.line == Some(number + 1));
        assert!(right, "{to}: {path} on line {} is not among {problems}", number + 1);
    }
}
