//! One uitvraag from its author to its answers: who is known is named, everything else looks alike.

use weegnet_node::journal::{self, Scanned};
use weegnet_protocol::log::Receipt;
use weegnet_tests::organisation::{Line, Organisation};
use weegnet_tests::terms::contact;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Person, Terms};

fn yusuf() -> Person {
    Person::new("Yusuf", "Özdemirhan", "1985-03-12")
}

#[test]
fn a_released_hit_names_the_contact_point_and_nothing_more() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[yusuf()]);
    let id = gemeente.author().ask(&Ask::about(&yusuf()).to(om)).unwrap();
    politie.approver().approve_when_there(&id);
    om.reviewer().until_in_inbox(&id);
    let review = om.reviewer().review(&id).unwrap();
    assert_eq!(review["candidates"][0]["source_record"], "Z-0");
    assert_eq!(review["candidates"][0]["reason"], "casus");
    assert_eq!(review["candidates"][0]["comparison"]["surname"], "same");
    om.reviewer().release(&id).unwrap();
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, om)["outcome"], "Known");
    assert_eq!(answer_of(&view, om)["contact"], contact("om"));
    federation.finish();
}

#[test]
fn finds_a_spelling_variant_an_alias_and_a_bsn() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let known = [
        yusuf(),
        Person::new("Ludovica", "Kruijsbergen", "1990-07-01").alias("Zwartemeeuw"),
        Person::new("Balthasar", "Uittenbogaart", "1979-01-30").with_bsn("123456782"),
        Person::new("Jannigje", "Vriesendorp", "19820000").prefixed("van der"),
    ];
    federation.knows("om", &known);
    let asked = [
        Person::new("Y.", "Ozdemirhan", "1985-03"),
        Person::new("", "Zwartemeeuw", "1990-07-01"),
        Person::default().with_bsn("123456782"),
        Person::new("Jannigje", "Van der Vriesendorp", "1982-05-06"),
    ];
    let nearly = [
        // Another birth date, another first name, and a BSN that somebody else has.
        Person::new("Yusuf", "Özdemirhan", "1986-03-12"),
        Person::new("Hendrik", "Özdemirhan", "1985-03-12"),
        Person::new("Balthasar", "Uittenbogaart", "1979-01-30").with_bsn("111222333"),
    ];
    let ask = |person: &Person| {
        federation.plant(person);
        let id = gemeente.author().ask(&Ask::about(person).to(om).within(20)).unwrap();
        politie.approver().approve_when_there(&id);
        id
    };
    let nearly: Vec<_> = nearly.iter().map(ask).collect();
    for (n, person) in asked.iter().enumerate() {
        let id = ask(person);
        om.reviewer().until_in_inbox(&id);
        let review = om.reviewer().review(&id).unwrap();
        assert_eq!(review["candidates"].as_array().map(Vec::len), Some(1));
        assert_eq!(review["candidates"][0]["source_record"], format!("Z-{n}"));
        om.reviewer().release(&id).unwrap();
    }
    let nearly_asked = nearly.len();
    for id in nearly {
        let view = gemeente.author().until_ended(&id);
        assert_eq!(answer_of(&view, om)["outcome"], "NoStatement");
    }
    assert_eq!(om.lines_of("candidates").len(), asked.len() + nearly_asked, "every search is recorded");
    federation.finish();
}

#[test]
fn a_withheld_hit_looks_like_no_hit() {
    let federation =
        Federation::start(Terms::core().and("dji", "casus").and("reclassering", "casus").and("rvdk", "casus"));
    let [gemeente, politie] = ["gemeente", "politie"].map(|name| &federation[name]);
    // All are asked sealed: who is asked openly publishes no table, so its journal has other entries.
    let [hit, none, ignored] = ["dji", "reclassering", "rvdk"].map(|name| &federation[name]);
    let other = Person::new("Wilhelmina", "Oosterhoutsema", "1970-12-01");
    // All know as many, so that nothing but this person differs.
    federation.knows("dji", &[yusuf()]);
    federation.knows("reclassering", &[other]);
    federation.knows("rvdk", &[yusuf()]);
    let ask = Ask::about(&yusuf()).to_because(hit).to_because(none).to_because(ignored).within(10);
    let id = gemeente.author().ask(&ask).unwrap();
    politie.approver().approve_when_there(&id);
    hit.reviewer().until_in_inbox(&id);
    hit.reviewer().review(&id).unwrap();
    hit.reviewer().withhold(&id).unwrap();
    ignored.reviewer().until_in_inbox(&id);
    none.until_lines("candidates", 1);
    assert!(none.reviewer().inbox().unwrap().is_empty());
    // Nor does a reviewer who knows its id get to see about whom others ask.
    let reviewer = none.reviewer();
    for tried in [reviewer.review(&id).map(drop), reviewer.release(&id), reviewer.withhold(&id)] {
        let refused = tried.unwrap_err();
        assert!(refused.says("there is no question with possible matches"), "{refused}");
    }
    let view = gemeente.author().until_ended(&id);
    assert_eq!(view["state"], "beantwoord");
    for organisation in [hit, none, ignored] {
        assert_eq!(answer_of(&view, organisation)["outcome"], "NoStatement");
        assert_eq!(answer_of(&view, organisation)["contact"], serde_json::Value::Null);
    }
    assert_eq!([hit, none, ignored].map(|one| one.lines_of("candidates").len()), [1; 3], "every search is recorded");
    federation.at_once(Organisation::stop);

    let traces = [hit, none, ignored].map(|organisation| seen_by(gemeente, organisation));
    let (first, rest) = traces.split_first().unwrap();
    for trace in rest {
        assert_eq!(trace.kinds, first.kinds, "the exchange logs show a difference");
        assert_eq!(trace.tree, first.tree, "receipts show another tree");
        assert_eq!(trace.receipt_bytes, first.receipt_bytes);
        assert_eq!(trace.envelope_bytes, first.envelope_bytes);
        assert_eq!(trace.body_bytes, first.body_bytes);
    }
    let answered: Vec<_> = traces.iter().map(|trace| trace.answered_second.clone()).collect();
    let due = view["answer_by"].as_str().unwrap();
    for second in &answered {
        assert!(second.as_str() >= &due[..19], "answered at {second}, due at {due}");
    }
    federation.finish();
}

/// What an asker can see of one recipient.
struct Trace {
    /// Entries of the recipient's exchange log, as tree sizes tell their number.
    kinds: Vec<String>,
    /// Leaf and size of the tree in the receipt for the question.
    tree: (u64, u64),
    receipt_bytes: usize,
    envelope_bytes: usize,
    body_bytes: usize,
    answered_second: String,
}

fn seen_by(asker: &Organisation, recipient: &Organisation) -> Trace {
    let exchange: Vec<Line> = recipient.lines().into_iter().filter(|line| line.log == "exchange").collect();
    let answer = exchange.iter().find(|line| line.kind == "answer_sent").unwrap();
    let mut receipts: Vec<Receipt> = Vec::new();
    let mut sizes = (0, 0);
    let dir = asker.dir().join("journal");
    journal::verify(
        &dir,
        |_, _| {},
        |scanned| {
            match scanned {
                Scanned::Receipt { receipt, .. } if receipt.checkpoint.contains(&recipient.oin) => {
                    receipts.push((**receipt).clone())
                }
                Scanned::Entry(stored) if stored.leaf.id.to_string() == answer.id => {
                    let body = journal::open_stored(&dir, stored).unwrap().unwrap();
                    sizes = (stored.envelope.as_ref().unwrap().0.len(), body.len());
                }
                _ => {}
            }
            Ok::<_, std::convert::Infallible>(())
        },
    )
    .unwrap();
    let [receipt] = &receipts[..] else { panic!("one receipt, for the question") };
    let size = receipt.checkpoint.lines().nth(1).unwrap().parse().unwrap();
    Trace {
        kinds: exchange.iter().map(|line| line.kind.clone()).collect(),
        tree: (receipt.inclusion.index, size),
        receipt_bytes: weegnet_protocol::codec::encode(receipt).len(),
        envelope_bytes: sizes.0,
        body_bytes: sizes.1,
        answered_second: answer.time[..19].to_owned(),
    }
}
