//! What lawyers hold in their hands: a template, a linter, a readable text, and what changed.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use weegnet_tests::binary;

fn run(args: &[&str]) -> Output {
    Command::new(binary::weegnet()).args(args).output().expect("the binary runs")
}

fn said(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it speaks UTF-8")
}

fn refused(args: &[&str]) -> String {
    let output = run(args);
    assert!(!output.status.success(), "{args:?} is not refused");
    String::from_utf8(output.stderr).expect("it speaks UTF-8")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The published sample, a copy of it with one line changed, and that line's number.
fn sample_with(dir: &Path, from: &str, to: &str) -> (String, String, usize) {
    let sample = include_str!("../../deploy/convenant-voorbeeld.toml");
    let line = sample.lines().position(|line| line.starts_with(from)).expect("the sample has this line") + 1;
    let (old, new) = (dir.join("oud.toml"), dir.join("nieuw.toml"));
    std::fs::write(&old, sample).expect("it is written");
    std::fs::write(&new, sample.replacen(from, to, 1)).expect("it is written");
    (path(&old).into(), path(&new).into(), line)
}

#[test]
fn a_template_is_refused_until_everything_in_it_is_decided() {
    let dir = tempfile::tempdir().expect("a directory");
    let node = dir.path().join("gem");
    said(&["init", path(&node), "--oin", "00000099000000001000", "--name", "Gemeente", "--role", "gemeente"]);
    let (card, document) = (dir.path().join("gem.json"), dir.path().join("concept.toml"));
    std::fs::write(&card, said(&["card", path(&node)])).expect("it is written");
    said(&["convenant", "new", path(&document), "--card", path(&card)]);
    let text = std::fs::read_to_string(&document).expect("it is there");
    assert!(
        text.contains("oin = \"00000099000000001000\"") && text.contains("# "),
        "with the card's party, and commented"
    );
    let problems = refused(&["convenant", "check", path(&document)]);
    assert!(problems.contains("titel: staat nog open"), "{problems}");
    let again = refused(&["convenant", "new", path(&document)]);
    assert!(again.contains("choose a name that does not exist"), "{again}");
    assert_eq!(std::fs::read_to_string(&document).expect("it is there"), text, "nothing is overwritten");
}

#[test]
fn the_linter_names_line_rule_and_advice_in_both_languages() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_, spoiled, line) = sample_with(dir.path(), "toegestaan = false", "toegestaan = true");
    let table = line - 1;
    let dutch = refused(&["convenant", "check", &spoiled]);
    assert!(
        dutch.contains(&format!("regel {table}: bsn: een BSN wordt alleen gebruikt waar een wet dat toestaat")),
        "{dutch}"
    );
    assert!(dutch.contains("[UAVG 46]"), "{dutch}");
    let english = refused(&["convenant", "check", &spoiled, "--lang", "en"]);
    assert!(english.contains(&format!("line {table}: bsn: a BSN is used only where a law allows it")), "{english}");
    let json: Value = serde_json::from_slice(&run(&["convenant", "check", &spoiled, "--json"]).stdout).expect("JSON");
    assert_eq!(json["problems"][0]["line"], table);
    assert_eq!(json["problems"][0]["rule"], "UAVG 46");
}

#[test]
fn what_changed_is_said_in_words_and_the_text_is_readable() {
    let dir = tempfile::tempdir().expect("a directory");
    let (old, new, _) = sample_with(dir.path(), "per_opsteller_per_dag = 10", "per_opsteller_per_dag = 4");
    assert_eq!(said(&["convenant", "diff", &old, &new]), "quota.per_opsteller_per_dag wordt 4 (was 10)\n");
    assert_eq!(
        said(&["convenant", "diff", &old, &old, "--lang", "en"]),
        "No difference: both texts have the same fields.\n"
    );
    let text = said(&["convenant", "show", &old]);
    for part in
        ["## Wie mag wie vragen", "## Grondslagen", "## Bewaartermijnen", "nee: antwoordt nooit", "| ontbreekt |"]
    {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("op grond van het convenant"));
}
