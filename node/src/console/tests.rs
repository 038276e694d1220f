//! The desk against the route table: every role at every page, and nobody at any of them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;
use weegnet_policy::role::{Role, Roles};
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use super::Console;
use super::routes::{ROUTES, Route, Who, router};
use crate::clock;
use crate::config::NodeConfig;
use crate::create::{FIRST_OFFICER, FIRST_OPERATOR, create};
use crate::desk::Desk;
use crate::desk::operator::AddPerson;
use crate::desk::signin::{self, Attempt, InvitePerson, Visitor};
use crate::home::Home;
use crate::node::Node;
use crate::people::account::InvitationCode;
use crate::people::patience::Client;
use crate::people::session::SessionId;
use crate::people::{Credential, PersonName};

/// Requests of one session: fewer than its pace allows in a second.
const AT_ONCE: usize = 12;
const PASSWORD: &str = "een lange zin die niemand raadt 7";

struct House {
    node: Arc<Node>,
    pages: Router,
    _dir: tempfile::TempDir,
}

async fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(&dir.path().join("n"));
    let text = "oin = '00000099000000001000'\nname = 'Gemeente'\nrole = 'gemeente'\nlisten = '127.0.0.1:7420'\n";
    let config: NodeConfig = toml::from_str(text).unwrap();
    create(&home, config).await.unwrap();
    let node = Node::open(home).unwrap();
    let pages = router(Arc::new(Console::new(Arc::clone(&node), None)));
    House { node, pages, _dir: dir }
}

impl House {
    fn first(&self, role: Role) -> Desk {
        let name = if role.is_of_oversight() { FIRST_OFFICER } else { FIRST_OPERATOR };
        Desk::enter(&self.node, &Credential::read(&self.node.home, name).unwrap(), 0).unwrap()
    }

    /// Somebody with this role alone, signed in.
    async fn signed_in(&self, role: Role, name: &str) -> SessionId {
        let person: PersonName = name.parse().unwrap();
        let by = self.first(role);
        let until = (role == Role::Supervisor).then(|| clock::now() + Millis::hours(24));
        let credential = Credential::new(person.clone()).hash();
        by.add_person(AddPerson { person: person.clone(), roles: Roles::from([role]), credential, until })
            .await
            .unwrap();
        let code = InvitationCode::random().hash();
        by.invite(InvitePerson { person, code: Some(code) }).await.unwrap();
        let visitor = Visitor { client: Client::from(IpAddr::V4(Ipv4Addr::LOCALHOST)), browser: Hash::of(&[b""]) };
        let password = || Zeroizing::new(PASSWORD.to_owned());
        let key = signin::begin_enrolment(&self.node, name, code, password(), &visitor).await.unwrap();
        let now = clock::now();
        signin::finish_enrolment(&self.node, name, code, &key.shown(now), &visitor).await.unwrap();
        // A code counts once: the app shows the next one.
        let next = Zeroizing::new(key.shown(now + Millis::seconds(30)));
        let attempt = Attempt { name: name.into(), password: password(), code: next };
        signin::sign_in(&self.node, attempt, &visitor).await.unwrap()
    }

    async fn ask(&self, route: &Route, session: Option<&SessionId>) -> (StatusCode, Option<String>, String) {
        let id = if route.path.starts_with("/convenanten") {
            "geen".to_owned()
        } else if route.path.starts_with("/toezicht/afstemmen") {
            "00000099000000002000".to_owned()
        } else {
            UitvraagId::new(clock::now(), clock::random()).to_string()
        };
        let request = Request::builder()
            .method(if route.acts { "POST" } else { "GET" })
            .uri(route.path.replace("{id}", &id))
            .header(header::HOST, "localhost")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = match session {
            Some(id) => request.header(header::COOKIE, format!("__Host-weegnet={}", *id.token())),
            None => request,
        };
        let csrf = session.map(SessionId::csrf_token).unwrap_or_default();
        let form = format!(
            "csrf={csrf}&besluit=akkoord&gelezen=ja&gezien=ja&reden=omdat&stap=verzenden&taal=nl&periode=2026-11"
        );
        let body = if route.acts { Body::from(form) } else { Body::empty() };
        let response = self.pages.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{}", route.path);
        let to = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let status = response.status();
        let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, to, String::from_utf8(text.to_vec()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_meets_at_every_page_what_the_table_says() {
    let house = house().await;
    for role in Role::ALL {
        for (n, routes) in ROUTES.chunks(AT_ONCE).enumerate() {
            let name = format!("{}-{n}", role.as_str().replace('_', "-"));
            let session = house.signed_in(role, &name).await;
            for route in routes {
                let (status, to, text) = house.ask(route, Some(&session)).await;
                let told = format!("{role} at {} (acts: {}): {status} {to:?}", route.path, route.acts);
                let allowed = match route.who {
                    Who::Anybody | Who::SignedIn => true,
                    Who::Any(roles) => roles.contains(&role),
                };
                // What leaves is confirmed with a new code, and only whoever may let it go is asked for one.
                let confirms = status == StatusCode::FORBIDDEN && text.contains("/aanmelden/bevestigen");
                if confirms {
                    assert!(allowed && route.confirmed, "{told}");
                } else if allowed {
                    let fine = status.is_success() || status.is_redirection() || status == StatusCode::NOT_FOUND;
                    assert!(fine && to.as_deref() != Some("/aanmelden"), "{told}");
                    assert!(status != StatusCode::NOT_FOUND || route.path.contains("{id}"), "{told}");
                } else {
                    // What does not exist is not there for anybody; where nothing is named, the role is what is missing.
                    let named = route.path.contains("{id}") && status == StatusCode::NOT_FOUND;
                    assert!(status == StatusCode::FORBIDDEN || named, "{told}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_left_open_gives_way_to_the_form_after_its_session() {
    let house = house().await;
    let session = house.signed_in(Role::PrivacyOfficer, "functionaris").await;
    let ask = |path: &str, cookie: Option<&SessionId>| {
        let request =
            Request::builder().uri(path).header(header::HOST, "localhost").header("sec-fetch-site", "same-origin");
        let request = match cookie {
            Some(id) => request.header(header::COOKIE, format!("__Host-weegnet={}", *id.token())),
            None => request,
        };
        house.pages.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let gives_way = |response: &axum::response::Response| {
        let text = response.headers().get(header::REFRESH).map(|to| to.to_str().unwrap().to_owned());
        text.map(|text| {
            text.split_once("; url=").map(|(after, to)| (after.parse::<u64>().unwrap(), to.to_owned())).unwrap()
        })
    };
    let (after, to) = gives_way(&ask("/toezicht/inzage/nieuw", Some(&session)).await.unwrap()).unwrap();
    assert!(after > crate::people::session::IDLE.0 / 1000, "the session has ended by then");
    assert_eq!(to, "/aanmelden?reden=ongebruikt");
    assert_eq!(gives_way(&ask("/toegankelijkheid", None).await.unwrap()), None, "who is nobody loses nothing");
    assert_eq!(gives_way(&ask("/aanmelden/bevestigen", Some(&session)).await.unwrap()), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_sees_nothing_of_anybody() {
    for routes in ROUTES.chunks(AT_ONCE) {
        let house = house().await;
        for route in routes.iter().filter(|route| route.who != Who::Anybody) {
            let (status, to, _) = house.ask(route, None).await;
            match route.acts {
                true => assert_eq!(status, StatusCode::FORBIDDEN, "{}", route.path),
                false => assert_eq!(to.as_deref(), Some("/aanmelden"), "{}", route.path),
            }
        }
    }
}
