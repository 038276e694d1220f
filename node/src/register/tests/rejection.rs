//! Rows that are refused: with row, column and reason, and never with the value.

use super::*;

/// Imports one row among a hundred good ones, so that 5 % is not reached, and gives its rejection.
fn rejection(row: &str) -> (Column, Reason) {
    let house = House::new();
    let report = house.import(&[row, "\n", &many(0..100)].concat()).unwrap();
    assert_eq!((report.rejected, report.accepted), (1, 100), "{row}");
    assert_eq!(report.rejections[0].row, 2);
    (report.rejections[0].column, report.rejections[0].reason)
}

#[test]
fn every_rule_has_its_column_and_reason() {
    use weegnet_protocol::person::{NotABirthDate, NotABsn, NotAName, NotAPerson};
    let impossible = (Column::Geboortedatum, Reason::BirthDate(NotABirthDate::Impossible));
    for (row, expected) in [
        (",,casus,,,,Jansen,,,2030-01-01", (Column::Id, Reason::Missing)),
        ("a,,,,,,Jansen,,,2030-01-01", (Column::Reden, Reason::Missing)),
        ("a,,anders,,,,Jansen,,,2030-01-01", (Column::Reden, Reason::NotACode)),
        ("a,,casus,,,,Jansen,,,", (Column::BewarenTot, Reason::Missing)),
        ("a,,casus,,,,Jansen,,,2030", (Column::BewarenTot, Reason::NotADay)),
        ("a,,casus,,,,Jansen,,,2026-11-22", (Column::BewarenTot, Reason::TermIsOver)),
        ("a,,casus,,Jan,,,1980,,2030-01-01", (Column::Geslachtsnaam, Reason::Person(NotAPerson::NothingToFindBy))),
        ("a,,casus,111222334,,,,,,2030-01-01", (Column::Bsn, Reason::Bsn(NotABsn::FailsElfproef))),
        ("a,,casus,12,,,,,,2030-01-01", (Column::Bsn, Reason::Bsn(NotABsn::NotNineDigits))),
        (
            "a,,casus,,,,Jansen,00-00-1985,,2030-01-01",
            (Column::Geboortedatum, Reason::BirthDate(NotABirthDate::Notation)),
        ),
        ("a,,casus,,,,Jansen,19458030,,2030-01-01", impossible),
        ("a,,casus,,,,Jansen,1985-02-29,,2030-01-01", impossible),
        ("a,,casus,, Jan,,Jansen,,,2030-01-01", (Column::Voornamen, Reason::Name(NotAName::Blanks))),
        ("a,,casus,,,,Jan\0sen,,,2030-01-01", (Column::Geslachtsnaam, Reason::Name(NotAName::Control))),
        ("a,,casus,,,,\"Jan\nsen\",,,2030-01-01", (Column::Geslachtsnaam, Reason::Name(NotAName::Control))),
        ("a\0,,casus,,,,Jansen,,,2030-01-01", (Column::Id, Reason::RecordId(NotARecordId::Control))),
        ("p5,,casus,,,,Jansen,,", (Column::Id, Reason::ColumnCount)),
        ("a,,casus,,,,Jansen,,,2030-01-01,extra", (Column::Id, Reason::ColumnCount)),
    ] {
        assert_eq!(rejection(row), expected, "{row:?}");
    }
    let long = |column: usize, text: String| {
        let mut fields = ["a", "", "casus", "", "", "", "Jansen", "", "", "2030-01-01"].map(String::from);
        fields[column] = text;
        rejection(&fields.join(","))
    };
    assert_eq!(long(0, "a".repeat(201)).1, Reason::RecordId(NotARecordId::TooLong));
    assert_eq!(long(6, "a".repeat(201)).1, Reason::Name(NotAName::TooLong));
    assert_eq!(long(8, "a;".repeat(17)), (Column::Aliassen, Reason::Person(NotAPerson::TooManyAliases)));
}

#[test]
fn quotes_commas_and_doubled_quotes_are_read_as_csv_says() {
    let house = House::with("\"a,1\",,casus,,\"Jan \"\"J\"\"\",,\"O'Brien, jr\",1980,,2030-01-01\n");
    assert_eq!(house.found(&named("jan", "O'Brien Jr", "1980")), ["a,1"]);
}

#[test]
fn the_second_of_two_equal_ids_is_refused() {
    let house = House::new();
    let report = house.import(&[&many(0..50), "p7,,casus,,,,Ander,1980,,2030-01-01\n"].concat()).unwrap();
    assert_eq!(report.rejections, [Rejection { row: 52, column: Column::Id, reason: Reason::DuplicateId }]);
    assert!(house.found(&named("", "Ander", "1980")).is_empty());
}

#[test]
fn a_field_of_ten_megabytes_is_refused_and_the_next_row_read() {
    let huge = format!("huge,,casus,,,,{},,,2030-01-01", "x".repeat(10 << 20));
    assert_eq!(rejection(&huge), (Column::Id, Reason::TooLarge));
    let wide = format!("wide{}", ",".repeat(100_000));
    assert_eq!(rejection(&wide), (Column::Id, Reason::TooLarge));
}

#[test]
fn a_quote_that_is_not_closed_stops_the_import() {
    let house = House::new();
    for lines in [100, 5000] {
        let source = [&many(0..50), "x,,casus,,,,\"Jansen,,,2030-01-01\n", &many(50..50 + lines)].concat();
        match house.import(&source) {
            Err(ImportError::NeedsConfirmation { rejected: true, report, .. }) => {
                assert_eq!((report.accepted, report.rejected), (50, 1));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn more_than_five_percent_rejected_stops_until_confirmed() {
    let house = House::new();
    let bad = |n: u32| format!("b{n},,casus,1,,,,,,2030-01-01\n");
    let five = [many(0..95), (0..5).map(bad).collect()].concat();
    assert_eq!(house.import(&five).unwrap().rejected, 5);
    let six = [many(0..94), (0..6).map(bad).collect()].concat();
    let Err(ImportError::NeedsConfirmation { rejected, vanished, report }) = house.import(&six) else { panic!() };
    assert!(rejected && !vanished);
    assert_eq!((report.rows_read, report.rejected, report.generation), (100, 6, GenerationNumber(1)));
    assert_eq!(house.register.status().unwrap(), Status { generation: GenerationNumber(1), rows: 95 });
    assert_eq!(house.import_confirmed(&six).accepted, 94);
    assert_eq!(house.register.status().unwrap().rows, 94);
}

#[test]
fn a_report_lists_the_first_thousand_and_a_file_all_without_values() {
    let house = House::new();
    let file = house.dir.with_extension("rejected.csv");
    let rules = ImportRules { confirm_rejected: true, rejected_to: Some(file.clone()), ..rules() };
    let rows: String = (0..1500).map(|n| format!("r{n},,casus,98765{n:04},,,,,,2030-01-01\n")).collect();
    let source = [HEADER, &rows].concat();
    let report = import(&house.register, source.as_bytes(), &Mapping::default(), &rules, |_| {}).unwrap();
    assert!(report.rejected > 1300, "{}", report.rejected);
    assert_eq!(report.rejections.len(), MAX_LISTED_REJECTIONS);
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written.lines().count() as u64, report.rejected + 1);
    assert!(written.starts_with("rij,kolom,reden\n2,bsn,\"the BSN fails"), "{}", &written[..80]);
    assert!(!written.contains("98765") && !format!("{report:?}").contains("98765"));
}

#[test]
fn a_million_rows_stop_at_the_ceiling() {
    struct Endless(u32, Vec<u8>);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.1.is_empty() && self.0 < 1_000_000 {
                self.1 = many(self.0..self.0 + 100).into_bytes();
                self.0 += 100;
            }
            let len = buffer.len().min(self.1.len());
            buffer[..len].copy_from_slice(&self.1[..len]);
            self.1.drain(..len);
            Ok(len)
        }
    }
    let house = House::with(&many(0..10));
    let mut source = Endless(0, HEADER.as_bytes().to_vec());
    let result = import(&house.register, &mut source, &Mapping::default(), &rules(), |_| {});
    assert!(matches!(result, Err(ImportError::TooManyRows { max_rows: 10_000 })));
    assert!(source.0 < 20_000, "read on to row {}", source.0);
    assert_eq!(house.register.status().unwrap(), Status { generation: GenerationNumber(1), rows: 10 });
    assert_eq!(names(&house.dir), ["current", "gen-00000001", "gen-00000001.key"]);
}

#[test]
fn exactly_the_ceiling_is_allowed() {
    let house = House::new();
    let rules = ImportRules { max_rows: 10, ..rules() };
    let go = |rows| {
        let source = [HEADER, &many(0..rows)].concat();
        import(&house.register, source.as_bytes(), &Mapping::default(), &rules, |_| {})
    };
    assert_eq!(go(10).unwrap().accepted, 10);
    assert!(matches!(go(11), Err(ImportError::TooManyRows { max_rows: 10 })));
}

#[test]
fn progress_is_told_and_ends_with_done() {
    let house = House::new();
    let mut told = Vec::new();
    let source = [HEADER, &many(0..2500)].concat();
    import(&house.register, source.as_bytes(), &Mapping::default(), &rules(), |p| told.push(p)).unwrap();
    let phases: Vec<_> = told.iter().map(|p| (p.phase, p.rows)).collect();
    let reading = Phase::Reading;
    assert_eq!(phases, [(reading, 1000), (reading, 2000), (Phase::Sealing, 2500), (Phase::Done, 2500)]);
    assert_eq!(told[3].bytes, source.len() as u64);
}
