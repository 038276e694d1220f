use weegnet_protocol::log::LogName;
use weegnet_protocol::person::Fields;

use super::*;
use crate::people::Actor;

/// Monday 23 November 2026, 10:00 in the Netherlands.
const MONDAY: Timestamp = Timestamp::from_seconds(1_795_424_400);

struct World {
    facts: Vec<Facts>,
    persons: HashMap<CaseKey, PersonRef>,
    acts: Vec<HumanAct>,
    entries: ByCase,
    staff: Vec<PersonName>,
    of_journals: Vec<(Timestamp, EntryView)>,
    corrections: Vec<(Timestamp, String)>,
}

fn slot(number: usize) -> CaseKey {
    serde_json::from_str(&number.to_string()).unwrap()
}

fn entry(kind: EntryKind, index: u64) -> EntryView {
    let id = weegnet_protocol::id::EntryId::new(MONDAY, [index as u8; 10]);
    let (log, time) = (LogName::House, MONDAY.to_string());
    let none = (None, None);
    EntryView {
        log,
        index,
        time,
        kind,
        id,
        issuer: None,
        audience: None,
        convenant: None,
        body: none.0,
        statement: none.1,
    }
}

impl World {
    fn new() -> Self {
        let staff = ["anna", "bert", "j.de-vries"].map(|name| name.parse().unwrap()).into();
        World {
            facts: vec![],
            persons: HashMap::new(),
            acts: vec![],
            entries: ByCase::new(),
            staff,
            of_journals: vec![],
            corrections: vec![],
        }
    }

    fn case(&mut self, side: Side, surname: &str, change: impl FnOnce(&mut Facts)) {
        let number = self.facts.len();
        let fields =
            Fields { surname: Some(surname.parse().unwrap()), birth: "1985".parse().unwrap(), ..Fields::default() };
        self.persons.insert(slot(number), PersonRef::try_from(fields).unwrap());
        let kind = if side == Side::Own { EntryKind::DraftWritten } else { EntryKind::QuestionReceived };
        self.entries.insert(slot(number), vec![entry(kind, number as u64)]);
        let mut facts = Facts {
            uitvraag: UitvraagId::new(MONDAY, [number as u8; 10]),
            vault: slot(number),
            side,
            at: MONDAY,
            answer_by: MONDAY + Millis::hours(1),
            convenant: "c".parse().unwrap(),
            purpose: "doel".into(),
            peers: vec!["00000099000000002000".parse().unwrap()],
            outcome: Outcome::GeenMededeling,
            urgent: false,
            minor: false,
            author: (side == Side::Own).then(|| "anna".parse().unwrap()),
            approver: None,
            reviewer: None,
            candidates: 0,
            released: false,
        };
        change(&mut facts);
        self.facts.push(facts);
    }

    fn rules(&self, now: Timestamp) -> Vec<Finding> {
        let material = Material {
            facts: &self.facts,
            persons: &self.persons,
            acts: &self.acts,
            entries: &self.entries,
            staff: &self.staff,
            of_journals: &self.of_journals,
            corrections: &self.corrections,
            now,
        };
        findings("2026-11".parse().unwrap(), &material)
    }

    fn raises(&self, now: Timestamp) -> Vec<String> {
        self.rules(now).into_iter().map(|finding| finding.rule).collect()
    }
}

#[test]
fn an_ordinary_month_raises_nothing() {
    let mut world = World::new();
    world.case(Side::Own, "Bakker", |_| ());
    world.case(Side::Question, "Bakker", |facts| facts.candidates = 0);
    assert_eq!(world.raises(MONDAY + Millis::hours(2)), [""; 0]);
}

#[test]
fn many_questions_of_one_author() {
    let mut world = World::new();
    for name in ["Aa", "Bakker", "Cas", "Dirks"] {
        world.case(Side::Own, name, |_| ());
    }
    assert!(world.raises(MONDAY).is_empty());
    world.case(Side::Own, "Evers", |_| ());
    let found = world.rules(MONDAY);
    assert_eq!(found[0].rule, "veel-vragen-opsteller");
    assert_eq!((found[0].people.len(), found[0].cases.len(), found[0].entries.len()), (1, 5, 5));
}

#[test]
fn repeated_questions_about_one_person_by_one_asker() {
    let mut world = World::new();
    world.case(Side::Own, "Bakker", |_| ());
    world.case(Side::Question, "Bakker", |_| ());
    world.case(Side::Question, "Bakker", |facts| facts.peers = vec!["00000099000000003000".parse().unwrap()]);
    assert!(world.raises(MONDAY).is_empty(), "different askers");
    world.case(Side::Question, "BÁKKER", |_| ());
    let found = world.rules(MONDAY);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].rule.as_str(), found[0].cases.len()), ("herhaalde-vragen-persoon", 2));
}

#[test]
fn acts_outside_office_hours() {
    let mut world = World::new();
    let by = Some(Actor { person: "anna".parse().unwrap(), os_user: 0, way: None });
    for (at, index) in [(MONDAY, 1), (MONDAY + Millis::hours(12), 2)] {
        world.acts.push(HumanAct { by: by.clone(), case: None, at, entry: entry(EntryKind::Read, index) });
    }
    let found = world.rules(MONDAY);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].rule.as_str(), &found[0].entries[..]), ("buiten-kantooruren", &["house/2".to_owned()][..]));
}

#[test]
fn what_the_node_found_about_journals_and_corrections_that_wait() {
    let mut world = World::new();
    world.of_journals = vec![(MONDAY, entry(EntryKind::SplitView, 4)), (MONDAY, entry(EntryKind::WitnessOverride, 5))];
    world.corrections = vec![(MONDAY, "exchange/9".into())];
    assert_eq!(world.raises(MONDAY + HANDLED_WITHIN - Millis(1)), ["journaal-verschilt"; 2]);
    let found = world.rules(MONDAY + HANDLED_WITHIN);
    let places: Vec<_> = found.iter().flat_map(|finding| &finding.entries).collect();
    assert_eq!(places, ["house/4", "house/5", "exchange/9"]);
    assert_eq!(found[2].rule, "correctie-wacht");
    world.of_journals.clear();
    world.corrections = vec![(MONDAY - Millis::hours(40 * 24), "exchange/2".into())];
    assert!(world.raises(MONDAY).is_empty(), "of another period");
}

#[test]
fn what_nobody_reviewed_in_time() {
    let mut world = World::new();
    world.case(Side::Question, "Bakker", |facts| facts.candidates = 1);
    assert!(world.raises(MONDAY).is_empty(), "there is still time");
    assert_eq!(world.raises(MONDAY + Millis::hours(1)), ["onbeoordeeld-bij-termijn"]);
    world.facts[0].reviewer = Some("cor".parse().unwrap());
    assert!(world.raises(MONDAY + Millis::hours(1)).is_empty());
}

#[test]
fn a_reviewer_who_withholds_nearly_everything() {
    let mut world = World::new();
    for (n, name) in ["Aa", "Bakker", "Cas", "Dirks", "Evers"].into_iter().enumerate() {
        world.case(Side::Question, name, |facts| {
            facts.reviewer = Some("cor".parse().unwrap());
            facts.released = n < 2;
        });
    }
    assert!(world.raises(MONDAY).is_empty(), "3 of 5");
    world.facts[0].released = false;
    let found = world.rules(MONDAY);
    assert_eq!(found[0].rule, "aandeel-niet-verstrekt");
    assert_eq!(found[0].what, "4 van 5 beoordelingen: niet verstrekt");
}

#[test]
fn urgency_and_minors_always() {
    let mut world = World::new();
    world.case(Side::Question, "Bakker", |facts| facts.urgent = true);
    world.case(Side::Own, "Cas", |facts| facts.minor = true);
    assert_eq!(world.raises(MONDAY), ["spoed", "minderjarige"]);
}

#[test]
fn answered_and_never_weighed() {
    let mut world = World::new();
    world.case(Side::Own, "Bakker", |_| ());
    let late = MONDAY + Millis::hours(1) + WEIGHED_WITHIN;
    assert!(world.raises(late - Millis(1)).is_empty());
    assert_eq!(world.raises(late), ["zonder-weging"]);
    world.entries.get_mut(&slot(0)).unwrap().push(entry(EntryKind::Weging, 9));
    assert!(world.raises(late).is_empty());
}

#[test]
fn a_question_about_a_colleague_or_oneself() {
    let mut world = World::new();
    world.case(Side::Own, "de Vries", |_| ());
    assert_eq!(world.rules(MONDAY)[0].what, "mogelijk een vraag over een collega");
    world.facts[0].author = Some("j.de-vries".parse().unwrap());
    let found = world.rules(MONDAY);
    assert_eq!(
        (found[0].rule.as_str(), found[0].what.as_str()),
        ("zichzelf-of-collega", "mogelijk een vraag over zichzelf")
    );
    world.case(Side::Question, "de Vries", |_| ());
    assert_eq!(world.raises(MONDAY).len(), 1, "another organisation asks whom it asks");
}

#[test]
fn no_finding_names_the_person() {
    let mut world = World::new();
    for _ in 0..6 {
        world.case(Side::Own, "Nachtegaalstra", |facts| (facts.urgent, facts.minor) = (true, true));
    }
    let text = serde_json::to_string(&world.rules(MONDAY + WEIGHED_WITHIN + WEIGHED_WITHIN)).unwrap().to_lowercase();
    assert!(text.contains("herhaalde-vragen-persoon") && !text.contains("nachtegaal"));
}
