//! Checked later, from files, without a node: who was asked about sealed, and who stands in a table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use weegnet_node::clock;
use weegnet_node::sealed::shown::{Asked, Noted, Shown, ShownFile, TableShown};
use weegnet_protocol::codec::{Blob, Bytes};
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::{Checkpoint, EntryKind, Leaf, LogName, Origin, Receipt, Tree};
use weegnet_protocol::person::{Fields, PROFILE, PersonRef, link_keys};
use weegnet_protocol::sealed::LinkKey;
use weegnet_protocol::sealed::ask::ask;
use weegnet_protocol::sealed::secret::EpochSecret;
use weegnet_protocol::sealed::table::{Publication, Table};
use weegnet_protocol::sign::{Statement, read_body};
use weegnet_protocol::statement::{AskedSubject, Uitvraag};
use weegnet_tests::forger::{Forger, key, oin};
use weegnet_tests::organisation::{self, Organisation};
use weegnet_tests::people::register;
use weegnet_tests::{Ask, Federation, Person, Terms};

const GROUND: [&str; 4] = ["--mandate", "toezichthouder, brief 12", "--suspicion", "jaarlijkse controle"];

fn known() -> Person {
    Person::new("Yusuf", "Özdemirhan", "1985-03-12")
}

fn unknown() -> Person {
    Person::new("Wilhelmina", "Oosterhoutsema", "1970-12-01")
}

fn keys(person: &PersonRef) -> Vec<LinkKey> {
    link_keys(person, PROFILE).unwrap().iter().map(LinkKey::from).collect()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Files outside of the federation, as an auditor has them.
struct Desk<'a> {
    dir: TempDir,
    federation: &'a Federation,
}

impl Desk<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn export(&self, at: &Organisation, verb: &str, id: &[&str]) -> ShownFile {
        let out = self.file(&format!("{}-{}", at.name, id.first().unwrap_or(&"table")));
        let args = [id, &GROUND, &["--out", path(&out)]].concat();
        at.by("privacyfunctionaris").json(verb, &args).unwrap();
        ShownFile::read(&std::fs::read(out).unwrap()).unwrap()
    }

    fn put(&self, name: &str, file: &ShownFile) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, file.write().unwrap()).unwrap();
        path
    }

    /// What the verb prints, or why it refuses.
    fn audit(&self, args: &[&str]) -> Result<String, String> {
        let convenant = self.federation.convenant_path();
        let output = organisation::run(&[&["sealed", "audit"], args, &["--convenant", &convenant]].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    fn question(&self, asker: &ShownFile, responder: &ShownFile) -> Result<String, String> {
        let (asker, responder) = (self.put("asker", asker), self.put("responder", responder));
        self.audit(&["question", path(&asker), path(&responder)])
    }

    fn table(&self, shown: &ShownFile, people: &[Person]) -> Result<String, String> {
        let (shown, source) = (self.put("shown", shown), self.file("register.csv"));
        std::fs::write(&source, register(people)).unwrap();
        self.audit(&["table", path(&shown), "--register", path(&source)])
    }
}

/// A log that somebody wrote who has an organisation's keys: it holds this statement.
fn noted(of: &Organisation, kind: EntryKind, statement: &Statement) -> Noted {
    let leaf = Leaf {
        id: EntryId::new(clock::now(), [3; 10]),
        body: Some(statement.body_hash()),
        kind,
        time: clock::now(),
        convenant: None,
        statement: Some(statement.hash()),
    };
    let mut tree = Tree::default();
    tree.append(leaf.hash());
    let origin = Origin::new(&oin(of), LogName::Exchange, [9; 8]);
    let checkpoint = Checkpoint { origin, size: 1, root: tree.root(1).unwrap() }.sign(&key(of, "checkpoint"));
    let receipt = Receipt { leaf, inclusion: tree.inclusion(0, 1).unwrap(), checkpoint: checkpoint.note().to_owned() };
    Noted { envelope: statement.envelope.clone(), receipt }
}

#[test]
fn who_was_asked_about_is_proven_from_both_files_and_a_question_that_mixed_persons_is_caught() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, reclassering] = ["gemeente", "politie", "reclassering"].map(|name| &federation[name]);
    federation.knows("reclassering", &[known()]);
    federation.plant(&unknown());
    let id = gemeente.author().ask(&Ask::about(&unknown()).to_because(reclassering).within(600)).unwrap();
    politie.approver().approve_when_there(&id);
    reclassering.until_lines("question_tried", 1);

    let desk = Desk { dir: tempfile::tempdir().unwrap(), federation: &federation };
    let asker = desk.export(gemeente, "sealed export", &[&id]);
    let responder = desk.export(reclassering, "sealed export", &[&id]);
    for organisation in [gemeente, reclassering] {
        assert_eq!(organisation.lines_of("inspected").len(), 1, "the mandate is recorded");
        assert_eq!(organisation.lines_of("exported").len(), 1, "and that a file left");
    }
    let said = desk.question(&asker, &responder).unwrap();
    assert!(said.contains("Oosterhoutsema") && said.contains("and nobody else"), "{said}");
    let swapped = desk.question(&responder, &asker).unwrap_err();
    assert!(swapped.contains("the asker's first"), "{swapped}");

    // The asker shows another person, or another seed, than it asked with.
    let Shown::Asked(all) = &asker.shown else { panic!("it asked") };
    let honest = &all[0];
    let with = |change: &dyn Fn(&mut Asked)| {
        let mut asked = honest.clone();
        change(&mut asked);
        ShownFile { shown: Shown::Asked(vec![asked]), ..asker.clone() }
    };
    let other = with(&|asked| asked.subject.salt = Bytes([1; 32]));
    assert!(desk.question(&other, &responder).unwrap_err().contains("not the person who was approved"));
    let other = with(&|asked| asked.seed = Bytes([1; 32]));
    assert!(desk.question(&other, &responder).unwrap_err().contains("the question is another one"));

    // It mixed somebody else in, and shows the person who was approved. That was a miss, and is found all the same.
    let publication: Publication = read_body(&honest.publication_body.0).unwrap();
    let table = Table::read(&publication, &asker.cells[&publication.root]).unwrap();
    let mut question: Uitvraag = read_body(&honest.question_body.0).unwrap();
    let fields: Fields = serde_json::from_str(&Person::new("Karel", "Appelboomstra", "1999-08-07").to_json()).unwrap();
    let stranger = PersonRef::try_from(fields).unwrap();
    let mixed: Vec<LinkKey> =
        keys(&honest.subject.person).into_iter().take(4).chain(keys(&stranger).into_iter().take(4)).collect();
    let sealed = ask(&question.core.uitvraag_id, &honest.subject, &mixed, &publication, &table, &honest.seed).unwrap();
    question.subject = AskedSubject::Sealed(Box::new(sealed));
    let until = question.core.answer_by;
    let statement = Forger::of(&federation, gemeente).sign_until(question, reclassering, until);
    let mixed = with(&|asked| {
        asked.question = noted(gemeente, EntryKind::UitvraagSent, &statement);
        asked.question_body = statement.body.clone();
    });
    let received = Shown::Received(noted(reclassering, EntryKind::QuestionReceived, &statement));
    let received = ShownFile { shown: received, ..responder.clone() };
    let caught = desk.question(&mixed, &received).unwrap_err();
    assert!(caught.contains("or about others too"), "{caught}");
    // And it cannot show the honest question in its place: the other journal holds the one that came.
    let caught = desk.question(&asker, &received).unwrap_err();
    assert!(caught.contains("the two journals contradict each other"), "{caught}");
    // Nor an entry that no log of the responder's holds.
    let received = Shown::Received(noted(gemeente, EntryKind::QuestionReceived, &statement));
    let received = ShownFile { shown: received, ..responder.clone() };
    let caught = desk.question(&mixed, &received).unwrap_err();
    assert!(caught.contains("its log does not hold"), "{caught}");

    gemeente.author().withdraw(&id).unwrap();
    reclassering.until_lines("withdrawal_received", 1);
    federation.finish();
}

#[test]
fn a_table_is_proven_to_hold_its_register_and_a_cell_for_somebody_else_is_caught() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, reclassering] = ["gemeente", "reclassering"].map(|name| &federation[name]);
    let people = [known(), unknown()];
    federation.knows("reclassering", &people);
    let desk = Desk { dir: tempfile::tempdir().unwrap(), federation: &federation };
    let shown = desk.export(reclassering, "sealed export-table", &[]);
    let said = desk.table(&shown, &people).unwrap();
    assert!(said.contains("all of this register, and nobody else's"), "{said}");
    let missing = desk.table(&shown, &people[..1]).unwrap_err();
    assert!(missing.contains("does not stand where it must"), "{missing}");

    // The owner of the table lays somebody into it about whom it wants to hear, and shows the rest.
    let Shown::Table(honest) = &shown.shown else { panic!("a table") };
    let was: Publication = read_body(&honest.publication_body.0).unwrap();
    let of = |person: &Person| {
        let fields: Fields = serde_json::from_str(&person.to_json()).unwrap();
        keys(&PersonRef::try_from(fields).unwrap()).into_iter().map(|key| key.bytes).collect::<Vec<_>>()
    };
    let own: BTreeSet<Vec<u8>> = people.iter().flat_map(of).collect();
    let all: Vec<Vec<u8>> = own.iter().cloned().chain(of(&Person::new("Karel", "Appelboom", "1999-08-07"))).collect();
    let secret = EpochSecret::new(&[8; 32].into(), &was.table);
    let layout = secret.plan(&was.table, secret.place(&all)).unwrap();
    let fishing = layout.table(vec![layout.fill(0..u32::MAX)]).unwrap();
    let publication = secret.publish(&was.table, &fishing, was.valid_until);
    let statement = Forger::of(&federation, reclassering).sign(publication.clone(), gemeente);
    let file = TableShown {
        publication: noted(reclassering, EntryKind::PublicationSent, &statement),
        publication_body: Blob(statement.body.0.clone()),
        disclosure: secret.disclose(&was.table, &fishing, &own).unwrap(),
    };
    let cells: Vec<u8> = (0..publication.chunks()).flat_map(|at| fishing.chunk(at).unwrap().0.to_vec()).collect();
    let file =
        ShownFile { shown: Shown::Table(Box::new(file)), cells: [(publication.root, cells)].into(), ..shown.clone() };
    let caught = desk.table(&file, &people).unwrap_err();
    assert!(caught.contains("somebody who is not in the register"), "{caught}");
    // Without its cells, or with others, nothing is proven.
    let none = ShownFile { cells: Default::default(), ..shown.clone() };
    assert!(desk.table(&none, &people).unwrap_err().contains("no cells of the table"));
    let others: Vec<u8> = file.cells[&publication.root].clone();
    let others = ShownFile { cells: [(was.root, others)].into(), ..shown };
    assert!(desk.table(&others, &people).unwrap_err().contains("its root is another"));

    let officer = gemeente.by("privacyfunctionaris");
    let out = desk.file("none");
    let refused = officer.json("sealed export-table", &[&GROUND[..], &["--out", path(&out)]].concat()).unwrap_err();
    assert!(refused.says("no table of this register was published"), "{refused}");
    let author = reclassering.author();
    let refused = author.json("sealed export-table", &[&GROUND[..], &["--out", path(&out)]].concat()).unwrap_err();
    assert!(refused.code == Some(1) && !out.exists(), "{refused}");
    federation.finish();
}
