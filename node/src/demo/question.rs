//! The main scene: one question, approved by another core party, travels to four; two let their contact point go.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;
use weegnet_protocol::Oin;
use weegnet_protocol::id::{Slug, UitvraagId};
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::time::Millis;

use super::cast::{APPROVER, AUTHOR, Cast, Who};
use super::convenant;
use super::error::DemoError;
use super::people;
use super::process::until;
use super::stage::{Stage, Tone};
use crate::api::{Asked, Caller, Reason};
use crate::cli::compared;
use crate::clock;
use crate::desk::ask::{AskRequest, To};
use crate::desk::view::{AnswerView, DraftView, InboxItem, NOT_ASKED, OwnView, ReviewView, Summary};

/// What the approver reads; it goes to core parties only.
pub const MOTIVATION: &str = "Noodzaak: een buurtwerker meldt een concrete dreiging. Proportionaliteit: één vraag over \
    één persoon, en een antwoord is hoogstens een contactpunt. Subsidiariteit: er is geen lichter middel. (Demo.)";
/// The criterion of every question here.
pub const CRITERION: &str = "dreiging-geuit";
/// Why reclassering is asked.
pub const SUPERVISION: &str = "lopend-toezicht";
/// Why zorg is asked.
pub const GUIDANCE: &str = "lopende-begeleiding";
/// How long each step between two nodes may take, and the last answers after the deadline: 15 s.
const STEP: Duration = Duration::from_secs(15);
/// When the author looks for the last answers, after the deadline: 300 ms.
const BEHIND: Millis = Millis(300);

/// A question that was answered by all.
#[derive(Debug, Serialize)]
pub struct Answered {
    id: UitvraagId,
    answers: Vec<Said>,
}

/// One answer.
#[derive(Debug, Serialize)]
struct Said {
    oin: Oin,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
}

/// A question of the gemeente in the demo's words.
pub fn request(person: Fields, to: Vec<To>, within: Duration) -> Result<AskRequest, DemoError> {
    Ok(AskRequest {
        convenant: code(convenant::ID)?,
        person,
        criteria: vec![code(CRITERION)?],
        motivation: MOTIVATION.into(),
        to,
        urgent: false,
        answer_within: Some(within.as_secs()),
        approver: None,
    })
}

/// A code of the convenant.
pub fn code(text: &str) -> Result<Slug, DemoError> {
    text.parse().map_err(|_| DemoError::NotShown(format!("'{text}' is no code of a convenant")))
}

/// Asks, approves, reviews, and waits for the last answer.
///
/// # Errors
/// When not exactly the two who know the person answer so, or anything on the way does not work.
pub async fn play(cast: &Cast, stage: &Stage, within: Duration) -> Result<Answered, DemoError> {
    stage.scene("One question about one person");
    let anna = cast.at(Who::Gemeente).as_person(AUTHOR).await?;
    let oin = |who| cast.at(who).card.oin;
    let to = vec![
        To { oin: oin(Who::Politie), reason: None },
        To { oin: oin(Who::Om), reason: None },
        To { oin: oin(Who::Reclassering), reason: Some(code(SUPERVISION)?) },
        To { oin: oin(Who::Zorg), reason: Some(code(GUIDANCE)?) },
    ];
    let answer_by = (clock::now() + Millis(u64::try_from(within.as_millis()).unwrap_or(u64::MAX))).ceil_second();
    let Asked { id } = anna.post("/v1/uitvragen", &request(people::asked(), to, within)?).await?;
    stage.act(Who::Gemeente, Tone::Plain, &format!("{AUTHOR} asks about {}", full_name(&people::asked())));
    stage.detail(&format!(
        "uitvraag {id}\nanswers are due {} s from now; nobody is asked before another core party approves",
        within.as_secs()
    ));
    approve(cast, stage, id).await?;

    let mut news = News { anna, id, cast, stage, told: BTreeMap::new() };
    news.until(|view| view.answers.iter().all(|answer| !on_its_way(answer))).await?;
    review(cast, stage, id, Who::Reclassering, true).await?;
    news.until(|view| has_answered(view, oin(Who::Reclassering))).await?;
    review(cast, stage, id, Who::Zorg, true).await?;
    news.until(|view| has_answered(view, oin(Who::Zorg))).await?;
    review(cast, stage, id, Who::Politie, false).await?;
    let olaf = cast.at(Who::Om).as_person(Who::Om.reviewer()).await?;
    if !olaf.get::<Vec<InboxItem>>("/v1/inbox").await?.is_empty() {
        return Err(DemoError::NotShown("the OM has a possible match where nobody fits".into()));
    }
    stage.act(
        Who::Om,
        Tone::Plain,
        "nothing waits for a reviewer: same name, other birth date; a name alone never matches",
    );
    stage.say(
        Tone::Aside,
        "Withheld, no match, nobody looked: until the deadline, and at it, all look the same from outside.",
    );
    // Looking is itself recorded at the gemeente, so nobody looks before something can have changed.
    sleep(clock::until(answer_by + BEHIND)).await;
    let view = news.until(|view| view.ended).await?;
    judge(cast, view)
}

async fn approve(cast: &Cast, stage: &Stage, id: UitvraagId) -> Result<(), DemoError> {
    let bert = cast.at(Who::Politie).as_person(APPROVER).await?;
    until("the draft to reach politie", STEP, async || {
        let drafts: Vec<Summary> = bert.get("/v1/uitvragen").await?;
        Ok(drafts.into_iter().find(|draft| draft.id == id))
    })
    .await?;
    let draft: DraftView = bert.get(&format!("/v1/drafts/{id}")).await?;
    stage.act(
        Who::Politie,
        Tone::Plain,
        &format!("{APPROVER} reads the draft: person, criterion, motivation, recipients"),
    );
    let reason = |reason: &Option<Slug>| reason.as_ref().map_or("kernpartij".into(), |code| code.to_string());
    let to: Vec<_> = draft
        .recipients
        .iter()
        .map(|(oin, why)| format!("{} ({})", cast.by_oin(oin).map_or("?", |who| who.part().name), reason(why)))
        .collect();
    stage.detail(&format!("to {}", to.join(", ")));
    let () = bert.post(&format!("/v1/drafts/{id}/approve"), &()).await?;
    stage.act(
        Who::Politie,
        Tone::Good,
        &format!("{APPROVER} approves exactly these bytes and recipients; politie's node signs"),
    );
    Ok(())
}

/// A reviewer looks at the possible matches and lets the contact point go, or not.
async fn review(cast: &Cast, stage: &Stage, id: UitvraagId, who: Who, release: bool) -> Result<(), DemoError> {
    let name = who.reviewer();
    let reviewer = cast.at(who).as_person(name).await?;
    until("a possible match to reach a reviewer", STEP, async || {
        let inbox: Vec<InboxItem> = reviewer.get("/v1/inbox").await?;
        Ok(inbox.into_iter().find(|item| item.id == id))
    })
    .await?;
    let view: ReviewView = reviewer.get(&format!("/v1/inbox/{id}")).await?;
    for candidate in &view.candidates {
        stage.act(who, Tone::Plain, &format!("{name} sees a mogelijke overeenkomst, field by field"));
        let person = candidate.person.as_ref().map_or_else(|| "the row has gone".into(), described);
        stage.detail(&format!(
            "in the register  {person}  ({})\n{}",
            candidate.reason,
            compared::words(candidate).trim_end()
        ));
    }
    if release {
        let () = reviewer.post(&format!("/v1/inbox/{id}/release"), &()).await?;
        stage.act(who, Tone::Good, &format!("{name} releases: only the neutral contact point leaves"));
    } else {
        let reason = Reason { reason: Some("andere persoon".into()) };
        let () = reviewer.post(&format!("/v1/inbox/{id}/withhold"), &reason).await?;
        stage.act(who, Tone::Plain, &format!("{name} withholds: another person; that reason never leaves"));
    }
    Ok(())
}

/// What the author sees, told as it changes.
struct News<'a> {
    anna: Caller,
    id: UitvraagId,
    cast: &'a Cast,
    stage: &'a Stage,
    told: BTreeMap<Oin, String>,
}

impl News<'_> {
    async fn until(&mut self, enough: impl Fn(&OwnView) -> bool) -> Result<OwnView, DemoError> {
        until("the question and its answers to travel", STEP, async || {
            let view: OwnView = self.anna.get(&format!("/v1/uitvragen/{}", self.id)).await?;
            for answer in &view.answers {
                self.tell(answer);
            }
            Ok(enough(&view).then_some(view))
        })
        .await
    }

    fn tell(&mut self, answer: &AnswerView) {
        let Some(who) = self.cast.by_oin(&answer.oin) else { return };
        if self.told.get(&answer.oin) == Some(&answer.state) {
            return;
        }
        self.told.insert(answer.oin, answer.state.clone());
        let name = who.part().name;
        let (tone, text) = match (answer.outcome.as_deref(), &answer.contact) {
            (Some("Known"), Some(contact)) => (Tone::Good, format!("← {name}: Neem contact op met {contact}")),
            (Some(_), _) => (Tone::Plain, format!("← {name}: Geen mededeling (zegt niets over of iemand bekend is)")),
            (None, _) if on_its_way(answer) => return,
            (None, _) => (Tone::Plain, format!("→ {name}: {}", answer.state)),
        };
        self.stage.act(Who::Gemeente, tone, &text);
    }
}

/// Whether nothing has come back from this recipient, not even a receipt.
fn on_its_way(answer: &AnswerView) -> bool {
    matches!(answer.state.as_str(), NOT_ASKED | "onderweg")
}

fn has_answered(view: &OwnView, oin: Oin) -> bool {
    view.answers.iter().any(|answer| answer.oin == oin && answer.outcome.is_some())
}

/// Two know the person, with their contact points from the convenant, and the others make no statement.
fn judge(cast: &Cast, view: OwnView) -> Result<Answered, DemoError> {
    let mut answers = Vec::new();
    for answer in view.answers {
        let who = cast.by_oin(&answer.oin);
        let expected = match who {
            Some(Who::Reclassering | Who::Zorg) => ("Known", who.map(|who| who.part().contact)),
            _ => ("NoStatement", None),
        };
        let came = (answer.outcome.as_deref().unwrap_or_default(), answer.contact.as_deref());
        if came != expected {
            let name = who.map_or("somebody", |who| who.part().name);
            return Err(DemoError::NotShown(format!("{name} was to answer {} and did not", expected.0)));
        }
        answers.push(Said { oin: answer.oin, outcome: expected.0.into(), contact: answer.contact });
    }
    Ok(Answered { id: view.id, answers })
}

fn full_name(person: &Fields) -> String {
    PersonRef::try_from(person.clone()).map(|person| described(&person)).unwrap_or_default()
}

fn described(person: &PersonRef) -> String {
    let parts = [person.given_names(), person.prefix(), person.surname()];
    let name: Vec<_> = parts.into_iter().flatten().map(|name| name.as_str()).collect();
    format!("{}, {}", name.join(" "), person.birth())
}
