//! What to try next: commands that work as they stand, with the directories of this demo.

use std::path::Path;

use super::cast::{APPROVER, AUTHOR, Cast, Who};
use super::convenant;
use super::error::DemoError;
use super::people::NEXT;
use super::place::Place;
use super::process::{executable, verb};
use super::question::{CRITERION, MOTIVATION};
use super::stage::{Stage, Tone};
use crate::create::{FIRST_OFFICER, FIRST_OPERATOR};

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

/// Where each organisation's console is, and an invitation to sign in for each of its people.
///
/// # Errors
/// When somebody cannot be invited.
pub async fn consoles(cast: &Cast, stage: &Stage) -> Result<(), DemoError> {
    let with_console = cast.organisations.iter().filter_map(|each| Some((each, each.console?)));
    let with_console: Vec<_> = with_console.collect();
    if with_console.is_empty() {
        return Ok(());
    }
    stage.scene("A console per organisation, for a browser");
    for (organisation, console) in with_console {
        stage.act(organisation.who, Tone::Good, &format!("https://{console}/"));
        let first = [(FIRST_OPERATOR, "operator"), (FIRST_OFFICER, "privacy_officer")];
        for (name, role) in organisation.who.part().people.iter().copied().chain(first) {
            let by = if role == "privacy_officer" { FIRST_OFFICER } else { FIRST_OPERATOR };
            let dir = organisation.home.dir();
            verb("people sign-in", &[&dir, &name, &"--as", &by]).await?;
            let path = organisation.home.credentials().join(format!("{name}.invitation"));
            let text = std::fs::read_to_string(&path).map_err(|source| DemoError::io(&path, source))?;
            let code = text.trim().split_once(' ').map_or("", |(_, code)| code);
            stage.detail(&format!("{name} ({role}): invitation {code}"));
        }
    }
    stage.say(
        Tone::Aside,
        "The certificates are self-made, so a browser warns. First choose a password under /aanmelden/inrichten, with name and\n\
         invitation, and read the QR code with any app for six-digit codes.",
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
