use std::collections::BTreeSet;

use super::*;
use crate::lang::{Lang, Words};
use crate::testing::{GEMEENTE, SAMPLE, STATEMENT_KEY, changed, key, real};

/// The problems of a text, as `path: fault` without lines.
fn problems(text: &str) -> Vec<(String, Fault)> {
    match Convenant::parse(text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(|problem| (problem.path.clone(), problem.fault.clone())).collect(),
    }
}

fn refuses(text: &str, path: &str, fault: &Fault) {
    let found = problems(text);
    assert!(found.contains(&(path.into(), fault.clone())), "{path}: {fault} is not among {found:?}");
}

fn refuses_change(from: &str, to: &str, path: &str, fault: &Fault) {
    refuses(&changed(SAMPLE, &[(from, to)]), path, fault);
}

#[test]
fn the_sample_has_no_problems_and_test_organisations_only() {
    let convenant = Convenant::parse(SAMPLE).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(convenant.terms().only_test_organisations());
    assert_eq!(convenant.terms().parties.len(), 5);
    assert_eq!(problems(&real()), []);
}

#[test]
fn the_hash_is_of_the_fields_and_not_of_their_notation() {
    let convenant = Convenant::parse(SAMPLE).unwrap();
    let other = changed(SAMPLE, &[("# Grondslagen,", "# Nog iets.\n\n# Grondslagen,"), ("= 172800 ", "= 172_800 ")]);
    assert_eq!(Convenant::parse(&other).unwrap().hash(), convenant.hash());
    let other = changed(SAMPLE, &[("versie = \"1.0\"", "versie = \"1.1\"")]);
    assert_ne!(Convenant::parse(&other).unwrap().hash(), convenant.hash());
    assert_eq!(convenant.reference().base(), &convenant.hash());
    assert_eq!(convenant.hash(), Hash::of(&[convenant.canonical()]));
    codec::check(convenant.canonical()).unwrap();
}

#[test]
fn every_field_changes_the_hash() {
    let original = Convenant::parse(SAMPLE).unwrap().hash();
    let mut seen = BTreeSet::from([original]);
    for (from, to) in [
        ("id = \"voorbeeld-noorderveen\"", "id = \"voorbeeld\""),
        ("Convenant uitvraag", "Convenant over uitvraag"),
        ("2026-01-01", "2026-01-02"),
        ("2029-12-31", "2029-12-30"),
        ("Het voorkomen van", "Voorkomen van"),
        ("verwerkingen/uitvraag", "verwerkingen/vraag"),
        ("DPIA uitvraag Noorderveen, versie 1.0", "DPIA uitvraag Noorderveen, versie 1.1"),
        ("privacyloket@", "loket@"),
        ("regeling = \"convenant\"", "regeling = \"wettelijke_regeling\""),
        (
            "versie = \"1.0\"",
            "versie = \"1.0\"\npapier_sha256 = \"00000000000000000000000000000000000000000000000000000000000000ab\"",
        ),
        (
            "versie = \"1.0\"",
            "versie = \"1.0\"\nvervangt = \"00000000000000000000000000000000000000000000000000000000000000ab\"",
        ),
        ("[bsn]\n", "[toetreding]\ngoedkeuring = 2\n[bsn]\n"),
        ("[bsn]\n", "[toetreding]\ngoedkeuring = \"kernpartijen\"\n[bsn]\n"),
        ("[bsn]\n", "[toetreding]\ngoedkeuring = 1\n[bsn]\n"),
        ("besluit = \"uitstellen\"", "besluit = \"informeren\""),
        ("wie = \"00000099000000001000\"", "wie = \"00000099000000002000\""),
        ("termijn_dagen = 365\nbron = \"UAVG", "termijn_dagen = 364\nbron = \"UAVG"),
        ("Ondersteunt de weegploeg", "Ondersteunt"),
        ("naam = \"Politie, eenheid", "afdeling = \"Informatie\"\nnaam = \"Politie, eenheid"),
        ("fg@gemeente", "privacy@gemeente"),
        ("functie = \"burgemeester\"", "functie = \"gemeentesecretaris\""),
        ("172800", "172801"),
        ("2592000", "2592001"),
        ("huis_checkpoint_seconden = 3600", "huis_checkpoint_seconden = 3601"),
        ("aantal = 1", "aantal = 2"),
        ("elke_seconden = 600", "elke_seconden = 601"),
        ("vroegsignalering", "signalering"),
        ("Vaststellen welke", "Weten welke"),
        ("onder b (doelbinding)", "onder b"),
        ("2016/679/oj", "2016/679"),
        ("minimum_seconden = 3600", "minimum_seconden = 3601"),
        ("432000", "432001"),
        ("1209600", "1209601"),
        ("per_opsteller_per_dag = 10", "per_opsteller_per_dag = 9"),
        ("per_organisatie_per_dag = 30", "per_organisatie_per_dag = 29"),
        ("toegestaan = false", "toegestaan = true\nwet = \"Voorbeeldwet\""),
        ("ook de jeugdofficier", "de jeugdofficier"),
        ("bewaartermijn_dagen = 180", "bewaartermijn_dagen = 179"),
        ("\"dreiging-geuit\"", "\"dreiging\""),
        ("\"lopend-toezicht\"", "\"toezicht\""),
        ("\"casus\"\ntekst", "\"casus-2\"\ntekst"),
        ("365\nbron = \"Voorbeeldbesluit bewaartermijnen Noorderveen, artikel 5", "364\nbron = \"X, artikel 5"),
        ("Zorggroep Noorderveen (", "Zorggroep (  "),
        ("rol = \"zorg\"", "rol = \"overig\""),
        ("soort = \"extern\"", "soort = \"casus\""),
        ("000 000 0005", "000 000 0006"),
        ("192.0.2.50", "192.0.2.51"),
        ("modus = \"nooit\"\ncontact", "modus = \"nooit\" \ncontact"),
        ("Voorbeeldwet, artikel 4", "Voorbeeldwet, artikel 5"),
        ("verstrekking Noorderveen, artikel 8", "verstrekking Noorderveen, artikel 9"),
        ("\"bekendheid\"", "\"betrokkenheid\""),
    ] {
        let text = changed(SAMPLE, &[(from, to)]);
        let hash = Convenant::parse(&text).unwrap_or_else(|problems| panic!("{from}: {problems}")).hash();
        // Blanks between fields are the one change here that is none.
        assert_eq!(seen.insert(hash), !to.contains("\" \n"), "{from}");
    }
}

#[test]
fn names_all_problems_at_once_with_their_lines() {
    let text = changed(
        SAMPLE,
        &[
            ("versie = \"1.0\"", "versie = 1.0"),
            ("minimum_seconden = 3600", "minimum_seconden = 0"),
            ("toegestaan = false", "toegestaan = true"),
            ("192.0.2.20:7443", "0.0.0.0:0"),
            ("per_organisatie_per_dag = 30", "per_organisatie_per_week = 30"),
            ("\"00000099000000003000\"\nnaam", "\"00000099000000001000\"\nnaam"),
        ],
    );
    let found = Convenant::parse(&text).unwrap_err();
    let paths: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
    for path in [
        "versie",
        "antwoordtermijn.minimum_seconden",
        "bsn",
        "partijen[1].adres",
        "quota.per_organisatie_per_dag",
        "quota.per_organisatie_per_week",
        "partijen[2].oin",
    ] {
        assert!(paths.contains(&path), "{path} is not among {paths:?}");
    }
    for problem in found.iter() {
        let line = problem.line.unwrap_or_else(|| panic!("{problem} has no line"));
        let last = problem.path.rsplit('.').next().unwrap();
        let shown = text.lines().nth(line - 1).unwrap();
        let known = shown.contains(last) || shown.contains('[');
        assert!(known, "{problem} points at {shown:?}");
    }
}

#[test]
fn damaged_notation_is_named_with_its_line() {
    let found = Convenant::parse(&changed(SAMPLE, &[("versie = \"1.0\"", "versie = \"1.0")])).unwrap_err();
    let first = found.iter().next().unwrap();
    assert!(matches!(first.fault, Fault::Notation(_)), "{first}");
    assert_eq!(first.line, SAMPLE.lines().position(|line| line.starts_with("versie")).map(|index| index + 1));
}

#[test]
fn garbage_never_panics() {
    for text in ["", "\0", "=", "[", "id", "[[partijen]]", "partijen = 3", "partijen = [1]", "doel = []", "\u{feff}"] {
        assert!(Convenant::parse(text).is_err(), "{text:?}");
    }
    for cut in (0..SAMPLE.len()).filter(|cut| SAMPLE.is_char_boundary(*cut)).step_by(97) {
        let _ = Convenant::parse(&SAMPLE[..cut]).map_err(|problems| problems.to_string());
    }
}

#[test]
fn refuses_a_document_that_is_too_large() {
    let text = format!("{SAMPLE}\n#{}", "x".repeat(MAX_DOCUMENT_BYTES));
    refuses(&text, "", &Fault::TooLarge { most: MAX_DOCUMENT_BYTES });
}

#[test]
fn refuses_what_is_missing_unknown_or_empty() {
    let line = SAMPLE.lines().find(|line| line.starts_with("artikel = \"AVG")).unwrap();
    refuses_change(line, "", "doel.artikel", &Fault::Missing);
    refuses_change("[doel]", "[doel]\nextra = 1", "doel.extra", &Fault::Unknown);
    refuses_change("[doel]", "[overig]", "doel", &Fault::Missing);
    refuses_change(
        "contact = \"Informatiepunt gemeente Noorderveen, 000 000 0001\"",
        "",
        "partijen[0].contact",
        &Fault::Missing,
    );
    let empty = Fault::Expected(NotAValue::Line.words());
    refuses_change("versie = \"1.0\"", "versie = \"\"", "versie", &empty);
    refuses_change("versie = \"1.0\"", "versie = \" \"", "versie", &empty);
    refuses_change("versie = \"1.0\"", "versie = \"1\\u202e.0\"", "versie", &empty);
    let long = format!("versie = \"{}\"", "x".repeat(MAX_LINE_BYTES + 1));
    refuses_change("versie = \"1.0\"", &long, "versie", &empty);
}

#[test]
fn refuses_impossible_dates() {
    let day = Fault::Expected(reader::EXISTING_DAY);
    refuses_change("2026-01-01", "\"2026-02-30\"", "geldig_van", &day);
    refuses_change("2026-01-01", "2026-01-01T00:00:00Z", "geldig_van", &day);
    refuses_change("2026-01-01", "1999-01-01", "geldig_van", &day);
    refuses_change("2029-12-31", "2025-12-31", "geldig_tot", &Fault::EndsBeforeItBegins);
}

#[test]
fn refuses_windows_out_of_order_or_beyond_ninety_days() {
    refuses_change("minimum_seconden = 3600", "minimum_seconden = 432001", "antwoordtermijn", &Fault::WindowOrder);
    refuses_change("= 432000", "= 1209601", "antwoordtermijn", &Fault::WindowOrder);
    assert_eq!(problems(&changed(SAMPLE, &[("1209600", "7776000")])), []);
    refuses_change("1209600", "7776001", "antwoordtermijn.maximum_seconden", &Fault::WindowTooLong);
}

#[test]
fn refuses_an_organisation_address_or_code_that_stands_twice() {
    let twice = |other: &str| Fault::Twice { other: other.into() };
    let same = [("oin = \"00000099000000002000\"", "oin = \"00000099000000001000\"")];
    refuses(&changed(SAMPLE, &same), "partijen[1].oin", &twice("partijen[0].oin"));
    refuses_change("192.0.2.20", "192.0.2.10", "partijen[1].adres", &twice("partijen[0].adres"));
    refuses_change("\"geweld-voorbereid\"", "\"dreiging-geuit\"", "criteria[1].code", &twice("criteria[0].code"));
    refuses_change("\"lopende-begeleiding\"", "\"lopend-toezicht\"", "redenen[1].code", &twice("redenen[0].code"));
    refuses_change("\"toezicht\"", "\"casus\"", "register_redenen[1].code", &twice("register_redenen[0].code"));
    refuses_change(
        "soort = \"inzageverzoek\"",
        "soort = \"journaal\"",
        "bewaartermijnen[9].soort",
        &twice("bewaartermijnen[8].soort"),
    );
}

#[test]
fn refuses_fewer_than_two_core_parties() {
    assert_eq!(problems(&changed(SAMPLE, &[])), []);
    let (first, rest) = SAMPLE.split_once("soort = \"kern\"").unwrap();
    let text = format!("{first}soort = \"kern\"{}", rest.replace("soort = \"kern\"", "soort = \"casus\""));
    refuses(&text, "partijen", &Fault::FewCoreParties);
}

#[test]
fn refuses_a_key_that_is_weak_not_canonical_no_key_or_used_twice() {
    let hex = |which| codec::Bytes(key(GEMEENTE, which).verifying_key().to_bytes()).to_string();
    let statement = hex(STATEMENT_KEY);
    let weak = Fault::Expected(NotAValue::WeakKey.words());
    for bad in [
        // The neutral element, a point of order 8, and the neutral element with y = p + 1.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // No point of the curve.
        "0200000000000000000000000000000000000000000000000000000000000000",
    ] {
        refuses_change(&statement, bad, "partijen[0].sleutels.statement", &weak);
    }
    let form = Fault::Expected(NotAValue::Key.words());
    refuses_change(&statement, &statement.to_uppercase(), "partijen[0].sleutels.statement", &form);
    refuses_change(&statement, &statement[1..], "partijen[0].sleutels.statement", &form);
    let other = hex(STATEMENT_KEY - 1);
    let twice = Fault::Twice { other: "partijen[0].sleutels.link".into() };
    refuses_change(&statement, &other, "partijen[0].sleutels.statement", &twice);
}

#[test]
fn refuses_a_key_of_mixed_order() {
    // A sound key plus the point of order two: not weak by itself, yet two keys for one secret.
    let sound = key(GEMEENTE, STATEMENT_KEY).verifying_key().to_edwards();
    let order_two = {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xec, 0x7f);
        ed25519_dalek::VerifyingKey::from_bytes(&bytes).unwrap().to_edwards()
    };
    let mixed = codec::Bytes((sound + order_two).compress().to_bytes()).to_string();
    assert_eq!(mixed.parse::<PublicKey>(), Err(NotAValue::WeakKey));
}

#[test]
fn automatic_answers_are_for_test_organisations_only() {
    let automatic = [("na_verstrekking\"\ncontact", "automatisch\"\ncontact")];
    assert_eq!(problems(&changed(SAMPLE, &automatic)), []);
    refuses(&changed(&real(), &automatic), "partijen[0].modus", &Fault::AutomaticAmongReal);
    // One real organisation among them is enough.
    let one = [("oin = \"00000099000000005000\"", "oin = \"00000001000000005000\"")];
    refuses(&changed(&changed(SAMPLE, &automatic), &one), "partijen[0].modus", &Fault::AutomaticAmongReal);
}

#[test]
fn among_real_organisations_too_those_beyond_the_core_answer_because_they_are_asked_sealed() {
    let text = changed(SAMPLE, &[("00000099", "00000001")]);
    assert_eq!(problems(&text), []);
    let ratified = Ratified::unsigned(Convenant::parse(&text).unwrap());
    let [gemeente, politie, om, reclassering] =
        [1, 2, 3, 4].map(|number| format!("0000000100000000{number}000").parse().unwrap());
    for (asker, asked, openly) in
        [(gemeente, politie, true), (om, gemeente, true), (gemeente, reclassering, false), (reclassering, om, false)]
    {
        assert_eq!(ratified.asks_openly(&asker, &asked), openly, "{asker} to {asked}");
    }
}

#[test]
fn among_real_organisations_quotas_and_waiting_time_keep_to_the_product() {
    let loose = [
        ("per_opsteller_per_dag = 10", "per_opsteller_per_dag = 11"),
        ("per_organisatie_per_dag = 30", "per_organisatie_per_dag = 31"),
        ("2592000", "0"),
    ];
    assert_eq!(problems(&changed(SAMPLE, &loose)), []);
    let text = changed(&real(), &loose);
    refuses(&text, "quota.per_opsteller_per_dag", &Fault::AboveCeiling);
    refuses(&text, "quota.per_organisatie_per_dag", &Fault::AboveCeiling);
    refuses(&text, "wachttijd_seconden", &Fault::NoWaitingTime);
}

#[test]
fn refuses_a_bsn_without_the_law_that_allows_it() {
    refuses_change("toegestaan = false", "toegestaan = true", "bsn", &Fault::BsnWithoutLaw);
    assert_eq!(problems(&changed(SAMPLE, &[("toegestaan = false", "toegestaan = true\nwet = \"Voorbeeldwet\"")])), []);
}

#[test]
fn refuses_an_answering_party_without_a_legal_basis() {
    let from = "van = \"00000099000000004000\"";
    let text = changed(SAMPLE, &[(from, "van = \"00000099000000005000\"")]);
    refuses(&text, "partijen[3].modus", &Fault::NoBasis);
    // A basis towards somebody who never asks gives no ground either.
    let (head, tail) = SAMPLE.split_once(from).unwrap();
    let tail = tail
        .replace("aan = \"00000099000000001000\"", "aan = \"00000099000000005000\"")
        .replace("aan = \"00000099000000002000\"", "aan = \"00000099000000005000\"");
    let text = format!("{head}{from}{tail}");
    refuses(&text, "partijen[3].modus", &Fault::NoBasis);
    refuses(&text, "grondslagen[6].aan", &Fault::NeverAsks);
    refuses(&text, "grondslagen[7]", &Fault::Twice { other: "grondslagen[6]".into() });
}

#[test]
fn refuses_a_legal_basis_without_source_or_for_nobody() {
    let source = "bron = \"https://besluiten.voorbeeld.example/verstrekking\"";
    refuses_change(source, "", "grondslagen[0].bron", &Fault::Missing);
    refuses_change(
        "van = \"00000099000000004000\"",
        "van = \"00000099000000009000\"",
        "grondslagen[6].van",
        &Fault::NoParty,
    );
    refuses_change(
        "aan = \"00000099000000003000\"",
        "aan = \"00000099000000009000\"",
        "grondslagen[1].aan",
        &Fault::NoParty,
    );
    let own = "aan = \"00000099000000002000\"\ncategorie = \"bekendheid\"\nartikel = \"Voorbeeldwet, artikel 1\"";
    let to = "aan = \"00000099000000001000\"\ncategorie = \"bekendheid\"\nartikel = \"Voorbeeldwet, artikel 1\"";
    refuses_change(own, to, "grondslagen[0]", &Fault::TellsItself);
}

#[test]
fn minors_have_the_shorter_retention_term() {
    refuses_change(
        "bewaartermijn_dagen = 180",
        "bewaartermijn_dagen = 181",
        "minderjarigen.bewaartermijn_dagen",
        &Fault::MinorsKeptLonger,
    );
}

#[test]
fn every_kind_of_record_has_one_term_with_its_source() {
    let unknown = Fault::Expected("zaak".parse::<RetentionKind>().unwrap_err().words());
    for (i, kind) in RetentionKind::ALL.iter().enumerate() {
        let soort = format!("soort = \"{kind}\"");
        refuses_change(&soort, "soort = \"zaak\"", &format!("bewaartermijnen[{i}].soort"), &unknown);
        let begin = SAMPLE.find(&format!("[[bewaartermijnen]]\n{soort}")).unwrap();
        let source = begin + SAMPLE[begin..].find("bron = ").unwrap();
        let end = source + SAMPLE[source..].find('\n').unwrap() + 1;
        let without_source = format!("{}{}", &SAMPLE[..source], &SAMPLE[end..]);
        refuses(&without_source, &format!("bewaartermijnen[{i}].bron"), &Fault::Missing);
        let text = format!("{}{}", &SAMPLE[..begin], &SAMPLE[end..]);
        refuses(&text, "bewaartermijnen", &Fault::NoTerm { kind: *kind });
        let found = Convenant::parse(&text).unwrap_err();
        let problem = found.iter().find(|problem| problem.path == "bewaartermijnen").unwrap();
        assert!(problem.line.is_some(), "{problem}");
        assert!(problem.to_string().contains(&*kind.governs().en), "{problem}");
    }
}

#[test]
fn pseudonyms_outlast_the_waiting_time() {
    let path = "bewaartermijnen[7].termijn_dagen";
    refuses_change("wachttijd_seconden = 2592000", "wachttijd_seconden = 15768001", path, &Fault::PseudonymsTooShort);
    let just = changed(SAMPLE, &[("wachttijd_seconden = 2592000", "wachttijd_seconden = 15768000")]);
    assert_eq!(problems(&just), []);
}

#[test]
fn lists_and_numbers_keep_their_bounds() {
    let many: String = (0..=MAX_CODES).map(|i| format!("[[redenen]]\ncode = \"r{i}\"\ntekst = \"x\"\n")).collect();
    let text = format!("{SAMPLE}\n{many}");
    refuses(&text, "redenen", &Fault::Length { least: 0, most: MAX_CODES, found: MAX_CODES + 3 });
    let rows = Fault::OutOfRange { least: 1, most: MAX_ROWS, unit: "rows" };
    refuses_change("rijen_maximum = 100000", "rijen_maximum = 10000001", "partijen[0].rijen_maximum", &rows);
    refuses_change("rijen_maximum = 100000", "rijen_maximum = -1", "partijen[0].rijen_maximum", &rows);
    refuses_change("rijen_maximum = 100000", "rijen_maximum = \"1\"", "partijen[0].rijen_maximum", &rows);
}

#[test]
fn refuses_a_second_purpose() {
    let second = "\n[doel]\nuri = \"https://doelen.voorbeeld.example/ander\"\n";
    refuses(&format!("{SAMPLE}{second}"), "", &Fault::TwoPurposes);
    let list = changed(SAMPLE, &[("[doel]", "[[doel]]")]);
    refuses(&list, "doel", &Fault::TwoPurposes);
}

#[test]
fn refuses_a_disclosure_by_a_party_that_never_answers() {
    let basis = "\n[[grondslagen]]\nvan = \"00000099000000005000\"\naan = \"00000099000000001000\"\ncategorie = \"bekendheid\"\n\
                 artikel = \"x\"\nbesluit = \"x\"\nbron = \"x\"\n";
    refuses(&format!("{SAMPLE}{basis}"), "grondslagen[8].van", &Fault::NeverAnswers);
}

#[test]
fn refuses_who_informs_or_processes_for_nobody() {
    refuses_change(
        "wie = \"00000099000000001000\"",
        "wie = \"00000099000000009000\"",
        "informeren.wie",
        &Fault::NoParty,
    );
    let other = "voor = \"00000099000000009000\"";
    refuses_change("voor = \"00000099000000001000\"", other, "verwerkers[0].voor", &Fault::NoParty);
}

#[test]
fn refuses_what_must_be_said_about_each_party() {
    for (from, path) in [
        ("privacycontact = \"Functionaris gegevensbescherming, fg@gemeente.voorbeeld.example\"\n", "privacycontact"),
        ("functie = \"burgemeester\"\n", "ondertekenaar.functie"),
        ("rijen_maximum = 100000\n", "rijen_maximum"),
    ] {
        refuses_change(from, "", &format!("partijen[0].{path}"), &Fault::Missing);
    }
    let hash =
        Fault::Expected(Words::of("een SHA-256 van 64 hexadecimale tekens", "a SHA-256 of 64 hexadecimal digits"));
    refuses_change("versie = \"1.0\"", "versie = \"1.0\"\npapier_sha256 = \"ab\"", "papier_sha256", &hash);
    let paper = format!("versie = \"1.0\"\npapier_sha256 = \"{}\"", "ab".repeat(32));
    assert_eq!(problems(&changed(SAMPLE, &[("versie = \"1.0\"", &paper)])), []);
}

#[test]
fn every_problem_speaks_both_languages_and_names_its_rule() {
    let text =
        changed(&real(), &[("na_verstrekking\"\ncontact", "automatisch\"\ncontact"), ("per_dag = 10", "per_dag = 11")]);
    let problems = Convenant::parse(&text).unwrap_err();
    let (nl, en) = (problems.text(Lang::Nl), problems.text(Lang::En));
    assert!(nl.starts_with("er zijn 4 problemen met het convenant\n  regel "), "{nl}");
    assert!(nl.contains("automatisch is alleen voor testorganisaties") && nl.contains("[R4, AVG 22]"), "{nl}");
    assert!(en.contains("automatisch is for test organisations only") && en.contains("[H1]"), "{en}");
    for fault in [
        Fault::EndsBeforeItBegins,
        Fault::WindowOrder,
        Fault::WindowTooLong,
        Fault::AboveCeiling,
        Fault::NoWaitingTime,
        Fault::BsnWithoutLaw,
        Fault::FewCoreParties,
        Fault::AutomaticAmongReal,
        Fault::Unreachable,
        Fault::NoBasis,
        Fault::NoParty,
        Fault::NeverAsks,
        Fault::NeverAnswers,
        Fault::ToFillIn,
        Fault::TwoPurposes,
        Fault::TellsItself,
        Fault::MinorsKeptLonger,
        Fault::PseudonymsTooShort,
    ] {
        let words = fault.words();
        assert!(words.nl != "klopt niet" && words.nl != words.en, "{fault:?}");
    }
}
