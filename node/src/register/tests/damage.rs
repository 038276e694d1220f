//! What lies on disk: nothing of a person, and nothing that is believed when it is damaged.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn is_unreadable(register: &Register) -> bool {
    let search = register.find_person(&named("Jan", "Naam7", "1980"), TODAY);
    let unreadable = |error: &RegisterError| {
        matches!(error, RegisterError::Unreadable { .. }) && error.to_string().contains("import its source again")
    };
    search.as_ref().is_err_and(unreadable) && register.status().as_ref().is_err_and(unreadable)
}

fn store_file(dir: &Path) -> PathBuf {
    dir.join("gen-00000001").join("db")
}

#[test]
fn nothing_of_a_person_lies_on_disk_in_clear() {
    let rows = "geheimid,bronrec77,casus,111222333,Wilhelmina,van der,Quispelaar,1983-04-05,Zwartjes,2030-01-01\n";
    let house = House::with(&[rows, &many(0..500)].concat());
    house.import(&[rows, &many(0..500)].concat()).unwrap();
    let house = house.restart();
    let bytes = all_bytes(&house.dir);
    assert!(bytes.len() > 20_000);
    let found = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle));
    for secret in ["geheimid", "bronrec77", "111222333", "wilhelmina", "quispelaar", "zwartjes", "1983-04", "naam77"] {
        assert!(!found(secret.as_bytes()), "{secret}");
    }
    for secret in ["id|", "bsn|", "name|"] {
        assert!(!found(secret.as_bytes()), "{secret}");
    }
    assert!(!found(&[7; 32]), "the node's key");
}

#[test]
fn only_the_owner_can_read_the_files() {
    let house = House::with(&many(0..10));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&house.dir), 0o700);
    assert_eq!(mode(&house.dir.join("gen-00000001")), 0o700);
    assert_eq!(mode(&house.dir.join("gen-00000001.key")), 0o600);
}

#[test]
fn another_key_or_convenant_cannot_read_a_register() {
    let house = House::with(&many(0..10));
    let House { register, dir, _tmp } = house;
    drop(register);
    let other = RegisterKey::new(Zeroizing::new([8; 32]));
    assert!(is_unreadable(&Register::open(&dir, other).unwrap()));
    let moved = dir.with_file_name("rcpt-zuid");
    fs::rename(&dir, &moved).unwrap();
    assert!(is_unreadable(&open(&moved)));
}

#[test]
fn a_directory_must_be_named_after_a_convenant() {
    let tmp = TempDir::new().unwrap();
    assert!(matches!(Register::open(&tmp.path().join("Geen Naam"), key()), Err(RegisterError::NotAScope)));
}

#[test]
fn a_missing_piece_is_unreadable_and_importing_again_repairs_it() {
    let pieces: [fn(&Path) -> PathBuf; 4] = [
        |dir| dir.join("current"),
        |dir| dir.join("gen-00000001.key"),
        |dir| dir.join("gen-00000001"),
        |dir| dir.join("gen-00000001").join("db"),
    ];
    for piece in pieces {
        let house = House::with(&many(0..200));
        let House { register, dir, _tmp } = house;
        drop(register);
        let path = piece(&dir);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        let house = House { register: open(&dir), dir, _tmp };
        assert!(is_unreadable(&house.register), "{}", path.display());
        let report = house.import(&many(0..200)).unwrap();
        assert!(report.old_unreadable);
        assert_eq!(house.found(&named("Jan", "Naam7", "1980")), ["p7"]);
        let house = house.restart();
        assert_eq!(house.found(&named("Jan", "Naam7", "1980")), ["p7"]);
        let number = house.register.status().unwrap().generation;
        assert_eq!(names(&house.dir), ["current".to_string(), number.to_string(), format!("{number}.key")]);
    }
}

#[test]
fn a_damaged_current_is_not_believed() {
    for text in ["gen-00000002\n", "gen-00000001", "gen-1\n", "", "../x\n", "gen-00000001\ngen-00000001\n"] {
        let house = House::with(&many(0..10));
        fs::write(house.dir.join("current"), text).unwrap();
        let house = house.restart();
        assert!(is_unreadable(&house.register), "{text:?}");
        assert_eq!(house.import(&many(0..10)).unwrap().accepted, 10);
    }
}

#[test]
fn flipped_bits_are_noticed_or_harmless_but_never_change_an_answer() {
    let house = House::with(&many(0..300));
    let House { register, dir, _tmp } = house;
    drop(register);
    let intact = fs::read(store_file(&dir)).unwrap();
    let mut noticed = 0;
    let used = intact.iter().rposition(|byte| *byte != 0).unwrap();
    for round in 0..60usize {
        let mut bytes = intact.clone();
        bytes[round * used / 60 + round % 7] ^= 1 << (round % 8);
        fs::write(store_file(&dir), &bytes).unwrap();
        let register = open(&dir);
        for n in [0, 7, 63, 64, 150, 299] {
            match register.find_person(&named("Jan", &format!("Naam{n}"), "1980"), TODAY) {
                Ok(found) => assert_eq!(found.candidates.len(), 1, "round {round}: p{n} was lost in silence"),
                Err(RegisterError::Unreadable { .. }) => noticed += 1,
                Err(other) => panic!("{other}"),
            }
        }
        drop(register);
        // An unreadable register is not cleaned up: what lies there is put back for the next round.
    }
    assert!(noticed > 0);
}

#[test]
fn a_cut_off_store_is_noticed() {
    let house = House::with(&many(0..300));
    let House { register, dir, _tmp } = house;
    drop(register);
    let intact = fs::read(store_file(&dir)).unwrap();
    let used = intact.iter().rposition(|byte| *byte != 0).unwrap();
    for part in 1..8 {
        fs::write(store_file(&dir), &intact[..used * part / 8]).unwrap();
        assert!(is_unreadable(&open(&dir)), "{part}/8");
    }
}

#[test]
fn damage_seen_while_running_fails_every_later_search_and_an_import_repairs_it() {
    let house = House::with(&many(0..200));
    let generation = house.register.generation().unwrap().unwrap();
    let error = house.register.mark_unreadable(&generation, Damage::BadPage);
    assert!(matches!(error, RegisterError::Unreadable { why: Damage::BadPage, .. }));
    drop(generation);
    assert!(is_unreadable(&house.register));
    assert_eq!(house.import(&many(0..200)).unwrap().generation, GenerationNumber(2));
    assert_eq!(house.found(&named("Jan", "Naam7", "1980")), ["p7"]);
    assert_eq!(names(&house.dir), ["current", "gen-00000002", "gen-00000002.key"]);
}
