use alloc::string::ToString;
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::codec;
use crate::time::Day;

fn surname(text: &str) -> Fields {
    Fields { surname: Some(text.parse().unwrap()), ..Fields::default() }
}

#[test]
fn a_bsn_passes_the_elfproef() {
    assert!("123456782".parse::<Bsn>().is_ok());
    assert_eq!("10000008".parse::<Bsn>().unwrap().as_str(), "010000008");
    assert_eq!("123456789".parse::<Bsn>(), Err(NotABsn::FailsElfproef));
    assert_eq!("000000000".parse::<Bsn>(), Err(NotABsn::FailsElfproef));
    assert_eq!("12345678a".parse::<Bsn>(), Err(NotABsn::NotNineDigits));
    assert_eq!("".parse::<Bsn>(), Err(NotABsn::NotNineDigits));
}

#[test]
fn birth_dates_may_be_partial() {
    for (text, shown) in [
        ("1985-03-12", "1985-03-12"),
        ("19850312", "1985-03-12"),
        ("1985-03", "1985-03"),
        ("19850300", "1985-03"),
        ("19850000", "1985"),
        ("1985-00-00", "1985"),
        ("1985", "1985"),
        ("00000000", "unknown"),
        ("", "unknown"),
    ] {
        assert_eq!(text.parse::<BirthDate>().unwrap().to_string(), shown, "{text}");
    }
}

#[test]
fn impossible_birth_dates_are_refused() {
    for text in ["1985-02-30", "19851301", "1985-00-12", "0012-01-01", "19000229"] {
        assert_eq!(text.parse::<BirthDate>(), Err(NotABirthDate::Impossible), "{text}");
    }
    for text in ["00-00-1985", "12-03-1985", "1985/03/12", "198503", "１９８５", "1985-3-1"] {
        assert_eq!(text.parse::<BirthDate>(), Err(NotABirthDate::Notation), "{text}");
    }
}

#[test]
fn who_may_be_a_minor_is_treated_as_one() {
    let today = Day::new(2026, 11, 23).unwrap();
    for (born, minor) in
        [("2008-11-23", false), ("2008-11-24", true), ("2008-11", true), ("2008", true), ("2007", false), ("", true)]
    {
        assert_eq!(born.parse::<BirthDate>().unwrap().may_be_minor(today), minor, "{born}");
    }
}

#[test]
fn dates_are_compatible_where_both_know_the_year() {
    let date = |text: &str| text.parse::<BirthDate>().unwrap();
    assert!(date("1985").compatible(&date("1985-03-12")));
    assert!(date("1985-03").compatible(&date("1985-03-12")));
    assert!(!date("1985-04").compatible(&date("1985-03-12")));
    assert!(!date("").compatible(&date("1985-03-12")));
    assert!(!date("").compatible(&date("")));
}

#[test]
fn spelling_variants_fold_alike() {
    for (one, other) in [
        ("Özdemir", "ozdemir"),
        ("de Vries", "Vries"),
        ("van der Meij", "Meij, van der"),
        ("Dijkstra", "Dykstra"),
        ("IJsselmuiden", "Ĳsselmuiden"),
        ("El-Khatib", "el Khatib"),
        ("’t Hart", "'t Hart"),
        ("Yılmaz", "Yilmaz"),
        ("Łukasz", "Lukasz"),
    ] {
        assert_eq!(fold_surname(one), fold_surname(other), "{one} / {other}");
    }
    assert_ne!(fold_surname("Jansen"), fold_surname("Janssens"));
    assert!(fold_surname(".").is_empty());
    assert_eq!(fold_surname("van").as_str(), "van");
}

#[test]
fn an_alias_may_be_a_surname_or_a_whole_name() {
    let fields =
        Fields { aliases: vec!["Piet van Jansen".parse().unwrap(), "de Boer".parse().unwrap()], ..surname("Bakker") };
    let person = PersonRef::try_from(fields).unwrap();
    let names = person.folded_surnames();
    for name in ["Bakker", "Jansen", "Boer"] {
        assert!(names.contains(&fold_surname(name)), "{name}");
    }
}

#[test]
fn a_person_needs_a_bsn_or_a_surname() {
    assert_eq!(PersonRef::try_from(Fields::default()).unwrap_err(), NotAPerson::NothingToFindBy);
    assert!(PersonRef::try_from(surname("Bakker")).is_ok());
    let many = Fields { aliases: vec!["x".parse().unwrap(); MAX_ALIASES + 1], ..surname("Bakker") };
    assert_eq!(PersonRef::try_from(many).unwrap_err(), NotAPerson::TooManyAliases);
}

#[test]
fn hidden_characters_are_no_part_of_a_name() {
    for bad in ["a\u{202e}b", "a\u{200b}b", "a\0b", "a\nb", "\u{feff}a"] {
        assert_eq!(bad.parse::<NameText>(), Err(NotAName::Control));
    }
    assert_eq!("é".repeat(201).parse::<NameText>(), Err(NotAName::TooLong));
    assert_eq!(" a".parse::<NameText>(), Err(NotAName::Blanks));
}

#[test]
fn nothing_of_a_person_shows_in_debug_output() {
    let fields = Fields { bsn: Some("123456782".parse().unwrap()), ..surname("Bakker") };
    let person = PersonRef::try_from(fields).unwrap();
    let shown = alloc::format!("{person:?} {:?} {:?} {:?}", person.bsn(), person.surname(), person.birth());
    assert!(!shown.contains("Bakker") && !shown.contains("123456782"));
}

#[test]
fn spellings_of_one_name_sound_alike() {
    let alike = |one: &str, other: &str| {
        let sounds = |name: &str| {
            let folded = fold_surname(name);
            [Some(sound(folded.as_str())), other_sound(folded.as_str())]
        };
        let theirs = sounds(other);
        sounds(one).iter().flatten().any(|code| theirs.iter().flatten().any(|other| other == code))
    };
    for (one, other) in [
        ("Yılmaz", "Jilmaz"),
        ("Şahin", "Sjahin"),
        ("Şahin", "Chahine"),
        ("Khatib", "Chatib"),
        ("Tsjaikovski", "Tchaïkovsky"),
        ("Чайковский", "Tschaikowski"),
        ("Chaykovskiy", "Tsjaikovski"),
        ("Zjoekov", "Zhukov"),
        ("Joukov", "Zhukov"),
        ("Philips", "Filips"),
        ("Boudewyn", "Boudewijn"),
        ("Lichtenberg", "Ligtenberg"),
        ("Cuypers", "Kuijpers"),
        ("de Vries", "Fries"),
        ("Marouane", "Merwan"),
        ("Абдуллаев", "Abdoellajev"),
    ] {
        assert!(
            alike(one, other),
            "{one} / {other}: {} {}",
            sound(fold_surname(one).as_str()),
            sound(fold_surname(other).as_str())
        );
    }
    assert!(!alike("Jansen", "Hendriks"));
}

#[test]
fn look_alikes_of_other_scripts_do_not_hide_a_name() {
    assert_eq!(fold_surname("Jаnsеn"), fold_surname("Jansen"), "Cyrillic a and e");
    assert_eq!(fold_surname("Ｊａｎｓｅｎ"), fold_surname("Jansen"), "full width");
    assert!(fold_surname("🙂").is_empty());
}

#[test]
fn double_and_partner_surnames_are_read_as_a_whole_and_in_parts() {
    let read = |name: &str| surnames(name).iter().map(|n| n.as_str().to_string()).collect::<Vec<_>>();
    assert_eq!(read("Jansen-de Boer"), ["jansenboer", "jansen", "boer"]);
    assert_eq!(read("Jansen e/v De Boer"), ["jansenboer", "jansen", "boer"]);
    assert_eq!(read("El-Khatib"), ["khatib"]);
    assert_eq!(read("van der Meer"), ["meer"]);
    assert!(read(".").is_empty());
}

proptest! {
    #[test]
    fn a_person_travels_unchanged(name in "[A-Za-zÀ-ž]{1,40}", year in 1900u16..2026, alias in proptest::option::of("[a-z]{1,9}")) {
        let fields = Fields {
            aliases: alias.into_iter().map(|a| a.parse().unwrap()).collect(),
            birth: BirthDate::Year(year),
            ..surname(&name)
        };
        let person = PersonRef::try_from(fields).unwrap();
        prop_assert_eq!(codec::decode::<PersonRef>(&codec::encode(&person)).unwrap(), person);
    }

    #[test]
    fn folding_is_stable(name in "\\PC{0,40}") {
        let once = fold(&name).join(" ");
        prop_assert_eq!(fold(&once).join(" "), once);
    }

    #[test]
    fn reading_a_date_never_panics(text in "\\PC{0,12}") {
        if let Ok(date) = text.parse::<BirthDate>() {
            prop_assert_eq!(date.to_string().parse::<BirthDate>().unwrap(), date);
        }
    }
}

#[test]
fn a_letter_without_a_transliteration_is_what_it_looks_like_so_that_folding_again_changes_nothing() {
    let folded = fold("Юӏий").join(" ");
    assert_eq!(folded, "yulii");
    assert_eq!(fold(&folded).join(" "), folded);
}
