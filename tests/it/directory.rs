//! A node's directory: one process at a time, made once, and refused when it is not as it was left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use weegnet_tests::faults::{Chance, files, flip};
use weegnet_tests::federation::add;
use weegnet_tests::organisation::run;
use weegnet_tests::{Federation, Organisation, Terms};

/// Flips of one bit in committed entries, per log.
const FLIPS: u64 = 12;

#[test]
fn one_process_at_a_time_works_on_a_directory() {
    let federation = Federation::prepare(Terms::core());
    let gemeente = &federation["gemeente"];
    gemeente.start();
    let second = gemeente.run("serve", &[]).unwrap_err();
    assert!(second.says("another weegnet process is using"), "{second}");
    assert!(gemeente.status().is_some(), "the first is not disturbed");
    // Alone, it signs nothing before a human decided so.
    let decided = ["--reason", "de anderen draaien nog niet"];
    gemeente.by("anna").json("witness override", &decided).unwrap_err();
    gemeente.by("beheerder").json("witness override", &decided).unwrap();
    assert_eq!(gemeente.lines_of("witness_override").len(), 1);
    // Verbs that need the lock of a stopped node go over the socket of a running one, many at once.
    std::thread::scope(|scope| {
        for n in 0..4 {
            scope.spawn(move || add(gemeente, &format!("collega{n}"), "reviewer"));
        }
    });
    gemeente.stop();
    assert!(!gemeente.dir().join("api.sock").exists());
    assert_eq!(gemeente.lines_of("role_given").len(), 2 + 4 + 4);
    // Without a running node they take turns, or are told why not.
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let name = format!("later{n}");
                scope.spawn(move || gemeente.run("people add", &["--name", &name, "--role", "reviewer"]))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(refused.says("another weegnet process is using"), "{refused}");
    }
    let worked = results.iter().filter(|result| result.is_ok()).count();
    assert!(worked > 0);
    assert_eq!(gemeente.lines_of("role_given").len(), 2 + 4 + 4 + worked);
    federation.finish();
}

#[test]
fn a_socket_left_behind_by_kill_9_is_no_obstacle() {
    let federation = Federation::prepare(Terms::core());
    let gemeente = &federation["gemeente"];
    gemeente.start();
    gemeente.kill();
    assert!(gemeente.dir().join("api.sock").exists());
    let refused = gemeente.author().uitvragen().unwrap_err();
    assert!(refused.says("no node is running"), "{refused}");
    add(gemeente, "lotte", "reviewer");
    gemeente.start();
    let mode = gemeente.dir().join("api.sock").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    federation.finish();
}

#[test]
fn init_makes_a_node_once_and_where_it_can_run() {
    let federation = Federation::prepare(Terms::core());
    let root = federation.root();
    let init = |dir: &Path| {
        let args = ["--oin", "00000099000000009000", "--name", "Proef", "--role", "gemeente"];
        run(&[&["init", dir.to_str().unwrap()], &args[..]].concat())
    };
    let says = |dir: &Path, words: &str| {
        let output = init(dir);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && stderr.contains(words), "{stderr}");
    };
    let before = files(federation["gemeente"].dir()).len();
    says(federation["gemeente"].dir(), "is not empty");
    assert_eq!(files(federation["gemeente"].dir()).len(), before);
    let with_party = root.join("nieuw");
    fs::create_dir(root.join("nieuw.party")).unwrap();
    says(&with_party, "may hold a party key");
    assert!(!with_party.exists());
    let long = root.join("a".repeat(100));
    says(&long, "longer than 107 bytes");
    assert!(!long.exists());
    let nowhere = root.join("nergens");
    fs::create_dir(&nowhere).unwrap();
    for verb in ["serve", "card", "log verify", "people list"] {
        let args: Vec<&str> = verb.split(' ').chain([nowhere.to_str().unwrap()]).collect();
        let output = run(&args);
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("is not a node's directory"), "{verb}");
    }
    let unknown = root.join("rol");
    let args = ["init", unknown.to_str().unwrap(), "--oin", "00000099000000009000", "--name", "P", "--role", "foo"];
    let output = run(&args);
    assert!(!output.status.success() && !unknown.exists());
    assert!(String::from_utf8_lossy(&output.stderr).contains("one of gemeente, politie"), "{output:?}");
    assert!(init(&nowhere).status.success(), "an empty directory is as good as a new one");
    assert!(init(&nowhere).stdout.is_empty(), "and only once");
    federation.finish();
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let federation = Federation::prepare(Terms::core());
    let gemeente = &federation["gemeente"];
    for name in ["link", "statement", "checkpoint", "witness", "store"] {
        let key = gemeente.dir().join("keys").join(format!("{name}.key"));
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
            let refused = gemeente.try_start().unwrap_err();
            assert!(refused.says(&format!("{name}.key can be read by others")), "{refused}");
        }
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let bytes = fs::read(&key).unwrap();
        fs::write(&key, &bytes[..31]).unwrap();
        assert!(gemeente.try_start().unwrap_err().says(&format!("{name}.key")));
        fs::remove_file(&key).unwrap();
        assert!(gemeente.try_start().unwrap_err().says(&format!("{name}.key")));
        fs::write(&key, bytes).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let party = gemeente.dir().with_file_name("gemeente.party").join("party.key");
    assert_eq!(party.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // The running node has no use for it.
    fs::rename(&party, party.with_extension("offline")).unwrap();
    gemeente.start();
    gemeente.stop();
    let refused = gemeente.run("convenant sign", &[&federation.convenant_path()]).unwrap_err();
    assert!(refused.says("party.key"), "{refused}");
    federation.finish();
}

#[test]
fn a_damaged_journal_is_refused_and_the_place_is_named() {
    let federation = Federation::prepare(Terms::core());
    let gemeente = &federation["gemeente"];
    let mut chance = Chance::seeded(0x464c_4950);
    for log in ["exchange", "house"] {
        let segment = segment(gemeente, log);
        let whole = fs::read(&segment).unwrap();
        let end = used(&whole);
        for _ in 0..FLIPS {
            let (byte, bit) = (chance.below(end), chance.below(8) as u8);
            flip(&segment, byte, bit);
            for refused in [
                gemeente.try_start(),
                gemeente.run("log verify", &[]).map(drop),
                gemeente.run("log list", &[]).map(drop),
            ] {
                let refused = refused.expect_err("a damaged journal is not used");
                assert!(refused.says(&format!("the {log} log is damaged: segment 1, byte")), "byte {byte}: {refused}");
            }
            flip(&segment, byte, bit);
        }
        gemeente.run("log verify", &[]).unwrap();
        for length in [0, 1, end / 2, end, whole.len() as u64 - 1] {
            fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(length).unwrap();
            for refused in [gemeente.try_start(), gemeente.run("log verify", &[]).map(drop)] {
                assert!(refused.unwrap_err().says("log"), "length {length}");
            }
            fs::write(&segment, &whole).unwrap();
        }
        fs::remove_file(&segment).unwrap();
        assert!(gemeente.try_start().is_err() && gemeente.run("log verify", &[]).is_err());
        fs::write(&segment, &whole).unwrap();
    }
    let vault = gemeente.dir().join("journal/vault.keys");
    let keys = fs::read(&vault).unwrap();
    fs::remove_file(&vault).unwrap();
    assert!(gemeente.try_start().unwrap_err().says("vault"));
    fs::write(&vault, keys).unwrap();
    gemeente.start();
    federation.finish();
}

/// A commit record that was not written to its end: nothing before it is touched, and it is said what was cut off.
#[test]
fn a_torn_batch_at_the_end_is_cut_off_and_reported() {
    let federation = Federation::prepare(Terms::core());
    let gemeente = &federation["gemeente"];
    let segment = segment(gemeente, "house");
    let before = fs::read(&segment).unwrap();
    let entries = gemeente.lines();
    add(gemeente, "marijke", "reviewer");
    let after = fs::read(&segment).unwrap();
    let (from, to) = (used(&before), used(&after));
    for end in [from + 16, (from + to) / 2, to - 40, to - 1] {
        let mut torn = after.clone();
        torn[usize::try_from(end).unwrap()..].fill(0);
        fs::write(&segment, &torn).unwrap();
        let refused = gemeente.run("log verify", &["--json"]).unwrap_err();
        assert!(refused.says("unfinished batch stands at the end"), "{refused}");
        assert_eq!(fs::read(&segment).unwrap(), torn, "verifying changes nothing");
        let logged = gemeente.log().len();
        gemeente.start();
        assert!(gemeente.log()[logged..].contains("an unfinished batch, as a crash leaves it, was cut off"));
        gemeente.stop();
        assert_eq!(gemeente.lines(), entries, "everything before it is there");
        gemeente.run("log verify", &[]).unwrap();
    }
    // The journal goes on where it was cut.
    fs::remove_file(gemeente.dir().join("credentials/marijke.credential")).unwrap();
    add(gemeente, "marijke", "reviewer");
    assert_eq!(gemeente.lines().len(), entries.len() + 1);
    federation.finish();
}

fn segment(organisation: &Organisation, log: &str) -> PathBuf {
    organisation.dir().join("journal").join(log).join("00000001.seg")
}

/// Bytes up to the last that is not zero: what has been written.
fn used(segment: &[u8]) -> u64 {
    segment.iter().rposition(|byte| *byte != 0).expect("a journal has a genesis") as u64 + 1
}
