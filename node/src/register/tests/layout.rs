//! Headers, mappings, encodings.

use std::io::Read;

use super::*;

fn header_problem(result: Result<ImportReport, ImportError>) -> HeaderProblem {
    match result {
        Err(ImportError::Header(problem)) => problem,
        other => panic!("expected a problem with the header, got {other:?}"),
    }
}

fn not_utf8_row(result: Result<ImportReport, ImportError>) -> u64 {
    let Err(error) = result else { panic!("accepted") };
    assert!(error.to_string().contains("UTF-8"), "{error}");
    match error {
        ImportError::Source(source::SourceError::NotUtf8 { row }) => row,
        other => panic!("{other:?}"),
    }
}

const ROW: &str = "a,,casus,,Zoë,,Jansen,1980-01-01,,2030-01-01\n";

#[test]
fn accepts_a_byte_order_mark_and_crlf() {
    let house = House::new();
    let source = ["\u{feff}", HEADER, ROW].concat().replace('\n', "\r\n");
    assert_eq!(house.import_raw(source).unwrap().accepted, 1);
}

#[test]
fn accepts_columns_in_any_order_and_without_the_optional_ones() {
    let house = House::new();
    let source = "bewaren_tot,geslachtsnaam,reden,id\n2030-01-01,Jansen,casus,a\n";
    assert_eq!(house.import_raw(source).unwrap().accepted, 1);
}

#[test]
fn names_missing_unknown_and_double_columns() {
    let house = House::new();
    let problem = |header: &str| header_problem(house.import_raw(header)).to_string();
    assert!(problem("id,reden,bsn\n").contains("'bewaren_tot'"));
    assert!(problem("id,reden,bewaren_tot\n").contains("'bsn' or 'geslachtsnaam'"));
    assert!(problem("id,reden,bsn,bewaren_tot,kleur\n").contains("'kleur'"));
    assert!(problem("id,reden,bsn,bewaren_tot,id\n").contains("'id'"));
    assert!(problem("").contains("empty"));
    assert!(problem(&"x,".repeat(600)).contains("too large"));
}

#[test]
fn a_first_row_that_may_be_a_person_is_not_repeated() {
    let house = House::new();
    let problem = header_problem(house.import_raw("7,,casus,111222333,Jan,,Jansen,1980-01-01,,2030-01-01\n"));
    assert_eq!(problem, HeaderProblem::NoHeader);
    assert!(!problem.to_string().contains("Jansen"));
    assert_eq!(header_problem(house.import_raw("id;reden;bsn;bewaren_tot\n")), HeaderProblem::NoHeader);
}

#[test]
fn other_encodings_are_refused_with_the_row() {
    let house = House::new();
    let latin1 = [HEADER.as_bytes(), ROW.as_bytes(), b"b,,casus,,Zo\xeb,,Jansen,,,2030-01-01\n"];
    assert_eq!(not_utf8_row(house.import_raw(latin1.concat())), 3);
    let utf16: Vec<u8> = [0xfeffu16].into_iter().chain(HEADER.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(not_utf8_row(house.import_raw(utf16)), 1);
    let split = [HEADER.as_bytes(), b"a,,casus,,\xc3,\xa9,Jansen,,,2030-01-01\n"].concat();
    assert_eq!(not_utf8_row(house.import_raw(split)), 2);
    assert_eq!(house.register.status().unwrap().rows, 0);
}

#[test]
fn a_mapping_renames_fills_in_trims_and_ignores() {
    let house = House::new();
    let mapping = Mapping::parse(
        r#"
        trimmen = true
        negeer_overige = true
        scheidingsteken = ";"
        leeg = ["NULL"]
        [kolommen]
        id = { kolom = "nr", prefix = "x-" }
        geslachtsnaam = "achternaam"
        reden = { constant = "melding" }
        [constanten]
        bewaren_tot = "2030-01-01"
        "#,
    )
    .unwrap();
    let source = " nr ; achternaam ; voornamen ; geboortedatum; kleur\n1 ; Jansen ; NULL ; 19800101 ; rood\n";
    let report = import(&house.register, source.as_bytes(), &mapping, &rules(), |_| {}).unwrap();
    assert_eq!((report.accepted, report.rejected), (1, 0));
    let found = house.register.find_person(&named("Jan", "Jansen", "1980-01-01"), TODAY).unwrap().candidates;
    assert_eq!(found[0].record_id().as_str(), "x-1");
    assert_eq!(found[0].reason.as_str(), "melding");
    assert_eq!(found[0].comparison.given_names, Likeness::Unknown);
}

#[test]
fn a_mapping_must_make_sense() {
    for (text, says) in [
        ("kleur = 1", "kleur"),
        ("[kolommen]\nkleur = \"x\"", "'kleur'"),
        ("[kolommen]\nreden = \"x\"\n[constanten]\nreden = \"y\"", "twice"),
        ("[kolommen]\nreden = {}", "'kolom' or 'constant'"),
        ("scheidingsteken = \"ab\"", "separator"),
        ("[kolommen\n", "TOML"),
    ] {
        let error = Mapping::parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let house = House::new();
    let mapping = Mapping::parse("[kolommen]\nvoornamen = \"first\"").unwrap();
    let result = import(&house.register, HEADER.as_bytes(), &mapping, &rules(), |_| {});
    assert!(header_problem(result).to_string().contains("'first' (for 'voornamen')"));
}

#[test]
fn research_data_in_another_layout_comes_in_through_its_mapping() {
    let mapping = Mapping::parse(include_str!("../../../../deploy/mapping-febrl.toml")).unwrap();
    let source = "rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, \
                  date_of_birth, soc_sec_id\n\
                  rec-2778-org, sarah, bruhn, 44, forbes street, wintersloe, kellerberrin, 4510, vic, 19300213, 7535316\n\
                  rec-1882-dup-0, kate, noble, 1, a street, , b, 1, vic, 19458030, 1\n\
                  rec-1-org, kate, , 1, a street, , b, 1, vic, 19450830, 1\n";
    let house = House::new();
    let rules = ImportRules { confirm_rejected: true, ..rules() };
    let report = import(&house.register, source.as_bytes(), &mapping, &rules, |_| {}).unwrap();
    let rejected: Vec<_> = report.rejections.iter().map(|r| (r.row, r.column)).collect();
    assert_eq!(rejected, [(3, Column::Geboortedatum), (4, Column::Geslachtsnaam)]);
    assert_eq!(house.found(&named("Sarah", "Bruhn", "1930-02-13")), ["rec-2778-org"]);
}

/// Give the path of the published FEBRL `dataset2.csv` in `FEBRL_DATASET2`: `cargo test -- --ignored whole_febrl`.
#[test]
#[ignore = "needs the published research data"]
fn the_whole_febrl_dataset_comes_in_but_for_impossible_dates_and_missing_surnames() {
    let source = fs::File::open(std::env::var("FEBRL_DATASET2").unwrap()).unwrap();
    let mapping = Mapping::parse(include_str!("../../../../deploy/mapping-febrl.toml")).unwrap();
    let house = House::new();
    let report = import(&house.register, source, &mapping, &rules(), |_| {}).unwrap();
    let rejected = |column| report.rejections.iter().filter(|r| r.column == column).count();
    assert_eq!((report.rows_read, report.accepted, report.rejected), (5000, 4926, 74));
    assert_eq!((rejected(Column::Geboortedatum), rejected(Column::Geslachtsnaam)), (10, 64));
    assert_eq!(house.found(&named("Sarah", "Bruhn", "1930-02-13")), ["rec-2778-org"]);
}

#[test]
fn the_digest_is_that_of_the_file() {
    let house = House::new();
    let source = [HEADER, ROW].concat();
    let digest = weegnet_protocol::codec::Hash::of(&[source.as_bytes()]);
    assert_eq!(house.import_raw(&source).unwrap().source_digest, digest);
}

#[test]
fn a_source_that_breaks_off_replaces_nothing() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let house = House::with(ROW);
    let header = HEADER.as_bytes();
    let source = header.chain(Broken);
    let result = import(&house.register, source, &Mapping::default(), &rules(), |_| {});
    assert!(matches!(result, Err(ImportError::Source(_))));
    assert_eq!(house.register.status().unwrap().generation, GenerationNumber(1));
    assert_eq!(names(&house.dir), ["current", "gen-00000001", "gen-00000001.key"]);
}
