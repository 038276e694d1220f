//! No room for another segment: the node refuses work, stays up, and goes on when there is room again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use weegnet_node::link::Reply;
use weegnet_protocol::frame::RejectCode;
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::{Ask, Federation, Person, Terms, wait};

/// Two segments of 16 MiB and the vault fit, a third segment does not.
const SMALL: &str = "size=40m";
/// A third segment fits, too.
const LARGE: &str = "size=80m";
/// More drafts than one segment holds.
const MOST_DRAFTS: usize = 4000;

#[test]
fn refuses_work_and_stays_up_until_there_is_room_again() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let person = Person::new("Apollonius", "Sijsjeslokkerma", "1981-01-21");
    federation.knows("politie", std::slice::from_ref(&person));
    federation.at_once(weegnet_tests::Organisation::stop);
    let Some(mount) = Mount::over(&politie.dir().join("journal")) else {
        eprintln!("SKIPPED: mounting a small file system is not permitted here (it takes root)");
        federation.finish();
        return;
    };
    om.start();
    politie.start();
    // Drafts with long motivations, then with short ones, until the exchange log's first segment is full.
    let asker = Forger::of(&federation, gemeente);
    let impostor = Impostor::of(&federation, gemeente);
    let fill = |motivation: String| {
        let refused = (0..MOST_DRAFTS).position(|_| {
            let mut draft = asker.draft(&person, &[om], 3600);
            draft.motivation.text = motivation.clone();
            draft.core.motivation = draft.motivation.commitment();
            let statement = asker.sign(draft, politie);
            match impostor.deliver(politie, &statement) {
                Reply::Receipt(_) => {
                    federation.forged(statement.claimed_header().unwrap().id.to_string());
                    false
                }
                Reply::Reject(code) => {
                    assert_eq!(code, RejectCode::Busy, "a node without room says that it cannot now");
                    true
                }
            }
        });
        refused.expect("the disk gets full")
    };
    let taken = fill("Lorem ipsum. ".repeat(600)) + fill("Lorem ipsum.".into());
    drop(impostor);
    gemeente.start();
    // Nothing can be asked of it or done here, and what is refused says why.
    let refused = politie.author().ask(&Ask::about(&person).to(om)).unwrap_err();
    assert!(refused.says("no disk space") && refused.says("not done"), "{refused}");
    assert!(politie.status().is_some());
    assert_eq!(politie.ended(), None, "it stays up");
    assert!(!politie.approver().uitvragen().unwrap().is_empty(), "what needs no writing works");
    let waiting = gemeente.author().ask(&Ask::about(&person).to(politie).to(om).approved_by(om)).unwrap();
    om.approver().approve_when_there(&waiting);
    om.until_lines("question_received", 1);
    assert!(politie.log().contains("no disk space"));
    assert_eq!(politie.lines_of("draft_received").len(), taken);

    // With room, everything that waited goes through by itself.
    mount.grow();
    politie.reviewer().release_when_there(&waiting);
    wait::until("the answer arrives", || {
        let view = gemeente.author().uitvraag(&waiting).ok()?;
        (view["answers"][0]["outcome"] == "Known").then_some(())
    });
    politie.author().ask(&Ask::about(&person).to(om)).unwrap();
    gemeente.until_lines("draft_received", 1);
    politie.restart();
    gemeente.author().withdraw(&waiting).unwrap();
    om.until_lines("withdrawal_received", 1);
    federation.finish();
    drop(mount);
}

/// A small file system in the place of a directory, with the directory's content.
struct Mount {
    dir: PathBuf,
}

impl Mount {
    fn over(dir: &Path) -> Option<Self> {
        let aside = dir.with_extension("aside");
        fs::rename(dir, &aside).unwrap();
        fs::create_dir(dir).unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", SMALL, "tmpfs", dir.to_str().unwrap()]);
        if !mounted {
            fs::remove_dir(dir).unwrap();
            fs::rename(&aside, dir).unwrap();
            return None;
        }
        let copied = Command::new("cp").args(["--archive", "--sparse=never"]).arg(aside.join(".")).arg(dir).status();
        assert!(copied.unwrap().success());
        fs::remove_dir_all(aside).unwrap();
        Some(Mount { dir: dir.to_path_buf() })
    }

    fn grow(&self) {
        assert!(mount(&["-o", &format!("remount,{LARGE}"), self.dir.to_str().unwrap()]));
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a node that a failed story left behind may still have files open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.dir).status();
    }
}

fn mount(args: &[&str]) -> bool {
    Command::new("mount").args(args).output().is_ok_and(|output| output.status.success())
}
