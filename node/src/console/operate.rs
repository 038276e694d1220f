//! The operator's pages: peers, people, and the convenanten, which everybody here may read.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use weegnet_policy::convenant::{Ratified, SignatureState, readable};
use weegnet_policy::role::Roles;
use weegnet_protocol::id::ConvenantId;

use super::page::{Page, Visitor, html, roles_in_words};
use super::when::{Moment, moment};
use crate::desk::operator::InForce;

struct Peer {
    name: String,
    oin: String,
    connected: bool,
    since: Option<Moment>,
    last_seen: Option<Moment>,
    in_flight: usize,
    violations: u64,
}

#[derive(Template)]
#[template(path = "peers.html")]
struct Peers {
    page: Page,
    list: Vec<Peer>,
}

/// Who can be reached.
pub async fn peers(visitor: Visitor) -> Result<Response, Response> {
    let peers = visitor.desk().peers().await.map_err(|error| visitor.refused(error))?;
    let list = peers.into_iter().map(|peer| Peer {
        name: peer.name,
        oin: peer.oin.to_string(),
        connected: peer.connected,
        since: peer.since.as_deref().map(moment),
        last_seen: peer.last_seen.as_deref().map(moment),
        in_flight: peer.in_flight,
        violations: peer.violations,
    });
    Ok(html(&Peers { page: visitor.page("place-peers"), list: list.collect() }))
}

struct Somebody {
    name: String,
    roles: String,
    until: Option<Moment>,
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    page: Page,
    list: Vec<Somebody>,
}

/// Who has which roles.
pub async fn people(visitor: Visitor) -> Result<Response, Response> {
    let people = visitor.desk().staff().await.map_err(|error| visitor.refused(error))?;
    let roles = |roles: Roles| match roles == Roles::default() {
        true => visitor.words.say("people-none"),
        false => roles_in_words(roles, visitor.words),
    };
    let list = people.into_iter().map(|one| Somebody {
        name: one.person.to_string(),
        roles: roles(one.roles),
        until: one.until.as_deref().map(moment),
    });
    Ok(html(&People { page: visitor.page("place-people"), list: list.collect() }))
}

#[derive(Template)]
#[template(path = "convenanten.html")]
struct Convenanten {
    page: Page,
    list: Vec<InForce>,
}

/// What holds here, what was replaced, what is to come.
pub async fn convenanten(visitor: Visitor) -> Response {
    html(&Convenanten { page: visitor.page("place-convenanten"), list: visitor.desk().in_force() })
}

#[derive(Template)]
#[template(path = "convenant.html")]
struct One {
    page: Page,
    text: String,
}

/// One convenant as those read it who decide.
pub async fn convenant(visitor: Visitor, Path(id): Path<ConvenantId>) -> Result<Response, Response> {
    let ratified = visitor.desk().convenant(&id).map_err(|error| visitor.refused(error))?;
    let states: BTreeMap<_, _> = ratified.parties().iter().map(|party| (party.oin, state(&ratified, party))).collect();
    let text = as_html(&readable(ratified.convenant(), &states));
    Ok(html(&One { page: visitor.page("convenant-title"), text }))
}

fn state(ratified: &Ratified, party: &weegnet_policy::convenant::Party) -> SignatureState {
    match () {
        () if ratified.has_ended(&party.oin) => SignatureState::Ended,
        () if party.is_founder() => SignatureState::Signed,
        () if ratified.takes_part(&party.oin) => SignatureState::Acceded,
        () => SignatureState::Accedes,
    }
}

/// Markdown as HTML. What looks like HTML in it is text; a heading is one level lower, below the page's own.
pub(super) fn as_html(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // Nothing in a convenant leads elsewhere.
        Event::Start(Tag::Link { .. } | Tag::Image { .. }) => Event::Text("".into()),
        Event::End(TagEnd::Link | TagEnd::Image) => Event::Text("".into()),
        Event::Start(Tag::Heading { level, .. }) => {
            Event::Html(format!("<h{0} class=\"nl-heading nl-heading--level-{0}\">", level as u8 + 1).into())
        }
        Event::End(TagEnd::Heading(level)) => Event::Html(format!("</h{}>\n", level as u8 + 1).into()),
        other => other,
    });
    let mut text = String::new();
    pulldown_cmark::html::push_html(&mut text, events);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_convenant_is_text() {
        let text = as_html("# Titel\n\n<script>alert(1)</script> en <b onclick=x>vet</b> [weg](https://example.org)\n");
        assert!(!text.contains("<script") && !text.contains("<b ") && !text.contains("href"), "{text}");
        assert!(text.contains("&lt;script"), "{text}");
    }
}
