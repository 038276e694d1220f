//! Who is found, and who is not.

use super::*;
use crate::register::matching::{Asked, Counting, Reading};

const BSN: &str = "111222333";
const OTHER_BSN: &str = "123456782";

fn comparison(house: &House, asked: &PersonRef) -> Comparison {
    let found = house.register.find_person(asked, TODAY).unwrap().candidates;
    assert_eq!(found.len(), 1);
    found[0].comparison
}

#[test]
fn an_empty_register_knows_nobody() {
    let house = House::new();
    assert!(house.found(&person(BSN, "", "", "", "", &[])).is_empty());
    assert_eq!(house.register.status().unwrap(), Status { generation: GenerationNumber::NONE, rows: 0 });
}

#[test]
fn an_equal_bsn_is_found_whatever_the_name() {
    let house = House::with(&format!("a,dossier-1,melding,{BSN},Jan,,Jansen,1980-01-01,,2030-01-01\n"));
    let found = house.register.find_person(&person(BSN, "Piet", "de", "Vries", "1980", &[]), TODAY).unwrap().candidates;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].record_id().as_str(), "a");
    assert_eq!(found[0].source_record.as_ref().unwrap().as_str(), "dossier-1");
    assert_eq!(found[0].reason.as_str(), "melding");
    let Comparison { bsn, given_names, prefix, surname, birth } = found[0].comparison;
    assert_eq!(
        (bsn, given_names, prefix, surname, birth),
        (Likeness::Same, Likeness::Conflict, Likeness::Unknown, Likeness::Conflict, Likeness::Variant)
    );
    assert!(house.found(&person(OTHER_BSN, "", "", "", "", &[])).is_empty());
}

#[test]
fn different_bsns_never_match_by_name() {
    let house = House::with(&format!("a,,casus,{BSN},Jan,,Jansen,1980-01-01,,2030-01-01\n"));
    assert!(house.found(&person(OTHER_BSN, "Jan", "", "Jansen", "1980-01-01", &[])).is_empty());
    assert_eq!(house.found(&named("Jan", "Jansen", "1980-01-01")), ["a"]);
}

#[test]
fn a_name_alone_never_matches() {
    let house = House::with("a,,casus,,Jan,,Jansen,1980-01-01,,2030-01-01\nb,,casus,,Jan,,Jansen,,,2030-01-01\n");
    assert!(house.found(&named("Jan", "Jansen", "")).is_empty());
    assert_eq!(house.found(&named("Jan", "Jansen", "1980-01-01")), ["a"]);
}

#[test]
fn partial_birth_dates_match_what_they_can_be() {
    let house = House::with(
        "day,,casus,,Jan,,Jansen,1985-03-04,,2030-01-01\nmonth,,casus,,Jan,,Jansen,1985-03,,2030-01-01\n\
         year,,casus,,Jan,,Jansen,19850000,,2030-01-01\n",
    );
    assert_eq!(house.found(&named("Jan", "Jansen", "1985")), ["day", "month", "year"]);
    assert_eq!(house.found(&named("Jan", "Jansen", "1985-03-04")), ["day", "month", "year"]);
    assert_eq!(
        house.found(&named("Jan", "Jansen", "1985-03-05")),
        ["day", "month", "year"],
        "a digit is weak evidence"
    );
    assert_eq!(house.found(&named("Jan", "Jansen", "1985-09-16")), ["year"]);
    assert_eq!(house.found(&named("Jan", "Jansen", "1985-04")), ["year"]);
    assert!(house.found(&named("Jan", "Jansen", "1986")).is_empty());
    let exact = House::with("day,,casus,,Jan,,Jansen,1985-03-04,,2030-01-01\n");
    assert_eq!(comparison(&exact, &named("Jan", "Jansen", "1985-03-04")).birth, Likeness::Same);
    assert_eq!(comparison(&exact, &named("Jan", "Jansen", "1985")).birth, Likeness::Variant);
}

#[test]
fn spelling_prefixes_and_diacritics_do_not_hide_a_person() {
    let house = House::with("a,,casus,,Zoë Maria,van der,Meijer,1980-01-01,,2030-01-01\n");
    let asked = person("", "zoe", "v.d.", "MEYER", "1980-01-01", &[]);
    assert_eq!(house.found(&asked), ["a"]);
    let compared = comparison(&house, &asked);
    assert_eq!(compared.surname, Likeness::Variant);
    assert_eq!(compared.given_names, Likeness::Variant);
    assert_eq!(compared.prefix, Likeness::Variant);
    assert_eq!(
        comparison(&house, &person("", "Zoë Maria", "Van der", "Meijer", "1980", &[])).prefix,
        Likeness::Variant
    );
    assert_eq!(house.found(&named("Zoë", "van der Meijer", "1980-01-01")), ["a"]);
}

#[test]
fn given_names_match_by_the_first_by_an_initial_or_when_one_is_missing() {
    let house = House::with("a,,casus,,Johanna Petra,,Jansen,1980-01-01,,2030-01-01\n");
    for (given, is_found) in
        [("Johanna", true), ("J.P.", true), ("j", true), ("", true), ("Petra", true), ("P.", false), ("Klaas", false)]
    {
        assert_eq!(house.found(&named(given, "Jansen", "1980-01-01")).len() == 1, is_found, "{given}");
    }
}

#[test]
fn aliases_match_on_both_sides() {
    let house = House::with("a,,casus,,Jan,,Jansen,1980-01-01,Bakker; de Wit,2030-01-01\n");
    assert_eq!(house.found(&named("Jan", "Bakker", "1980")), ["a"]);
    assert_eq!(house.found(&named("Jan", "Wit", "1980")), ["a"]);
    assert_eq!(house.found(&person("", "Jan", "", "Smit", "1980", &["Jansen"])), ["a"]);
    assert_eq!(comparison(&house, &named("Jan", "Wit", "1980")).surname, Likeness::Variant);
}

#[test]
fn an_unknown_surname_matches_nothing() {
    let house = House::with("a,,casus,,Jan,,.,1980-01-01,,2030-01-01\nb,,casus,,Jan,,.,1980-01-01,Bakker,2030-01-01\n");
    assert!(house.found(&named("Jan", ".", "1980-01-01")).is_empty());
    assert_eq!(house.found(&named("Jan", "Bakker", "1980-01-01")), ["b"]);
}

#[test]
fn a_row_past_its_term_is_neither_found_nor_shown() {
    let house = House::with(&format!("a,,casus,{BSN},Jan,,Jansen,1980-01-01,,2026-11-23\n"));
    let asked = person(BSN, "Jan", "", "Jansen", "1980-01-01", &[]);
    let found = house.register.find_person(&asked, TODAY).unwrap().candidates;
    let shown = house.register.rows_by_id(&[found[0].row.clone()], TODAY).unwrap();
    assert_eq!(shown[0].as_ref().unwrap().keep_until, TODAY);
    let tomorrow = Day { day: 24, ..TODAY };
    assert!(house.register.find_person(&asked, tomorrow).unwrap().candidates.is_empty());
    assert_eq!(house.register.rows_by_id(&[found[0].row.clone()], tomorrow).unwrap(), [None]);
}

#[test]
fn the_only_order_is_that_of_the_ids() {
    let row = |id: &str| format!("{id},,casus,{BSN},Jan,,Jansen,1980-01-01,,2030-01-01\n");
    let house = House::with(&[row("c"), row("a"), row("b")].concat());
    assert_eq!(house.found(&person(BSN, "Jan", "", "Jansen", "1980-01-01", &[])), ["a", "b", "c"]);
}

#[test]
fn everybody_is_found_again_over_many_pages() {
    let house = House::with(&many(0..3000)).restart();
    assert_eq!(house.register.status().unwrap().rows, 3000);
    for n in 0..3000 {
        assert_eq!(house.found(&named("Jan", &format!("naam{n}"), "1980-01-01")), [format!("p{n}")]);
    }
    assert!(house.found(&named("Jan", "Naam3000", "1980-01-01")).is_empty());
}

#[test]
fn one_common_name_does_not_drown_the_reviewer() {
    let rows: String = (0..1500).map(|n| format!("p{n},,casus,,Jan,,Jansen,1980-01-01,,2030-01-01\n")).collect();
    let house = House::with(&[&many(9000..9100), rows.as_str()].concat());
    assert!(house.found(&named("Jan", "Jansen", "1980-01-01")).is_empty(), "a common name and a year");
    assert!(house.found(&named("Jan", "Jansen", "1980")).is_empty());
    assert_eq!(house.found(&named("Jan", "Naam9007", "1980")), ["p9007"]);
}

#[test]
fn a_bsn_that_fills_several_index_pages_is_found_in_full_or_not_at_all() {
    let row = |n: usize| format!("p{n},,casus,{BSN},Jan,,Jansen,1980-01-01,,2030-01-01\n");
    let some: String = (0..20).map(row).collect();
    assert_eq!(House::with(&some).found(&person(BSN, "Jan", "", "Jansen", "1980-01-01", &[])).len(), 20);
    let all: String = (0..150).map(row).collect();
    assert!(House::with(&all).found(&person(BSN, "Jan", "", "Jansen", "1980-01-01", &[])).is_empty());
}

#[test]
fn an_equal_bsn_with_another_name_and_date_is_a_mistake_and_no_match() {
    let house = House::with(&format!("a,,casus,{BSN},Jan,,Jansen,1980-05-17,,2030-01-01\n"));
    let searched = house.register.find_person(&person(BSN, "Piet", "de", "Vries", "1991-08-30", &[]), TODAY).unwrap();
    assert!(searched.candidates.is_empty());
    assert_eq!(searched.contradictions[0].id.as_str(), "a");
    assert_eq!(house.found(&person(BSN, "Piet", "de", "Vries", "1980-05-17", &[])), ["a"], "the date agrees");
    assert_eq!(house.found(&person(BSN, "Jan", "", "Jansen", "1991-08-30", &[])), ["a"], "the name agrees");
}

#[test]
fn bands_and_words_say_how_sure_and_why() {
    let house = House::with("a,,casus,,Mohammed,,El-Khatib,1985-03-12,,2030-01-01\n");
    let found = |asked: &PersonRef| house.register.find_person(asked, TODAY).unwrap().candidates.remove(0);
    let same = found(&named("Mohammed", "El-Khatib", "1985-03-12"));
    assert_eq!((same.band, same.remarks), (Band::Certain, vec![]));
    let variant = found(&named("Mehmet", "Chatib", "1985-12-03"));
    assert_eq!(variant.band, Band::Possible);
    let why = [Remark::SurnameSoundsAlike, Remark::GivenNameForm, Remark::DayAndMonthExchanged];
    assert_eq!(variant.remarks, why);
    let exchanged = found(&named("Khatib", "Mohamed", "1985-03-12"));
    assert_eq!(exchanged.remarks[0], Remark::NamesExchanged);
}

fn bits(asked: &PersonRef, known: &PersonRef) -> f64 {
    let census = Counting::default().done();
    Asked::new(&Reading::of(asked), &census).against(&Reading::of(known)).bits
}

#[test]
fn further_names_and_a_prefix_tell_namesakes_of_one_year_apart() {
    let known = person("", "Jan Willem", "van", "Zwartsluis", "1985-03-12", &[]);
    let asked = |given: &str, prefix: &str| bits(&person("", given, prefix, "Zwartsluis", "1985", &[]), &known);
    assert!(asked("Jan Willem", "van") > asked("Jan", "van"));
    assert!(asked("Jan", "van") > asked("Jan Pieter", "van"));
    assert!(asked("Jan", "v.d.") > asked("Jan", "ter"));
    assert!((asked("Jan", "") - asked("Jan", "van")).abs() < f64::EPSILON, "who leaves it out says nothing");
}

#[test]
fn a_full_date_beside_the_first_of_january_is_weak_evidence() {
    let known = named("Jan", "Zwartsluis", "1985-01-01");
    let asked = |date: &str| bits(&named("Jan", "Zwartsluis", date), &known);
    assert!(asked("1985") > asked("1985-06-17") + 2.0);
}

#[test]
fn twins_are_not_shown_for_each_other() {
    let house = House::with(
        "a,,casus,,Jan,,Zwartsluis,1985-03-12,,2030-01-01\nb,,casus,,Piet,,Zwartsluis,1985-03-12,,2030-01-01\n",
    );
    assert_eq!(house.found(&named("Jan", "Zwartsluis", "1985-03-12")), ["a"]);
}

#[test]
fn nothing_of_a_candidate_or_row_shows_in_debug_output() {
    let house = House::with(&format!("geheim-1,geheim-2,casus,{BSN},Jan,,Jansen,1980-01-01,,2030-01-01\n"));
    let found = house.register.find_person(&person(BSN, "", "", "", "", &[]), TODAY).unwrap().candidates;
    let row = house.register.rows_by_id(&[found[0].row.clone()], TODAY).unwrap();
    let shown = format!("{found:?} {row:?} {:?} {:?}", house.register, key());
    for secret in ["geheim", "Jansen", BSN, "1980"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
