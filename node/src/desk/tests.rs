//! The desk of a node that has no convenant yet: who may do what, what must be said, and what is written down first.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use weegnet_policy::role::Role;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{EntryId, StatementId, UitvraagId};
use weegnet_protocol::log::LogName;
use weegnet_protocol::person::Fields;
use weegnet_protocol::time::Millis;

use super::ask::AskRequest;
use super::operator::{AddPerson, Adopt, ChangePerson, ImportOptions, TakeRole};
use super::oversee::{Export, Look};
use super::recover::Bring;
use super::retain::PlaceHold;
use super::subject::{Decide, FindRequest, RequestView, Words};
use super::tell::Tell;
use super::weigh::Weigh;
use super::witness::Override;
use super::*;
use crate::clock;
use crate::config::NodeConfig;
use crate::create::{FIRST_OFFICER, FIRST_OPERATOR, create};
use crate::exchange::weighed::Outcome;
use crate::home::Home;
use crate::oversight::entries;
use crate::oversight::export::Format;
use crate::oversight::facts::Selection;
use crate::oversight::subject::{Decision, Requester, Step};
use crate::witness::signing::State;

const OS_USER: u32 = 1000;

/// A node with one person for each role.
struct House {
    node: Arc<Node>,
    desks: BTreeMap<Role, Desk>,
    _dir: TempDir,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("huis"));
        let config: NodeConfig = toml::from_str(
            "oin = '00000099000000001000'\nname = 'Proef'\nrole = 'gemeente'\nlisten = '127.0.0.1:9000'\n",
        )
        .unwrap();
        create(&home, config).await.unwrap();
        let node = Node::open(home.clone()).unwrap();
        let first = |name| Desk::enter(&node, &Credential::read(&home, name).unwrap(), OS_USER).unwrap();
        let mut desks =
            BTreeMap::from([(Role::Operator, first(FIRST_OPERATOR)), (Role::PrivacyOfficer, first(FIRST_OFFICER))]);
        let until = clock::now() + Millis::hours(48);
        for (name, role) in
            [("anna", Role::Author), ("bert", Role::Approver), ("cor", Role::Reviewer), ("tess", Role::Supervisor)]
        {
            let (by, until) = match role {
                Role::Supervisor => (Role::PrivacyOfficer, Some(until)),
                _ => (Role::Operator, None),
            };
            let credential = Credential::new(name.parse().unwrap());
            let person = credential.person().clone();
            let add = AddPerson { person, roles: Roles::from([role]), credential: credential.hash(), until };
            desks[&by].add_person(add).await.unwrap();
            desks.insert(role, Desk::enter(&node, &credential, OS_USER).unwrap());
        }
        House { node, desks, _dir: dir }
    }

    fn officer(&self) -> &Desk {
        &self.desks[&Role::PrivacyOfficer]
    }

    fn count(&self, kind: EntryKind) -> usize {
        let mut found = 0;
        let journal = self.node.ledger.journal();
        entries::each(journal, |stored| found += usize::from(stored.leaf.kind == kind)).unwrap();
        found
    }
}

/// Closes the journal, so that the directory can go.
impl Drop for House {
    fn drop(&mut self) {
        self.node.ledger.close();
    }
}

fn is_for_another_role(error: &DeskError) -> bool {
    use PeopleError::{NeedsRole, OfficerOnly};
    matches!(error, DeskError::Denied(_) | DeskError::People(NeedsRole(_) | OfficerOnly))
}

fn uitvraag() -> UitvraagId {
    UitvraagId::new(Timestamp::from_seconds(1), [1; 10])
}

fn request() -> EntryId {
    EntryId::new(Timestamp::from_seconds(1), [1; 10])
}

fn words() -> Words {
    Words { text: "daarom".into() }
}

fn person() -> Fields {
    Fields { surname: Some("Niemandsma".parse().unwrap()), ..Fields::default() }
}

fn find() -> FindRequest {
    FindRequest {
        person: person(),
        requester: Requester::Person,
        verified_by: "paspoort".into(),
        case_number: None,
        received: None,
    }
}

fn selection() -> Selection {
    Selection::all_of("2026-11".parse().unwrap())
}

fn look(mandate: &str, suspicion: &str) -> Look {
    Look { selection: selection(), uitvraag: None, mandate: mandate.into(), suspicion: suspicion.into() }
}

fn decide(reason: &str) -> Decide {
    Decide { exception: None, reason: reason.into(), until: None, include: Vec::new(), leave_out: Vec::new() }
}

fn decided() -> weigh::Decide {
    weigh::Decide { outcome: Outcome::GeenActie, with: Vec::new(), reason: "daarom".into() }
}

fn hold(reason: &str) -> PlaceHold {
    PlaceHold { uitvraag: uitvraag(), reason: reason.into(), until: "2027-01-31".into() }
}

fn added(name: &str, role: Role) -> AddPerson {
    AddPerson {
        person: name.parse().unwrap(),
        roles: Roles::from([role]),
        credential: Hash::of(&[name.as_bytes()]),
        until: None,
    }
}

fn taken(role: Role) -> TakeRole {
    TakeRole { person: "niemand".parse().unwrap(), role }
}

fn question() -> AskRequest {
    AskRequest {
        convenant: "proef".parse().unwrap(),
        person: person(),
        criteria: Vec::new(),
        motivation: "daarom".into(),
        to: Vec::new(),
        urgent: false,
        answer_within: None,
        approver: None,
    }
}

type Act = fn(&Desk) -> BoxFuture<'_, Result<(), DeskError>>;

/// Every act of the desk, and whose it is. Nothing is there to act on: who may, hears that or gets nothing.
fn acts() -> Vec<(&'static str, &'static [Role], Act)> {
    use Role::{Approver, Author, Operator, PrivacyOfficer as Officer, Reviewer, Supervisor};
    macro_rules! act {
        (|$desk:ident| $call:expr) => {
            |$desk| async move { $call.await.map(drop) }.boxed()
        };
    }
    vec![
        ("ask", &[Author], act!(|desk| desk.ask(question()))),
        ("uitvragen", &[Author, Approver, Officer], act!(|desk| desk.uitvragen())),
        // An approver looks for a draft under the id of an uitvraag: that is no attempt at anything.
        ("uitvraag", &[Author, Approver, Officer], act!(|desk| desk.uitvraag(uitvraag()))),
        ("has_ended", &[Author, Officer], act!(|desk| desk.has_ended(uitvraag()))),
        ("withdraw", &[Author], act!(|desk| desk.withdraw(uitvraag()))),
        ("weigh", &[Author], act!(|desk| desk.weigh(uitvraag(), Weigh { of: None, criteria: Vec::new() }))),
        ("decide", &[Author], act!(|desk| desk.decide(uitvraag(), decided()))),
        ("draft", &[Approver, Officer], act!(|desk| desk.draft(uitvraag()))),
        ("approve", &[Approver], act!(|desk| desk.approve(uitvraag()))),
        ("decline", &[Approver], act!(|desk| desk.decline(uitvraag(), None))),
        ("inbox", &[Reviewer], act!(|desk| desk.inbox())),
        ("review", &[Reviewer], act!(|desk| desk.review(uitvraag()))),
        ("release", &[Reviewer], act!(|desk| desk.release(uitvraag(), None))),
        ("withhold", &[Reviewer], act!(|desk| desk.withhold(uitvraag(), "daarom".into()))),
        ("retention plan", &[Operator, Officer], act!(|desk| desk.retention_plan())),
        ("retention run --dry-run", &[Operator, Officer], act!(|desk| desk.retention_run(true))),
        ("retention run", &[Operator], act!(|desk| desk.retention_run(false))),
        ("holds", &[Operator, Officer], act!(|desk| desk.holds())),
        ("place hold", &[Officer], act!(|desk| desk.place_hold(hold("daarom")))),
        ("lift hold", &[Officer], act!(|desk| desk.lift_hold(uitvraag(), "daarom".into()))),
        ("override", &[Operator], act!(|desk| desk.sign_unheard(Override { reason: "daarom".into() }))),
        ("amend", &[Operator], act!(|desk| desk.bring_amendments(Bring { amendments: Vec::new() }))),
        ("adopt", &[Operator], act!(|desk| desk.adopt(Adopt { document: String::new(), signatures: BTreeMap::new() }))),
        ("may import", &[Operator], act!(|desk| desk.may_import(None))),
        ("import", &[Operator], |desk| {
            let import = || desk.import(&b""[..], &ImportOptions::default(), &Handle::current(), |_| {});
            async move { block_in_place(import).map(drop) }.boxed()
        }),
        ("refold", &[Operator], |desk| {
            async move { block_in_place(|| desk.refold(None, &Handle::current())).map(drop) }.boxed()
        }),
        ("add author", &[Operator], act!(|desk| desk.add_person(added("nieuw", Author)))),
        ("add officer", &[Officer], act!(|desk| desk.add_person(added("toezicht", Officer)))),
        (
            "change",
            &[Operator],
            act!(|desk| desk.change_person(ChangePerson {
                person: "niemand".parse().unwrap(),
                more: Roles::from([Reviewer]),
                until: None,
                credential: None,
            })),
        ),
        ("take author", &[Operator], act!(|desk| desk.take_role(taken(Author)))),
        ("take officer", &[Officer], act!(|desk| desk.take_role(taken(Officer)))),
        ("report", &[Officer, Supervisor], act!(|desk| desk.report(selection()))),
        ("findings", &[Officer, Supervisor], act!(|desk| desk.findings(selection().period))),
        ("log", &[Officer, Supervisor], act!(|desk| desk.log(None, None))),
        ("export", &[Officer, Supervisor], act!(|desk| desk.export(Export { format: Format::Csv, period: None }))),
        ("look", &[Officer], act!(|desk| desk.look(look("bestuur", "misbruik")))),
        ("corrections", &[Officer, Supervisor], act!(|desk| desk.corrections(true))),
        (
            "correction done",
            &[Officer],
            act!(|desk| desk.correction_done(StatementId::new(Timestamp::from_seconds(1), [1; 10]), words())),
        ),
        ("subject list", &[Officer, Supervisor], act!(|desk| desk.subject_list())),
        ("subject find", &[Officer], act!(|desk| desk.subject_find(find()))),
        ("subject show", &[Officer], act!(|desk| desk.subject_show(request()))),
        ("subject decide", &[Officer], act!(|desk| desk.subject_decide(request(), decide("daarom")))),
        ("subject extend", &[Officer], act!(|desk| desk.subject_extend(request(), words()))),
        ("subject letter", &[Officer], act!(|desk| desk.subject_letter(request()))),
        ("subject rectify", &[Officer], act!(|desk| desk.subject_rectify(request(), words()))),
        ("subject erasure", &[Officer], act!(|desk| desk.subject_erasure(request(), words()))),
        ("subject object", &[Officer], act!(|desk| desk.subject_object(request(), words()))),
        ("subject tell", &[Officer], act!(|desk| desk.subject_tell(request(), Tell::default()))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_is_for_its_roles_and_who_tries_without_is_recorded() {
    let house = House::new().await;
    for (what, may, act) in acts() {
        for (role, desk) in &house.desks {
            let before = house.count(EntryKind::ActDenied);
            let refused = act(desk).await.is_err_and(|error| is_for_another_role(&error));
            assert_eq!(refused, !may.contains(role), "{what} as {role}");
            let recorded = house.count(EntryKind::ActDenied) - before;
            assert_eq!(recorded > 0, refused, "{what} as {role}: {recorded} entries");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_written_down_before_it_shows_anything() {
    let house = House::new().await;
    for (what, act, kind, entries) in acts().into_iter().filter_map(|(what, _, act)| {
        let (kind, entries) = match what {
            "report" | "findings" | "log" | "look" | "corrections" | "subject list" => (EntryKind::Inspected, 1),
            "export" => (EntryKind::Exported, 1),
            // The request, and what was found.
            "subject find" => (EntryKind::SubjectAccess, 2),
            _ => return None,
        };
        Some((what, act, kind, entries))
    }) {
        let before = house.count(kind);
        act(house.officer()).await.unwrap();
        assert_eq!(house.count(kind) - before, entries, "{what}");
    }
}

/// What it says, when it is refused for what was given and nothing was written down.
async fn refused<T>(house: &House, act: impl Future<Output = Result<T, DeskError>>) -> String {
    let before = house.node.ledger.journal().checkpoint(LogName::House);
    let Err(DeskError::Input(said)) = act.await else { panic!("it is not refused") };
    let after = house.node.ledger.journal().checkpoint(LogName::House);
    assert_eq!(before, after, "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_says_why_and_says_it_briefly() {
    let house = House::new().await;
    let desk = house.officer();
    let id = desk.subject_find(find()).await.unwrap().line.id;
    let long = "x".repeat(4001);
    for (text, says) in [("", "--reason"), (" \n", "--reason"), (&long, "at most 4000 bytes")] {
        let words = || Words { text: text.into() };
        assert!(refused(&house, desk.subject_decide(id, decide(text))).await.contains(says));
        assert!(refused(&house, desk.subject_extend(id, words())).await.contains(says));
        let says = says.replace("reason", "what");
        assert!(refused(&house, desk.subject_rectify(id, words())).await.contains(&says));
        assert!(refused(&house, desk.subject_erasure(id, words())).await.contains(&says));
        assert!(refused(&house, desk.subject_object(id, words())).await.contains(&says));
        let done = StatementId::new(Timestamp::from_seconds(1), [1; 10]);
        assert!(refused(&house, desk.correction_done(done, words())).await.contains(&says));
        let verified = FindRequest { verified_by: text.into(), ..find() };
        assert!(refused(&house, desk.subject_find(verified)).await.contains(&says.replace("what", "verified-by")));
    }
    assert!(refused(&house, desk.look(look(&long, "misbruik"))).await.contains("at most 4000"));
    assert!(refused(&house, desk.look(look("bestuur", &long))).await.contains("at most 4000"));
    for (mandate, suspicion) in [("", "misbruik"), ("bestuur", " ")] {
        let denied = desk.look(look(mandate, suspicion)).await.err().unwrap();
        assert!(matches!(denied, DeskError::Denied(_)), "{denied}");
    }
    let early = FindRequest { received: Some(clock::now() + Millis::hours(48)), ..find() };
    assert!(refused(&house, desk.subject_find(early)).await.contains("after today"));
    for reason in ["", "  ", &"x".repeat(2001)] {
        assert!(refused(&house, desk.place_hold(hold(reason))).await.contains("reason"), "hold");
        assert!(refused(&house, desk.lift_hold(uitvraag(), reason.into())).await.contains("reason"), "lift");
        let reviewer = &house.desks[&Role::Reviewer];
        assert!(refused(&house, reviewer.withhold(uitvraag(), reason.into())).await.contains("reason"), "withhold");
    }
    assert!(refused(&house, desk.lift_hold(uitvraag(), "daarom".into())).await.contains("no hold lies"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_decides_once_and_in_words_that_a_node_signs_unheard() {
    let house = House::new().await;
    let desk = &house.desks[&Role::Operator];
    let signing = house.node.ledger.signing();
    let decided = |reason: &str| desk.sign_unheard(Override { reason: reason.into() });
    assert!(refused(&house, decided("daarom")).await.contains("signs already"));
    signing.wait_for_others();
    for reason in ["", " ", &"x".repeat(2001)] {
        assert!(refused(&house, decided(reason)).await.contains("--reason"));
        assert_eq!(signing.state(), State::Waits, "nothing was decided");
    }
    decided("de anderen zijn er niet").await.unwrap();
    assert_eq!((signing.state(), house.count(EntryKind::WitnessOverride)), (State::Signs, 1));
    signing.stop();
    assert!(refused(&house, decided("toch")).await.contains("recover with"));
    assert_eq!(signing.state(), State::RolledBack);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_whose_time_has_passed_gives_no_letter_before_it_is_decided_anew() {
    let house = House::new().await;
    let desk = house.officer();
    let RequestView { line, .. } = desk.subject_find(find()).await.unwrap();
    let slot = desk.subject_request(line.id).unwrap().slot;
    let exception = |until| Decision {
        exception: Some('d'),
        reason: "onderzoek".into(),
        until: Some(until),
        include: Vec::new(),
        leave_out: Vec::new(),
    };
    let record = |decision| {
        let entry = desk.step(slot, Some(line.id), Step::Decided(decision));
        house.node.ledger.record((), vec![entry])
    };
    record(exception(clock::now() + Millis::hours(1))).await.unwrap();
    desk.subject_letter(line.id).await.unwrap();
    record(exception(Timestamp::from_seconds(1))).await.unwrap();
    assert!(refused(&house, desk.subject_letter(line.id)).await.contains("decide first"));
    desk.subject_decide(line.id, decide("onderzoek gesloten")).await.unwrap();
    desk.subject_letter(line.id).await.unwrap();
}
