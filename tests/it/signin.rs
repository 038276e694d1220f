//! Signing in at the console, from the command line: who invites whom, what lies on disk, and that it is written down.

use std::os::unix::fs::PermissionsExt;

use weegnet_tests::{Federation, Terms};

/// How `people list` says that somebody signs in.
fn console(list: &serde_json::Value, name: &str) -> Option<String> {
    let person = list.as_array().unwrap().iter().find(|person| person["person"] == name).unwrap();
    person["console"].as_str().map(str::to_owned)
}

#[test]
fn an_invitation_is_a_file_for_one_person_and_the_node_keeps_no_code() {
    let federation = Federation::start(Terms::core());
    let gemeente = &federation["gemeente"];
    let before = gemeente.lines_of("sign_in").len();
    let operator = gemeente.by("beheerder");
    let invited = operator.json("people sign-in", &["anna"]).unwrap();
    let path = invited["invitation"].as_str().unwrap();
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(path).unwrap();
    let (name, code) = text.trim().split_once(' ').unwrap();
    assert_eq!((name, code.replace('-', "").len()), ("anna", 32));
    let list = operator.json("people list", &[]).unwrap();
    assert!(console(&list, "anna").unwrap().starts_with("invited until "));
    assert_eq!((console(&list, "bert"), gemeente.lines_of("sign_in").len()), (None, before + 1));
    operator.json("people sign-in", &["anna", "--revoke"]).unwrap();
    assert_eq!(console(&operator.json("people list", &[]).unwrap(), "anna"), None);
    assert!(operator.json("people sign-in", &["anna", "--revoke"]).unwrap_err().says("nobody with this name signs in"));
    assert_eq!(gemeente.lines_of("sign_in").len(), before + 2);
    federation.finish();
}

#[test]
fn whoever_could_make_no_credential_invites_nobody() {
    let federation = Federation::start(Terms::core());
    let gemeente = &federation["gemeente"];
    for (by, who) in
        [("beheerder", "privacyfunctionaris"), ("privacyfunctionaris", "anna"), ("anna", "anna"), ("bert", "cor")]
    {
        let denied = gemeente.lines_of("act_denied").len();
        assert!(gemeente.by(by).json("people sign-in", &[who]).is_err(), "{by} invites {who}");
        assert_eq!(gemeente.lines_of("act_denied").len(), denied + 1, "{by} invites {who}");
        assert!(!gemeente.dir().join("credentials").join(format!("{who}.invitation")).exists());
    }
    assert!(
        gemeente.by("beheerder").json("people sign-in", &["niemand"]).unwrap_err().says("nobody here has this name")
    );
    gemeente.by("privacyfunctionaris").json("people sign-in", &["privacyfunctionaris"]).unwrap();
    assert_eq!(gemeente.lines_of("sign_in").len(), 1);
    federation.finish();
}
