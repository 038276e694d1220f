//! What to try next: commands that work as they stand, with the directories of this demo.

use std::path::Path;

use super::cast::{APPROVER, AUTHOR, Cast, Who};
use super::convenant;
use super::error::DemoError;
use super::people::NEXT;
use super::place::Place;
use super::process::executable;
use super::question::{CRITERION, MOTIVATION};
use super::stage::{Stage, Tone};

/// Says what the nodes, which stay up, can be asked.
///
/// # Errors
/// When the file with the motivation cannot be written.
pub fn invite(cast: &Cast, stage: &Stage, place: &Place) -> Result<(), DemoError> {
    let motivation = place.write("motivation.txt", MOTIVATION.as_bytes())?;
    let dir = |who| quoted(cast.at(who).home.dir());
    let [given, prefix, surname, birth] = NEXT;
    let politie = cast.at(Who::Politie);
    stage.scene("The five nodes stay up: try, in another terminal");
    stage.say(Tone::Plain, &format!("alias weegnet={}", quoted(&executable()?)));
    let commands = [
        format!(
            "weegnet ask {} --as {AUTHOR} --convenant {} --given-names {given} --prefix {} --surname {surname} --birth {birth} \
             --criterion {CRITERION} --motivation {} --to {} --answer-by 10m",
            dir(Who::Gemeente),
            convenant::ID,
            quoted(Path::new(prefix)),
            quoted(&motivation),
            politie.card.oin,
        ),
        format!("weegnet uitvraag list {} --as {APPROVER}", dir(Who::Politie)),
        format!("weegnet uitvraag approve {} ID --as {APPROVER}", dir(Who::Politie)),
        format!("weegnet inbox list {} --as {}", dir(Who::Politie), Who::Politie.reviewer()),
        format!("weegnet inbox release {} ID --as {}", dir(Who::Politie), Who::Politie.reviewer()),
        format!("weegnet uitvraag show {} ID --as {AUTHOR}", dir(Who::Gemeente)),
        format!("weegnet log list {}", dir(Who::Politie)),
        format!("weegnet log verify {}", dir(Who::Zorg)),
    ];
    stage.say(Tone::Plain, &commands.join("\n"));
    let names: Vec<_> = Who::ALL.iter().map(|who| format!("{}.csv", who.part().name)).collect();
    let stays = if place.is_kept() {
        "Ctrl-C stops the nodes; the directories stay."
    } else {
        "Ctrl-C stops the nodes and removes the directories; --dir DIR keeps them."
    };
    stage.say(
        Tone::Aside,
        &format!("The people in the registers are in {} ({}).\n{stays}", quoted(place.dir()), names.join(", ")),
    );
    Ok(())
}

/// As a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_every_path_as_one_word() {
        assert_eq!(quoted(Path::new("/tmp/weegnet-1/om")), "/tmp/weegnet-1/om");
        assert_eq!(quoted(Path::new("/tmp/a b")), "'/tmp/a b'");
        assert_eq!(quoted(Path::new("/tmp/it's")), "'/tmp/it'\\''s'");
    }
}
