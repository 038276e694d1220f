//! The process dies, for real, at every step of an import: the register is the old one or the new one.

use std::process::Command;

use super::*;
use crate::register::killpoint;

const CHILD: &str = "register::tests::crash::the_child_imports_and_dies";
const DIR: &str = "WEEGNET_TEST_DIE_IN";

/// Runs only in the process that a test below starts.
#[test]
#[ignore = "started by the tests of this file"]
fn the_child_imports_and_dies() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let register = open(Path::new(&dir));
    let source = [HEADER, &many(0..200).replace("Naam", "Nieuw")].concat();
    import(&register, source.as_bytes(), &Mapping::default(), &rules(), |_| {}).unwrap();
}

fn die_at(dir: &Path, place: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored"])
        .env(DIR, dir)
        .env(killpoint::VARIABLE, place)
        .output()
        .unwrap();
    assert!(!output.status.success(), "the child did not die at {place}");
}

#[test]
fn a_crash_leaves_the_old_register_or_the_new_one() {
    let places = [
        ("prepared", "Naam"),
        ("row-block:0", "Naam"),
        ("row-block:20", "Naam"),
        ("written", "Naam"),
        ("synced", "Naam"),
        ("built", "Naam"),
        ("switched", "Nieuw"),
        ("old-key-destroyed", "Nieuw"),
    ];
    for (place, expected) in places {
        let House { register, dir, _tmp } = House::with(&many(0..200));
        drop(register);
        die_at(&dir, place);
        let house = House { register: open(&dir), dir, _tmp };
        let number = GenerationNumber(if expected == "Naam" { 1 } else { 2 });
        assert_eq!(house.register.status().unwrap(), Status { generation: number, rows: 200 }, "{place}");
        for n in [0, 77, 199] {
            assert_eq!(house.found(&named("Jan", &format!("{expected}{n}"), "1980")), [format!("p{n}")], "{place}");
        }
        let left = ["current".to_string(), number.to_string(), format!("{number}.key")];
        assert_eq!(names(&house.dir), left, "{place}");
        assert_eq!(house.import(&many(0..200)).unwrap().vanished, 0, "{place}");
    }
}

#[test]
fn a_crash_in_the_first_import_leaves_an_empty_register() {
    for place in ["prepared", "row-block:1", "synced"] {
        let House { register, dir, _tmp } = House::new();
        drop(register);
        die_at(&dir, place);
        let house = House { register: open(&dir), dir, _tmp };
        assert_eq!(house.register.status().unwrap().rows, 0);
        assert_eq!(names(&house.dir), ["current"]);
    }
}
