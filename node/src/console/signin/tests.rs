//! The forms and the guard, as a browser meets them.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;
use weegnet_policy::role::Role;

use super::*;
use crate::clock;
use crate::console::routes::router;
use crate::desk::operator::TakeRole;
use crate::desk::signin::testing::{House, Member, PASSWORD};

const HOST: &str = "console.example:7443";

/// One browser with its cookies.
struct Browser {
    pages: axum::Router,
    name: &'static str,
    cookies: Vec<(String, String)>,
}

struct Seen {
    status: StatusCode,
    to: Option<String>,
    text: String,
}

impl Browser {
    fn at(house: &House) -> Self {
        let pages = router(Arc::new(Console::new(Arc::clone(&house.node), None)));
        Browser { pages, name: "Mozilla/5.0 (one)", cookies: Vec::new() }
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Seen {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = request.header(header::HOST, HOST).header(header::USER_AGENT, self.name);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 50_000))));
        let response = self.pages.clone().oneshot(request).await.unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{line}");
            self.cookies.retain(|(other, _)| other != name);
            if !line.contains("Max-Age=0") {
                self.cookies.push((name.into(), value.into()));
            }
        }
        let status = response.status();
        let to = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let text = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
        Seen { status, to, text }
    }

    async fn get(&mut self, path: &str) -> Seen {
        let request = Request::get(path).header("sec-fetch-site", "same-origin");
        self.send(request, String::new()).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header("origin", "null")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("%{:02X}", u32::from(c)) };
        let escaped = |text: &str| text.chars().map(plain).collect::<String>();
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.send(request, fields.join("&")).await
    }

    async fn sign_in(&mut self, member: &Member) -> Seen {
        let form = self.get("/aanmelden").await;
        let fields =
            [("csrf", &*csrf(&form)), ("naam", member.name), ("wachtwoord", PASSWORD), ("code", &*member.code())];
        self.post("/aanmelden", &fields).await
    }
}

fn csrf(seen: &Seen) -> String {
    field(&seen.text, "name=\"csrf\" value=\"").to_owned()
}

/// What stands behind the first `before`, up to the quote.
fn field<'a>(text: &'a str, before: &str) -> &'a str {
    text.split(before).nth(1).unwrap().split('"').next().unwrap()
}

async fn house() -> (House, Member) {
    let house = House::new().await;
    house.add("beheerder", "anna", Role::Author).await;
    let anna = house.enrol("beheerder", "anna").await;
    (house, anna)
}

#[tokio::test]
async fn one_signs_in_and_out_and_the_pages_between_are_ones_own() {
    let (house, anna) = house().await;
    let mut browser = Browser::at(&house);
    assert_eq!(browser.get("/uitvragen").await.to.as_deref(), Some("/aanmelden"));
    let entered = browser.sign_in(&anna).await;
    assert_eq!((entered.status, entered.to.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
    let mine = browser.get("/uitvragen").await;
    assert_eq!(mine.status, StatusCode::OK);
    assert!(mine.text.contains("anna") && !mine.text.contains(PASSWORD));
    assert_eq!(browser.get("/aanmelden").await.to.as_deref(), Some("/"), "is in already");
    let left = browser.post("/afmelden", &[("csrf", &csrf(&mine))]).await;
    assert_eq!(left.to.as_deref(), Some("/aanmelden?reden=afgemeld"));
    assert_eq!(browser.get("/uitvragen").await.to.as_deref(), Some("/aanmelden"));
}

#[tokio::test]
async fn somebody_enrols_with_forms_alone() {
    let house = House::new().await;
    house.add("beheerder", "bert", Role::Author).await;
    let invitation = house.invitation("beheerder", "bert").await.to_type().to_lowercase();
    let mut browser = Browser::at(&house);
    let form = browser.get("/aanmelden/inrichten").await;
    let token = csrf(&form);
    let fields = |again| {
        [
            ("csrf", &*token),
            ("naam", "Bert"),
            ("uitnodiging", &*invitation),
            ("wachtwoord", PASSWORD),
            ("nogmaals", again),
        ]
    };
    assert_eq!(browser.post("/aanmelden/inrichten", &fields("anders")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let app = browser.post("/aanmelden/inrichten", &fields(PASSWORD)).await;
    assert_eq!(app.status, StatusCode::OK);
    assert!(app.text.contains("<svg") && app.text.contains("otpauth://totp/Gemeente:bert"));
    let key = app.text.split("<code id=\"sleutel\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    let key = data_encoding::BASE32_NOPAD.decode(key.as_bytes()).unwrap();
    let key = crate::people::totp::TotpKey::from_bytes(key.try_into().unwrap());
    let shown = key.shown(clock::now());
    let fields = [("csrf", &*token), ("naam", "bert"), ("uitnodiging", &*invitation), ("code", &*shown)];
    let done = browser.post("/aanmelden/inrichten/app", &fields).await;
    assert_eq!(done.status, StatusCode::OK);
    let bert = Member { name: "bert", app: key };
    assert_eq!(browser.sign_in(&bert).await.to.as_deref(), Some("/"));
}

#[tokio::test]
async fn a_form_without_its_token_or_from_another_site_does_nothing() {
    let (house, anna) = house().await;
    let mut browser = Browser::at(&house);
    browser.sign_in(&anna).await;
    let token = csrf(&browser.get("/uitvragen").await);
    let other = crate::people::session::SessionId::random().csrf_token();
    for fields in [vec![], vec![("csrf", "")], vec![("csrf", &*other)], vec![("csrf", &*token), ("csrf", &*token)]] {
        let refused = browser.post("/afmelden", &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{fields:?}");
    }
    let body = format!("csrf={token}");
    for (site, origin) in
        [("cross-site", "https://evil.example"), ("same-site", "null"), ("same-origin", "https://evil.example")]
    {
        let request = Request::post("/afmelden").header("sec-fetch-site", site).header("origin", origin);
        let refused = browser.send(request, body.clone()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{site} {origin}");
    }
    let silent = browser.send(Request::post("/afmelden"), body.clone()).await;
    assert_eq!(silent.status, StatusCode::FORBIDDEN, "nobody says from where");
    assert_eq!(browser.get("/uitvragen").await.status, StatusCode::OK, "still signed in");
    let large = format!("csrf={token}&x={}", "x".repeat(70_000));
    let request = Request::post("/afmelden").header("sec-fetch-site", "same-origin");
    assert_eq!(browser.send(request, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut script = Browser { pages: browser.pages.clone(), cookies: browser.cookies.clone(), ..browser };
    let request = Request::post("/afmelden").header("sec-fetch-site", "same-origin").header(CSRF_HEADER, &token);
    assert_eq!(script.send(request, String::new()).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_itself_cannot_be_done_by_another_site() {
    let (house, anna) = house().await;
    let mut browser = Browser::at(&house);
    let fields = [("naam", "anna"), ("wachtwoord", PASSWORD), ("code", &*anna.code())];
    assert_eq!(browser.post("/aanmelden", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_stolen_cookie_in_another_browser_ends_the_session_for_both() {
    let (house, anna) = house().await;
    let mut browser = Browser::at(&house);
    browser.sign_in(&anna).await;
    let mut thief = Browser { name: "curl/8", cookies: browser.cookies.clone(), ..Browser::at(&house) };
    assert_eq!(thief.get("/uitvragen").await.to.as_deref(), Some("/aanmelden?reden=elders"));
    thief.name = browser.name;
    assert_eq!(thief.get("/uitvragen").await.to.as_deref(), Some("/aanmelden"));
    assert_eq!(browser.get("/uitvragen").await.to.as_deref(), Some("/aanmelden"));
}

#[tokio::test]
async fn a_cookie_that_is_sent_twice_is_nobodys() {
    let (house, anna) = house().await;
    let mut browser = Browser::at(&house);
    browser.sign_in(&anna).await;
    let mine = browser.cookies.iter().find(|(name, _)| name == "__Host-weegnet").cloned().unwrap();
    browser.cookies.push(mine);
    assert_eq!(browser.get("/uitvragen").await.to.as_deref(), Some("/aanmelden"));
}

#[tokio::test]
async fn whose_role_is_taken_is_out_at_the_next_page() {
    let (house, anna) = house().await;
    let change = crate::desk::operator::ChangePerson {
        person: "anna".parse().unwrap(),
        more: [Role::Reviewer].into(),
        until: None,
        credential: None,
    };
    house.desk("beheerder").change_person(change).await.unwrap();
    let mut browser = Browser::at(&house);
    browser.sign_in(&anna).await;
    assert_eq!(browser.get("/uitvragen").await.status, StatusCode::OK);
    house.desk("beheerder").take_role(TakeRole { person: "anna".parse().unwrap(), role: Role::Author }).await.unwrap();
    assert_eq!(browser.get("/uitvragen").await.to.as_deref(), Some("/aanmelden?reden=gewijzigd"));
}

#[tokio::test]
async fn signing_out_everywhere_ends_the_other_browsers_too() {
    let (house, anna) = house().await;
    let mut one = Browser::at(&house);
    one.sign_in(&anna).await;
    let mut other = Browser::at(&house);
    let form = other.get("/aanmelden").await;
    let fields = [("csrf", &*csrf(&form)), ("naam", "anna"), ("wachtwoord", PASSWORD), ("code", &*anna.next_code())];
    assert_eq!(other.post("/aanmelden", &fields).await.to.as_deref(), Some("/"));
    let token = csrf(&one.get("/afmelden").await);
    one.post("/afmelden", &[("csrf", &*token), ("overal", "ja")]).await;
    assert_eq!(other.get("/uitvragen").await.to.as_deref(), Some("/aanmelden"));
}

#[tokio::test]
async fn whoever_another_site_led_here_stays_signed_in() {
    let (house, anna) = house().await;
    let mut browser = Browser::at(&house);
    browser.sign_in(&anna).await;
    // The browser keeps its cookie to itself when another site leads here.
    let mut led = Browser::at(&house);
    let request = Request::get("/uitvragen")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    let seen = led.send(request, String::new()).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(seen.text.contains("content=\"0; url=/uitvragen\"") && led.cookies.is_empty());
    assert_eq!(browser.get("/uitvragen").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_confirmation_needs_another_code_and_leads_back() {
    let (house, anna) = house().await;
    let mut browser = Browser::at(&house);
    browser.sign_in(&anna).await;
    let form = browser.get("/aanmelden/bevestigen?terug=/uitvragen").await;
    assert_eq!(field(&form.text, "name=\"terug\" value=\""), "/uitvragen");
    let token = csrf(&form);
    let fields = |code| [("csrf", &*token), ("terug", "//evil.example"), ("code", code)];
    assert_eq!(browser.post("/aanmelden/bevestigen", &fields("12345")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let next = anna.next_code();
    assert_eq!(browser.post("/aanmelden/bevestigen", &fields(&next)).await.to.as_deref(), Some("/"));
    assert_eq!(browser.post("/aanmelden/bevestigen", &fields(&next)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn somebody_who_asks_too_fast_is_told_to_wait() {
    let (house, _) = house().await;
    let mut browser = Browser::at(&house);
    let client = guard::pace_of(None, &house.node.door.sessions, std::net::IpAddr::from([192, 0, 2, 1]).into());
    // This minute and the next are used up, whenever the request comes.
    let now = clock::now();
    for at in [now, now + weegnet_protocol::time::Millis::seconds(60)] {
        let minute = weegnet_protocol::Timestamp::from_seconds(at.as_seconds() / 60 * 60);
        for second in 0..60 {
            for _ in 0..20 {
                let _ = house.node.door.pace.admit(client, minute + weegnet_protocol::time::Millis::seconds(second));
            }
        }
    }
    let seen = browser.get("/toegankelijkheid").await;
    assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS);
}
