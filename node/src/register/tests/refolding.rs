//! A register that was indexed under another fold, and what a source is like before it is imported.

use weegnet_protocol::codec;

use super::super::generation::{self, Manifest};
use super::super::key::GenerationKey;
use super::super::page::{self, Kind};
use super::*;

/// The same files as an older version would have left them.
fn made_under_another_fold(house: House) -> House {
    let House { register, dir, _tmp } = house;
    let number = register.status().unwrap().generation;
    let wrapped = register.disk.wrapped_key(number).unwrap();
    let key = GenerationKey::unwrap(&super::key(), register.scope(), number, &wrapped).unwrap();
    let files = register.disk.generation(number);
    drop(register);
    let store = generation::open_store(&files).unwrap();
    let place = page::place(Kind::Manifest, 0);
    let pack = store.get(place).unwrap().unwrap();
    let sealed = page::items(&pack).next().unwrap().unwrap();
    let manifest: Manifest = codec::decode(&key.open(&place, sealed).unwrap()).unwrap();
    let older = codec::encode(&Manifest { fold: manifest.fold - 1, ..manifest });
    let mut pack = Vec::new();
    page::push_item(&mut pack, &key.seal(&place, &older).unwrap());
    store.insert(place, pack).unwrap();
    generation::close_store(store, &files).unwrap();
    House { register: open(&dir), dir, _tmp }
}

#[test]
fn a_register_of_another_fold_is_not_searched_until_it_is_refolded() {
    let house = made_under_another_fold(House::with(&many(0..100)));
    let asked = named("Jan", "Naam7", "1980");
    let refused = house.register.find_person(&asked, TODAY).unwrap_err();
    assert!(matches!(refused, RegisterError::OtherFold { .. }), "{refused}");
    assert!(refused.to_string().contains("refold"));
    assert_eq!(house.register.refold(TODAY).unwrap().rows, 100);
    assert_eq!(house.found(&asked), ["p7"]);
    assert_eq!(names(&house.dir), ["current", "gen-00000002", "gen-00000002.key"]);
    assert_eq!(house.restart().found(&asked), ["p7"]);
}

#[test]
fn an_import_replaces_a_register_of_another_fold_and_keeps_what_it_knew() {
    let house = made_under_another_fold(House::with(&many(0..40)));
    let report = house.import(&many(0..40).replacen("1980-01-01", "1980-02-31", 1)).unwrap();
    assert_eq!((report.accepted, report.kept_old), (39, 1));
    assert_eq!(house.found(&named("Jan", "Naam0", "1980")), ["p0"]);
}

#[test]
fn refolding_keeps_values_as_they_were_given() {
    let house = House::with("a,,casus,,Łucja,,Wiśniewska e/v De Boer,1985-03-12,,2030-01-01\n");
    house.register.refold(TODAY).unwrap();
    let found = house.register.find_person(&named("Lucja", "de Boer", "1985-03-12"), TODAY).unwrap().candidates;
    let row = house.register.rows_by_id(&[found[0].row.clone()], TODAY).unwrap().remove(0).unwrap();
    assert_eq!(row.person.surname().unwrap().as_str(), "Wiśniewska e/v De Boer");
}

#[test]
fn a_check_counts_and_repeats_no_value() {
    let rows = "a,,casus,111222333,Jan,,Jansen,1980-01-01,,2030-01-01\n\
                b,,casus,111222333,Jan,,Jansen,1980-01-01,,2030-01-01\n\
                c,,anders,,Jan,,Jansen,1980-01-01,,2030-01-01\n\
                d,,casus,,J.,,.,,,2030-01-01\n\
                e,,casus,,Piet,,Geheimenaam,1985-02-30,,2030-01-01\n\
                e,,casus,,Piet,,Geheimenaam,1985-02,,2030-01-01\n\
                f,,casus,,Piet,,Bakker,1985-02,,2030-01-01\n";
    let quality = check([HEADER, rows].concat().as_bytes(), &Mapping::default(), TODAY).unwrap();
    assert_eq!((quality.rows, quality.rejected), (7, 2));
    assert_eq!(quality.rejections.iter().map(|(row, ..)| *row).collect::<Vec<_>>(), [6, 7]);
    assert_eq!((quality.sharing_a_bsn, quality.first_of_january, quality.birth_date_in_part), (2, 3, 1));
    assert_eq!((quality.without_birth_date, quality.without_surname, quality.without_given_name), (1, 1, 1));
    assert_eq!((quality.namesake_clusters, quality.largest_cluster, quality.unfindable), (1, 3, 1));
    assert!(!format!("{quality:?}").contains("Geheimenaam"));
}

#[test]
fn hostile_names_are_refused_with_their_row_and_column() {
    let rows: Vec<String> =
        ["Jan\u{202e}nesnaJ", "Ja\u{200b}nsen", "Jansen\u{fe0f}", "Jan\u{e0041}sen", "Jan\0sen", "Jan\u{ad}sen"]
            .into_iter()
            .enumerate()
            .map(|(n, name)| format!("h{n},,casus,,Jan,,{name},1980-05-17,,2030-01-01\n"))
            .collect();
    let huge = format!("huge,,casus,,Jan,,{},1980-05-17,,2030-01-01\n", "x".repeat(10 << 20));
    let house = House::new();
    let report = house.import_confirmed(&[rows.concat(), huge, many(0..3)].concat());
    assert_eq!((report.accepted, report.rejected), (3, 7));
    assert!(report.rejections[..6].iter().all(|r| r.column == Column::Geslachtsnaam), "{:?}", report.rejections);
}

#[test]
fn look_alikes_and_pictures_do_not_hide_a_person() {
    let house =
        House::with("a,,casus,,Jаn 🙂,,Zwаrtsluis,1985-03-12,,2030-01-01\nb,,casus,,🙂,,🙂,1985-03-12,,2030-01-01\n");
    assert_eq!(house.found(&named("Jan", "Zwartsluis", "1985-03-12")), ["a"]);
    assert!(house.found(&named("🙂", "🙂", "1985-03-12")).is_empty());
}

#[test]
fn one_family_at_one_address_and_first_of_january_do_not_drown_the_reviewer() {
    let family: String = (0..200)
        .map(|n| format!("f{n},,casus,,{}a{},,El Idrissi,1980-01-01,,2030-01-01\n", GIVEN[n % 5], END[n / 5 % 40 % 8]))
        .collect();
    let house = House::with(&[many(0..500), family].concat());
    assert!(house.found(&named("Klaas", "El Idrissi", "1980")).is_empty());
    assert!(house.found(&named("", "El Idrissi", "1980-01-01")).is_empty());
}

const GIVEN: [&str; 5] = ["Youss", "Rachid", "Malik", "Samir", "Karim"];
const END: [&str; 8] = ["", "b", "d", "f", "k", "l", "m", "n"];
