//! What others send that is wrong: each thing gets its code, and the node stays up for everybody else.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use weegnet_node::clock;
use weegnet_node::link::{DeliverError, Reply};
use weegnet_protocol::codec::{self, Bytes, Hash};
use weegnet_protocol::frame::RejectCode::{self, *};
use weegnet_protocol::id::ConvenantRef;
use weegnet_protocol::sign::{Address, Statement};
use weegnet_protocol::statement::{Answer, Approval, Draft, Outcome, Refusal, RefusalCode, Withdrawal};
use weegnet_tests::faults::Chance;
use weegnet_tests::forger::{Forger, oin, seconds_from_now};
use weegnet_tests::impostor::Impostor;
use weegnet_tests::terms::string;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms, wait};

/// Longer than any reply takes that comes at all.
const NO_REPLY: Duration = Duration::from_secs(3);

fn person() -> Person {
    Person::new("Hieronymus", "Kramsvogelstra", "1988-02-11")
}

#[test]
fn every_wrong_statement_gets_its_code_and_is_not_written_down() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    gemeente.stop();
    let member = Forger::of(&federation, gemeente);
    let other = Forger::of(&federation, politie);
    let draft = || member.draft(&person(), &[politie], 600);
    let to_om = || member.address(&oin(om));
    let at = |change: &dyn Fn(&mut Address)| {
        let mut address = to_om();
        change(&mut address);
        member.sign_at(draft(), address)
    };
    let bytes = |change: &dyn Fn(&mut Statement)| {
        let mut statement = member.sign(draft(), om);
        change(&mut statement);
        statement
    };
    let raw = |body: Vec<u8>| member.sign_raw(member.sign(draft(), om).claimed_header().unwrap(), body);
    let nonce = [0x58, 0x20].into_iter().chain([7; 32]);
    let table: Vec<(&str, Statement, RejectCode)> = vec![
        ("for somebody else", member.sign(draft(), politie), WrongAudience),
        ("of somebody else", other.sign(other.draft(&person(), &[gemeente], 600), om), UnknownIssuer),
        (
            "in a name that is no party's",
            at(&|address| address.issuer = "00000099000000088000".parse().unwrap()),
            UnknownIssuer,
        ),
        ("signed with another's key", other.sign_at(draft(), to_om()), UnknownIssuer),
        ("expired", at(&|address| address.expires = seconds_from_now(-1)), Expired),
        ("expired long ago", at(&|address| address.expires = seconds_from_now(-1_000_000)), Expired),
        ("from the future", at(&|address| address.issued = seconds_from_now(180)), FromTheFuture),
        ("another text of the convenant", at(&|address| address.convenant.1 = Bytes([9; 32])), WrongConvenant),
        ("an amendment that nobody has", at(&|address| address.convenant.2 += 1), Behind),
        ("another convenant", at(&|address| address.convenant = other_convenant(&address.convenant)), WrongConvenant),
        ("truncated", bytes(&|statement| statement.envelope.0.truncate(40)), NonCanonical),
        ("no envelope", bytes(&|statement| statement.envelope.0.clear()), NonCanonical),
        ("trailing", bytes(&|statement| statement.envelope.0.push(0)), NonCanonical),
        ("filled unprotected header", bytes(&fill_unprotected), NonCanonical),
        (
            "another version",
            bytes(&|statement| replace(&mut statement.envelope.0, b"draft.v1", b"draft.v2")),
            UnknownVersion,
        ),
        (
            "another kind",
            bytes(&|statement| replace(&mut statement.envelope.0, b"draft.v1", b"trick.v1")),
            UnknownVersion,
        ),
        ("flipped signature", bytes(&|statement| *statement.envelope.0.last_mut().unwrap() ^= 1), BadSignature),
        ("another body", bytes(&|statement| statement.body = member.sign(draft(), om).body), BadSignature),
        ("truncated body", bytes(&|statement| statement.body.0.truncate(50)), NonCanonical),
        ("no body", bytes(&|statement| statement.body.0.clear()), NonCanonical),
        (
            "body of another kind",
            raw(member
                .sign(Withdrawal { uitvraag_id: draft().core.uitvraag_id, statement: Bytes([1; 32]) }, om)
                .body
                .0),
            NonCanonical,
        ),
        (
            "deep body",
            raw([0x82].into_iter().chain(nonce.clone()).chain([0x81; 40]).chain([0]).collect()),
            NonCanonical,
        ),
        ("indefinite body", raw([0x9f].into_iter().chain(nonce).chain([0, 0xff]).collect()), NonCanonical),
        ("an approval of nothing", member.sign(Approval::of(&draft()), om), Unrelated),
        ("an answer to nothing", member.sign(answer(&draft()), om), Unrelated),
        ("a refusal of nothing", member.sign(refusal(&draft()), om), Unrelated),
        ("a withdrawal of nothing", member.sign(withdrawal(&draft()), om), Unrelated),
    ];
    let impostor = Impostor::of(&federation, gemeente);
    let before = om.lines().len();
    for (what, statement, code) in &table {
        assert_eq!(impostor.deliver(om, statement), Reply::Reject(*code), "{what}");
    }
    let too_large = bytes(&|statement| statement.body.0.resize(70_000, 0));
    assert!(matches!(impostor.try_deliver(om, &too_large, NO_REPLY), Err(DeliverError::TooLarge { .. })));
    assert_eq!(om.lines().len(), before, "nothing of it stands in the journal");

    // One id, one statement.
    let good = member.sign(draft(), om);
    federation.forged(good.claimed_header().unwrap().id.to_string());
    let Reply::Receipt(receipt) = impostor.deliver(om, &good) else { panic!("a good draft is taken") };
    let mut same_id = to_om();
    same_id.id = good.claimed_header().unwrap().id;
    let mut other_body = good.clone();
    other_body.body.0[5] ^= 1;
    let reused = [
        ("other content", member.sign_at(draft(), same_id.clone())),
        ("another kind", member.sign_at(withdrawal(&draft()), same_id)),
        ("another body", other_body),
        ("the same uitvraag again", member.sign(codec_draft(&good), om)),
    ];
    for (what, statement) in &reused {
        assert_eq!(impostor.deliver(om, statement), Reply::Reject(IdReused), "{what}");
    }
    assert_eq!(impostor.deliver(om, &good), Reply::Receipt(receipt));
    assert_eq!(om.lines_of("draft_received").len(), 1);
    drop(impostor);
    gemeente.start();
    works(&federation);
    federation.finish();
}

#[test]
fn a_draft_that_does_not_fit_together_is_refused_and_not_kept() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, om, reclassering] =
        ["gemeente", "politie", "om", "reclassering"].map(|name| &federation[name]);
    federation.plant(&person());
    gemeente.stop();
    let member = Forger::of(&federation, gemeente);
    let draft = |change: &dyn Fn(&mut Draft)| {
        let mut draft = member.draft(&person(), &[politie], 600);
        change(&mut draft);
        draft
    };
    let commit = |draft: &mut Draft| draft.core.subject = draft.subject.commitment();
    let table = [
        ("other words", draft(&|draft| draft.motivation.text.push('!')), RefusalCode::Malformed),
        ("another mark", draft(&|draft| draft.subject.minor = true), RefusalCode::Malformed),
        ("nobody to ask", draft(&|draft| draft.recipients.clear()), RefusalCode::Malformed),
        ("somebody twice", draft(&|draft| draft.recipients.push(draft.recipients[0].clone())), RefusalCode::Malformed),
        ("another asker", draft(&|draft| draft.core.asker = oin(politie)), RefusalCode::Malformed),
        (
            "another purpose",
            draft(&|draft| draft.core.purpose = "https://voorbeeld.example/x".parse().unwrap()),
            RefusalCode::NotPermitted,
        ),
        (
            "an unknown criterion",
            draft(&|draft| {
                draft.subject.criteria = vec!["zomaar".parse().unwrap()];
                commit(draft);
            }),
            RefusalCode::NotPermitted,
        ),
        (
            "too long a window",
            draft(&|draft| draft.core.answer_by = seconds_from_now(1_000_000)),
            RefusalCode::Deadline,
        ),
    ];
    let impostor = Impostor::of(&federation, gemeente);
    for (what, draft, code) in table {
        let statement = member.sign(draft, om);
        federation.forged(statement.claimed_header().unwrap().id.to_string());
        assert!(matches!(impostor.deliver(om, &statement), Reply::Receipt(_)), "{what} is written down");
        assert_eq!(impostor.refusal_of(&statement), code, "{what}");
    }
    // Of each it is written down why, and nothing of what it said.
    let drafts = om.lines_of("draft_received");
    assert_eq!(om.lines_of("policy_decision").len(), drafts.len());
    for line in &drafts {
        let kept = om.json("log show", &[&line.id]).unwrap()["kept"].clone();
        assert!(kept != "sealed" && kept != "public", "{kept}");
    }
    // When its window has closed nobody waits for the refusal any more; it is recorded all the same.
    let refused = om.lines_of("refusal_sent").len();
    let closed = member.sign(draft(&|draft| draft.core.answer_by = seconds_from_now(-5)), om);
    federation.forged(closed.claimed_header().unwrap().id.to_string());
    assert!(matches!(impostor.deliver(om, &closed), Reply::Receipt(_)));
    om.until_lines("refusal_sent", refused + 1);
    drop(impostor);
    // Who is no core party asks nobody, whatever its node says.
    reclassering.stop();
    let outsider = Forger::of(&federation, reclassering);
    let impostor = Impostor::of(&federation, reclassering);
    let statement = outsider.sign(outsider.draft(&person(), &[politie], 600), om);
    federation.forged(statement.claimed_header().unwrap().id.to_string());
    assert!(matches!(impostor.deliver(om, &statement), Reply::Receipt(_)));
    assert_eq!(impostor.refusal_of(&statement), RefusalCode::NotPermitted);
    drop(impostor);
    assert!(om.approver().uitvragen().unwrap().iter().all(|item| item["state"] != "ter goedkeuring"));
    federation.finish_but(|lost| lost.kind == "refusal_sent");
}

#[test]
fn only_who_was_asked_answers_and_only_once() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).within(6)).unwrap();
    politie.approver().approve_when_there(&id);
    om.until_lines("question_received", 1);
    let question = gemeente.lines_of("uitvraag_sent")[0].statement.clone().unwrap();
    let question: Hash = Bytes::from_hex(&question).unwrap();
    let known = Outcome::Known("Bel mij, 06 00000000".parse().unwrap());
    let known = || Answer::new(id.parse().unwrap(), question, known.clone());
    politie.stop();
    let impostor = Impostor::of(&federation, politie);
    let statement = Forger::of(&federation, politie).sign(known(), gemeente);
    assert_eq!(impostor.deliver(gemeente, &statement), Reply::Reject(Unrelated));
    drop(impostor);
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, om)["outcome"], "NoStatement");
    om.stop();
    let impostor = Impostor::of(&federation, om);
    let statement = Forger::of(&federation, om).sign(known(), gemeente);
    assert_eq!(impostor.deliver(gemeente, &statement), Reply::Reject(Unrelated));
    drop(impostor);
    assert_eq!(answer_of(&gemeente.author().uitvraag(&id).unwrap(), om)["outcome"], "NoStatement");
    federation.finish();
}

#[test]
fn only_who_was_asked_refuses_and_a_withdrawal_names_what_it_takes_back() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).to(politie).within(900)).unwrap();
    politie.approver().until_draft(&id);
    let sent = |kind: &str, to: &Organisation| -> Hash {
        let line = gemeente.lines_of(kind).into_iter().find(|line| line.audience.as_ref() == Some(&to.oin)).unwrap();
        Bytes::from_hex(&line.statement.unwrap()).unwrap()
    };
    // What was said to politie, om does not refuse.
    let refuses = |statement: Hash| {
        om.stop();
        let impostor = Impostor::of(&federation, om);
        let refusal = Refusal { code: RefusalCode::Declined, statement, uitvraag_id: id.parse().unwrap() };
        let refusal = Forger::of(&federation, om).sign(refusal, gemeente);
        assert_eq!(impostor.deliver(gemeente, &refusal), Reply::Reject(Unrelated));
        drop(impostor);
        om.start();
    };
    refuses(sent("draft_sent", politie));
    // Nor does a draft end because something else is taken back.
    gemeente.stop();
    let impostor = Impostor::of(&federation, gemeente);
    let other = Withdrawal { uitvraag_id: id.parse().unwrap(), statement: Bytes([3; 32]) };
    let other = Forger::of(&federation, gemeente).sign(other, politie);
    assert_eq!(impostor.deliver(politie, &other), Reply::Reject(Unrelated));
    drop(impostor);
    gemeente.start();
    politie.approver().approve(&id).unwrap();
    for recipient in [politie, om] {
        recipient.until_lines("question_received", 1);
    }
    wait::until("the receipt is there", || {
        let view = gemeente.author().uitvraag(&id).ok()?;
        (answer_of(&view, politie)["state"] == "ontvangen").then_some(())
    });
    refuses(sent("uitvraag_sent", politie));
    assert_eq!(answer_of(&gemeente.author().uitvraag(&id).unwrap(), politie)["state"], "ontvangen");
    gemeente.author().withdraw(&id).unwrap();
    for recipient in [politie, om] {
        recipient.until_lines("withdrawal_received", 1);
    }
    federation.finish();
}

#[test]
fn a_stranger_is_turned_away_and_counted() {
    let federation = Federation::start(Terms::core());
    let om = &federation["om"];
    federation.plant(&person());
    assert_eq!(om.status().unwrap()["strangers_refused"], 0);
    let stranger = Impostor::stranger(&federation);
    let statement = Forger::of(&federation, &federation["gemeente"]).sign(withdrawal_of_nothing(), om);
    assert_eq!(stranger.try_deliver(om, &statement, NO_REPLY), Err(DeliverError::Deadline));
    wait::until("the stranger is counted", || (om.status()?["strangers_refused"].as_u64()? > 0).then_some(()));
    works(&federation);
    drop(stranger);
    assert!(om.log().contains("strangers were turned away"));
    federation.finish();
}

#[test]
fn noise_and_half_open_connections_keep_nobody_out() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let mut chance = Chance::seeded(0x4e4f_4953);
    let mut held = Vec::new();
    for n in 0..80 {
        for organisation in [gemeente, politie, om] {
            let mut stream = TcpStream::connect(organisation.address).unwrap();
            let noise: Vec<u8> = match n % 4 {
                0 => Vec::new(),
                1 => (0..64).flat_map(|_| chance.draw().to_be_bytes()).collect(),
                2 => b"\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n\x16\x03\x01\x02\x00\x01".to_vec(),
                _ => b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            };
            // Who is turned away at once does not take it all.
            let _ = stream.write_all(&noise);
            held.push(stream);
        }
    }
    works(&federation);
    // A member gets in while they all hang on.
    gemeente.kill();
    gemeente.start();
    works(&federation);
    drop(held);
    works(&federation);
    // Said once, and then ever more seldom, with where they came from.
    for organisation in [politie, om] {
        let log = organisation.log();
        let said = log.lines().filter(|line| line.contains("connections to this node came to nothing")).count();
        assert!((1..20).contains(&said), "{said}");
        assert!(log.contains(r#""total":1,"from":"/ip4/127."#), "{log}");
    }
    federation.finish();
}

/// One uitvraag from beginning to end.
fn works(federation: &Federation) {
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).to(politie)).unwrap();
    politie.approver().approve_when_there(&id);
    let taken = |organisation: &weegnet_tests::Organisation| {
        wait::until("the question is taken", || {
            let view = gemeente.author().uitvraag(&id).ok()?;
            (answer_of(&view, organisation)["state"] == "ontvangen").then(|| string(&view, "id"))
        })
    };
    assert_eq!((taken(om), taken(politie)), (id.clone(), id.clone()));
    let before = om.lines_of("withdrawal_received").len();
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", before + 1);
    politie.until_lines("withdrawal_received", before + 1);
}

fn answer(draft: &Draft) -> Answer {
    Answer::new(draft.core.uitvraag_id, Bytes([3; 32]), Outcome::NoStatement)
}

fn refusal(draft: &Draft) -> Refusal {
    Refusal { code: RefusalCode::Declined, statement: Bytes([3; 32]), uitvraag_id: draft.core.uitvraag_id }
}

fn withdrawal(draft: &Draft) -> Withdrawal {
    Withdrawal { uitvraag_id: draft.core.uitvraag_id, statement: Bytes([3; 32]) }
}

fn withdrawal_of_nothing() -> Withdrawal {
    let uitvraag_id = weegnet_protocol::id::UitvraagId::new(clock::now(), clock::random());
    Withdrawal { uitvraag_id, statement: Bytes([3; 32]) }
}

/// The content of a draft statement.
fn codec_draft(statement: &Statement) -> Draft {
    weegnet_protocol::sign::read_body(&statement.body.0).unwrap()
}

fn other_convenant(reference: &ConvenantRef) -> ConvenantRef {
    ConvenantRef("ander-convenant".parse().unwrap(), reference.1, reference.2)
}

/// Puts a key id into the unprotected header, which a verifier that looks at signatures alone would not see.
fn fill_unprotected(statement: &mut Statement) {
    let bytes = &mut statement.envelope.0;
    // d2 84 59 LL LL <protected> a0 …, or 58 LL.
    let protected = match bytes[2] {
        0x58 => 4 + usize::from(bytes[3]),
        0x59 => 5 + usize::from(u16::from_be_bytes([bytes[3], bytes[4]])),
        other => panic!("a protected header of another length: {other:x}"),
    };
    assert_eq!(bytes[protected], 0xa0);
    bytes.splice(protected..=protected, [0xa1, 0x04, 0x41, 0x00]);
    codec::check(bytes).unwrap();
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
}
