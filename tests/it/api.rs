//! The socket: whatever is wrong with a request, the reply is problem+json (RFC 9457) that says what to do, and nothing of
//! what was sent.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use serde_json::Value;
use weegnet_tests::{Federation, Organisation, Terms, wait};

/// One byte more than a JSON request may have.
const TOO_LARGE: usize = 4 * 1024 * 1024 + 1;
/// What nobody may read in a reply.
const SECRET: &str = "Wittebolsema";

struct Reply {
    status: u16,
    head: String,
    body: Value,
}

fn token(organisation: &Organisation, who: &str) -> String {
    let path = organisation.dir().join(format!("credentials/{who}.credential"));
    std::fs::read_to_string(path).unwrap().trim().to_owned()
}

/// Says exactly this over the socket.
fn say(organisation: &Organisation, request: &[u8]) -> Reply {
    let mut socket = UnixStream::connect(organisation.dir().join("api.sock")).unwrap();
    socket.set_read_timeout(Some(wait::PATIENCE)).unwrap();
    // Who is refused at once may not be read to the end.
    let _ = socket.write_all(request);
    let mut bytes = Vec::new();
    let _ = socket.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no reply: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("no JSON: {error}: {text}"));
    Reply { status, head: head.to_ascii_lowercase(), body }
}

fn request(method: &str, path: &str, token: &str, kind: Option<&str>, body: &str) -> Vec<u8> {
    let kind = kind.map(|kind| format!("content-type: {kind}\r\n")).unwrap_or_default();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: weegnet\r\nconnection: close\r\n");
    format!("{head}authorization: Bearer {token}\r\n{kind}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn every_error_is_a_problem_in_words_without_what_was_sent() {
    let federation = Federation::start(Terms::core());
    let gemeente = &federation["gemeente"];
    let (author, json) = (token(gemeente, "anna"), Some("application/json"));
    let uitvragen = |kind, body: &str| request("POST", "/v1/uitvragen", &author, kind, body);
    let whole = format!(
        r#"{{"convenant":"noorderveen-proef","person":{{"surname":"{SECRET}"}},"criteria":["c"],"motivation":"{SECRET}","to":[]}}"#
    );
    let nobody = "anna 0000000000000000000000000000000000000000000000000000000000000000";
    let large = format!("\"{}\"", SECRET.repeat(TOO_LARGE / SECRET.len() + 1));
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("bad JSON", uitvragen(json, &format!("{{\"convenant\": \"{SECRET}")), 400),
        ("not JSON at all", uitvragen(json, SECRET), 400),
        ("another JSON", uitvragen(json, &format!("[\"{SECRET}\"]")), 422),
        ("an unknown field", uitvragen(json, &whole.replacen("motivation", SECRET, 1)), 422),
        ("a value of another type", uitvragen(json, &whole.replace("\"to\":[]", &format!("\"to\":\"{SECRET}\""))), 422),
        ("a value that cannot be", uitvragen(json, &whole.replace("[\"c\"]", &format!("[\"{SECRET} \"]"))), 422),
        ("no media type", uitvragen(None, &whole), 415),
        ("another media type", uitvragen(Some("text/csv"), &whole), 415),
        ("too large", uitvragen(json, &large), 413),
        ("unknown path", request("GET", &format!("/v1/{SECRET}"), &author, None, ""), 404),
        ("the root", request("GET", "/", &author, None, ""), 404),
        ("another method", request("DELETE", "/v1/inbox", &author, None, ""), 405),
        ("an id that is none", request("GET", &format!("/v1/uitvragen/{SECRET}"), &author, None, ""), 400),
        ("nobody", request("GET", "/v1/inbox", nobody, None, ""), 401),
        ("no credential", b"GET /v1/inbox HTTP/1.1\r\nhost: weegnet\r\nconnection: close\r\n\r\n".to_vec(), 401),
        ("another role", request("GET", "/v1/inbox", &author, None, ""), 403),
    ];
    for (what, bytes, status) in cases {
        let reply = say(gemeente, &bytes);
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
        assert!(reply.head.contains("content-type: application/problem+json"), "{what}: {}", reply.head);
        assert_eq!(reply.body["status"], status, "{what}");
        let detail = reply.body["detail"].as_str().unwrap();
        assert!(!detail.trim().is_empty(), "{what}");
        assert!(!format!("{}{}", reply.head, reply.body).contains(SECRET), "{what}: {}", reply.body);
    }
    let typo = say(gemeente, &uitvragen(json, "{\n  \"persoon\": 1}")).body["detail"].clone();
    assert!(typo.as_str().unwrap().contains("at line 2 column "), "it says where: {typo}");
    let detail = say(gemeente, &request("PUT", "/v1/people", &author, None, "")).body["detail"].clone();
    assert!(detail.as_str().unwrap().contains("method"), "{detail}");
    assert!(gemeente.status().is_some(), "and it goes on");
    assert!(!gemeente.log().contains(SECRET), "nor is it logged");
    federation.finish();
}
