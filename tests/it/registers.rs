//! Registers come in through the command line, whole or not at all, and no message repeats what stood in a row.

use std::path::PathBuf;

use serde_json::Value;
use weegnet_tests::people::register;
use weegnet_tests::terms::Party;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Refused, Terms};

/// Folder of research data, beside the repository or named by this variable.
const DATA: &str = "WEEGNET_SHARED";

fn person(n: u32) -> Person {
    Person::number(n)
}

fn import(organisation: &Organisation, csv: &[u8], flags: &[&str]) -> Result<Value, Refused> {
    organisation.by("beheerder").import(csv, flags)
}

/// A register with so many good rows and these lines behind them.
fn with_lines(good: u32, lines: &str) -> String {
    register(&(0..good).map(person).collect::<Vec<_>>()) + lines
}

#[test]
fn a_file_that_is_no_register_changes_nothing_and_says_why() {
    let federation = Federation::prepare(Terms::core());
    let om = &federation["om"];
    federation.plant_words(["Grutterswijk".into(), "geheimeskolom".into(), "930721456".into()]);
    import(om, with_lines(20, "").as_bytes(), &[]).unwrap();
    let latin1 = [with_lines(3, "").as_bytes(), b"x,,casus,,Andr\xe9,,Grutterswijk,1980-01-01,,2098-12-31\n"].concat();
    let utf16: Vec<u8> = with_lines(3, "").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let lacking = with_lines(3, "").replace("bewaren_tot", "geheimeskolom");
    let twice = with_lines(3, "").replacen("bronrecord", "id", 1);
    let table: Vec<(&str, &[u8], &str)> = vec![
        ("nothing", b"", "is empty"),
        ("another encoding", &latin1, "not UTF-8"),
        ("sixteen bits a character", &utf16, ""),
        ("a column missing", lacking.as_bytes(), "header"),
        ("a column twice", twice.as_bytes(), "twice"),
        ("semicolons", b"id;reden;bewaren_tot;geslachtsnaam\n1;casus;2098-12-31;Grutterswijk\n", "header"),
        ("no header", b"r1,,casus,930721456,,,Grutterswijk,,,2098-12-31\n", "header"),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ""),
    ];
    for (what, csv, words) in table {
        let refused = import(om, csv, &[]).unwrap_err();
        assert!(refused.says("nothing was changed") && refused.says(words), "{what}: {refused}");
        tells_no_value(&refused.stderr, &["Grutterswijk", "930721456", "Quirijntje"]);
    }
    let missing = om.run("register import", &["/nergens/register.csv"]).unwrap_err();
    assert!(missing.says("/nergens/register.csv"));
    // What is there is still there: the same file again loses nobody.
    let summary = import(om, with_lines(20, "").as_bytes(), &[]).unwrap();
    assert_eq!((&summary["accepted"], &summary["vanished"]), (&20.into(), &0.into()));
    federation.finish();
}

#[test]
fn a_wrong_row_is_refused_with_its_row_column_and_reason_only() {
    let federation = Federation::prepare(Terms::core());
    let om = &federation["om"];
    let rows = [
        ("x1,,casus,930721456,,,,,,2098-12-31", "bsn"),
        ("x2,,casus,12345,,,,,,2098-12-31", "bsn"),
        ("x3,,casus,,,,Grutterswijk,00-00-1985,,2098-12-31", "geboortedatum"),
        ("x4,,casus,,,,Grutterswijk,1985-02-30,,2098-12-31", "geboortedatum"),
        ("x5,,casus,,,,,1985-01-01,,2098-12-31", "geslachtsnaam"),
        ("x6,,geheimereden,,,,Grutterswijk,,,2098-12-31", "reden"),
        (",,casus,,,,Grutterswijk,,,2098-12-31", "id"),
        ("x8,,casus,,,,Grutterswijk,,,morgenochtend", "bewaren_tot"),
        ("x9,,casus,,,,Grutterswijk,,,2020-01-01", "bewaren_tot"),
        ("r0,,casus,,,,Grutterswijk,,,2098-12-31", "id"),
        ("x11,,casus,,,,Grutterswijk", "id"),
    ];
    let values = ["Grutterswijk", "930721456", "geheimereden", "morgenochtend", "00-00-1985", "1985-02-30"];
    federation.plant_words(values.map(String::from));
    let lines: String = rows.iter().map(|(row, _)| format!("{row}\n")).collect();
    let csv = with_lines(300, &lines);
    let summary = import(om, csv.as_bytes(), &[]).unwrap();
    assert_eq!(summary["accepted"], 300);
    assert_eq!(summary["rejected"], rows.len());
    for (n, (row, column)) in rows.iter().enumerate() {
        let rejection = &summary["rejections"][n];
        assert_eq!(rejection[0], 302 + n, "{row}");
        assert_eq!(rejection[1], *column, "{row}");
        assert!(rejection[2].as_str().is_some_and(|reason| !reason.is_empty()), "{row}");
    }
    tells_no_value(&summary.to_string(), &values);
    // In words, as an operator reads it.
    let path = federation.root().join("register.csv");
    std::fs::write(&path, &csv).unwrap();
    let words = om.run("register import", &[path.to_str().unwrap()]).unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(words.contains("row 304, geboortedatum"), "{words}");
    tells_no_value(&words, &values);
    tells_no_value(&om.log(), &values);
    federation.finish();
}

#[test]
fn too_much_rejected_vanished_or_known_stops_until_it_is_confirmed() {
    let few = Party { name: "reclassering", kind: "casus", mode: "na_verstrekking", max_rows: 50 };
    let federation = Federation::prepare(Terms::core().and_party(few));
    let [om, reclassering] = ["om", "reclassering"].map(|name| &federation[name]);
    let bad = |count: u32| (0..count).map(|n| format!("b{n},,casus,1,,,,,,2098-12-31\n")).collect::<String>();
    let five = with_lines(95, &bad(5));
    assert_eq!(import(om, five.as_bytes(), &[]).unwrap()["rejected"], 5);
    let six = with_lines(94, &bad(6));
    let refused = import(om, six.as_bytes(), &[]).unwrap_err();
    assert!(refused.says("more than 5 %") && refused.says("nothing was changed"), "{refused}");
    assert!(import(om, six.as_bytes(), &["--confirm-vanished"]).is_err(), "another confirmation");
    assert_eq!(import(om, six.as_bytes(), &["--confirm-rejected"]).unwrap()["accepted"], 94);
    // Known rows that are broken now keep their old record, and have not vanished.
    let broken: String = (90..94).map(|n| format!("r{n},,casus,1,,,,,,2098-12-31\n")).collect();
    let summary = import(om, with_lines(90, &broken).as_bytes(), &[]).unwrap();
    assert_eq!((&summary["kept_old"], &summary["vanished"]), (&4.into(), &0.into()));

    let fewer = with_lines(84, "");
    let refused = import(om, fewer.as_bytes(), &[]).unwrap_err();
    assert!(refused.says("more than 10 %") && refused.says("nothing was changed"), "{refused}");
    assert!(import(om, fewer.as_bytes(), &["--confirm-rejected"]).is_err(), "another confirmation");
    assert_eq!(import(om, fewer.as_bytes(), &["--confirm-vanished"]).unwrap()["vanished"], 10);

    import(reclassering, with_lines(50, "").as_bytes(), &[]).unwrap();
    let refused = import(reclassering, with_lines(51, "").as_bytes(), &["--confirm-rejected"]).unwrap_err();
    assert!(refused.says("more than the 50 rows"), "{refused}");
    let imported = om.lines_of("register_imported").len();
    assert_eq!((imported, reclassering.lines_of("register_imported").len()), (4, 1));
    federation.finish();
}

#[test]
fn a_new_register_counts_from_its_import_on_while_the_node_runs() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let many: Vec<_> = (0..2000).map(person).collect();
    federation.knows("om", &many[..1999]);
    let ask = || {
        let id = gemeente.author().ask(&Ask::about(&many[1999]).to(om).within(8)).unwrap();
        politie.approver().approve_when_there(&id);
        id
    };
    let before = ask();
    om.until_lines("question_received", 1);
    // Questions and an import at once; the question waits for neither.
    let known = ask_about_during_import(&federation, &many);
    om.reviewer().until_in_inbox(&known);
    let after = ask();
    om.reviewer().release_when_there(&after);
    assert_eq!(answer_of(&gemeente.author().until_ended(&after), om)["outcome"], "Known");
    assert_eq!(answer_of(&gemeente.author().until_ended(&before), om)["outcome"], "NoStatement");
    // What a candidate said stays with its question, also when the register goes on.
    om.reviewer().release(&known).unwrap();
    assert_eq!(answer_of(&gemeente.author().until_ended(&known), om)["outcome"], "Known");
    assert_eq!(om.lines_of("register_imported").len(), 2);
    federation.finish();
}

fn ask_about_during_import(federation: &Federation, many: &[Person]) -> String {
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    std::thread::scope(|scope| {
        let importing = scope.spawn(|| federation.knows("om", many));
        let id = gemeente.author().ask(&Ask::about(&many[7]).to(om)).unwrap();
        politie.approver().approve_when_there(&id);
        om.reviewer().until_in_inbox(&id);
        importing.join().unwrap();
        id
    })
}

/// Published research data in a layout that is not ours, with its errors: see the sample mapping.
#[test]
fn imports_febrl_through_the_sample_mapping_and_is_asked_about_it() {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os(DATA).map_or_else(|| repository.join("../shared"), PathBuf::from);
    let data = shared.join("data/febrl/dataset2.csv");
    let Ok(csv) = std::fs::read(&data) else {
        eprintln!("SKIPPED: no {}; {DATA} names the folder that has data/febrl", data.display());
        return;
    };
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let mapping = repository.join("deploy/mapping-febrl.toml");
    let summary = import(om, &csv, &["--map", mapping.to_str().unwrap()]).unwrap();
    // 10 impossible dates and 64 rows without a surname, none of them both.
    assert_eq!(summary["rows_read"], 5000);
    assert_eq!(summary["rejected"], 74);
    assert_eq!(summary["accepted"], 4926);
    let column =
        |name: &str| summary["rejections"].as_array().unwrap().iter().filter(|rejection| rejection[1] == name).count();
    assert_eq!((column("geboortedatum"), column("geslachtsnaam")), (10, 64));

    // rec-2778-org, sarah, bruhn, ..., 19300213
    let sarah = Person::new("Sarah", "Bruhn", "1930-02-13");
    let id = gemeente.author().ask(&Ask::about(&sarah).to(om)).unwrap();
    politie.approver().approve_when_there(&id);
    om.reviewer().until_in_inbox(&id);
    let review = om.reviewer().review(&id).unwrap();
    assert_eq!(review["candidates"][0]["record_id"], "rec-2778-org");
    om.reviewer().release(&id).unwrap();
    assert_eq!(answer_of(&gemeente.author().until_ended(&id), om)["outcome"], "Known");
    federation.finish();
}

fn tells_no_value(text: &str, values: &[&str]) {
    for value in values {
        assert!(!text.contains(value), "a value of the file stands in: {text}");
    }
}
