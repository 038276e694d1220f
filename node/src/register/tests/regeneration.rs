//! One import after another.

use super::*;

#[test]
fn a_new_import_replaces_the_old_one_whole() {
    let house = House::with(&many(0..100));
    let report = house.import(&many(5..105)).unwrap();
    assert_eq!((report.accepted, report.vanished, report.generation), (100, 5, GenerationNumber(2)));
    assert!(house.found(&named("Jan", "Naam4", "1980")).is_empty());
    assert_eq!(house.found(&named("Jan", "Naam104", "1980")), ["p104"]);
    assert_eq!(names(&house.dir), ["current", "gen-00000002", "gen-00000002.key"]);
    let house = house.restart();
    assert_eq!(house.register.status().unwrap(), Status { generation: GenerationNumber(2), rows: 100 });
    assert_eq!(house.found(&named("Jan", "Naam104", "1980")), ["p104"]);
}

#[test]
fn an_invalid_row_of_a_known_id_keeps_the_old_record() {
    let house = House::with(&many(0..100));
    let changed = many(0..100).replace("p7,,casus,,Jan,,Naam7,1980-01-01", "p7,,casus,,Jan,,Naam7,1980-13-01");
    let report = house.import(&changed).unwrap();
    assert_eq!((report.accepted, report.rejected, report.kept_old, report.vanished), (99, 1, 1, 0));
    assert_eq!(house.found(&named("Jan", "Naam7", "1980-01-01")), ["p7"]);
    assert_eq!(house.register.status().unwrap().rows, 100);
}

#[test]
fn a_row_whose_term_the_source_has_ended_is_not_kept() {
    let house = House::with(&many(0..100));
    let ended = many(0..100).replace("Naam7,1980-01-01,,2030-01-01", "Naam7,1980-01-01,,2026-11-22");
    let report = house.import(&ended).unwrap();
    assert_eq!((report.accepted, report.rejected, report.kept_old), (99, 1, 0));
    assert!(house.found(&named("Jan", "Naam7", "1980-01-01")).is_empty());
}

#[test]
fn an_old_record_with_a_reason_that_the_convenant_dropped_is_not_kept() {
    let house = House::with(&many(0..100).replace("p7,,casus", "p7,,melding"));
    let bad = many(0..100).replace("p7,,casus,,Jan,,Naam7,1980-01-01", "p7,,casus,,Jan,,Naam7,1980-13-01");
    let only = ImportRules { reasons: ["casus".parse().unwrap()].into(), ..rules() };
    let source = [HEADER, &bad].concat();
    let report = import(&house.register, source.as_bytes(), &Mapping::default(), &only, |_| {}).unwrap();
    assert_eq!((report.rejected, report.kept_old), (1, 0));
}

#[test]
fn rows_past_their_term_are_left_out_and_do_not_count_as_vanished() {
    let short = many(0..50).replace("2030-01-01", "2026-11-23");
    let house = House::with(&[many(50..100), short].concat());
    let tomorrow = ImportRules { today: Day { day: 24, ..TODAY }, ..rules() };
    let source = [HEADER, &many(50..100)].concat();
    let report = import(&house.register, source.as_bytes(), &Mapping::default(), &tomorrow, |_| {}).unwrap();
    assert_eq!((report.vanished, report.expired, report.accepted), (0, 50, 50));
}

#[test]
fn an_invalid_row_does_not_keep_a_record_past_its_term() {
    let house = House::with(&many(0..100).replace("Naam7,1980-01-01,,2030-01-01", "Naam7,1980-01-01,,2026-11-23"));
    let bad = many(0..100).replace("Naam7,1980-01-01", "Naam7,1980-13-01");
    let tomorrow = ImportRules { today: Day { day: 24, ..TODAY }, ..rules() };
    let source = [HEADER, &bad].concat();
    let report = import(&house.register, source.as_bytes(), &Mapping::default(), &tomorrow, |_| {}).unwrap();
    assert_eq!((report.rejected, report.kept_old, report.expired), (1, 0, 1));
}

#[test]
fn more_than_ten_percent_vanished_stops_until_confirmed() {
    let house = House::with(&many(0..100));
    assert_eq!(house.import(&many(10..100)).unwrap().vanished, 10);
    let house = House::with(&many(0..100));
    let Err(ImportError::NeedsConfirmation { rejected, vanished, report }) = house.import(&many(11..100)) else {
        panic!()
    };
    assert!(vanished && !rejected);
    assert_eq!((report.vanished, report.generation), (11, GenerationNumber(1)));
    assert_eq!(house.found(&named("Jan", "Naam4", "1980")), ["p4"]);
    assert_eq!(house.import_confirmed(&many(11..100)).vanished, 11);
    assert!(house.found(&named("Jan", "Naam4", "1980")).is_empty());
}

#[test]
fn a_source_with_only_a_header_does_not_empty_the_register() {
    let house = House::with(&many(0..10));
    assert!(matches!(house.import(""), Err(ImportError::NeedsConfirmation { vanished: true, .. })));
    assert_eq!(house.register.status().unwrap().rows, 10);
}

#[test]
fn a_candidate_can_still_be_shown_after_the_next_import() {
    let house = House::with(&many(0..100));
    let found = house.register.find_person(&named("Jan", "Naam7", "1980"), TODAY).unwrap().candidates;
    let gone = house.register.find_person(&named("Jan", "Naam8", "1980"), TODAY).unwrap().candidates;
    house.import(&many(0..100).replace("p8,", "q8,").replace("Naam7,", "Anders7,")).unwrap();
    let shown = house.register.rows_by_id(&[gone[0].row.clone(), found[0].row.clone()], TODAY).unwrap();
    assert_eq!(shown[0], None);
    assert_eq!(shown[1].as_ref().unwrap().person.surname().unwrap().as_str(), "Anders7");
    assert_ne!(house.register.status().unwrap().generation, found[0].row.generation);
}

#[test]
fn a_search_that_runs_during_the_switch_ends_on_the_old_generation() {
    let house = House::with(&many(0..100));
    let reader = house.register.generation().unwrap().unwrap();
    house.import(&many(0..100).replace("Naam", "Nieuw")).unwrap();
    assert_eq!(reader.by_id("p7").unwrap().unwrap().person.surname().unwrap().as_str(), "Naam7");
    assert_eq!(names(&house.dir), ["current", "gen-00000001", "gen-00000002", "gen-00000002.key"]);
    drop(reader);
    assert_eq!(names(&house.dir), ["current", "gen-00000002", "gen-00000002.key"]);
}

#[test]
fn two_imports_at_once_are_refused() {
    let house = House::with(&many(0..10));
    let _running = house.register.importing.lock().unwrap();
    assert!(matches!(house.import(&many(0..10)), Err(ImportError::Busy)));
}
