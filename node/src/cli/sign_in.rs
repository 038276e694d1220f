//! `weegnet people sign-in`: an invitation to sign in at the console, or the end of it.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, print, running_or_stopped};
use crate::create::FIRST_OPERATOR;
use crate::desk::signin::{InvitePerson, Invited};
use crate::home::Home;
use crate::keys;
use crate::people::PersonName;
use crate::people::account::InvitationCode;

#[derive(Debug, Args)]
pub struct SignInArgs {
    /// The node's directory
    dir: PathBuf,
    /// Who signs in; for an officer or supervisor a privacy officer invites, otherwise an operator
    name: PersonName,
    /// Where the invitation goes, for that person alone; DIR/credentials/NAME.invitation when absent
    #[arg(long, value_name = "FILE", conflicts_with = "revoke")]
    out: Option<PathBuf>,
    /// They sign in no more: every session of theirs ends now, and what was kept of their password goes
    #[arg(long)]
    revoke: bool,
    /// Who invites, or ends it
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(args: SignInArgs) -> Result<(), Failure> {
    let home = Home::open(&args.dir)?;
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    if args.revoke {
        let ended: Result<Invited, _> =
            caller.post("/v1/people/sign-in", &InvitePerson { person: args.name.clone(), code: None }).await;
        caller.close();
        ended?;
        if args.json {
            return print::json(&serde_json::json!({ "person": args.name, "revoked": true }));
        }
        return print::lines(&format!("{} signs in at the console no more.\n", args.name));
    }
    let path = args.out.unwrap_or_else(|| home.credentials().join(format!("{}.invitation", args.name)));
    let code = InvitationCode::random();
    // The file first: an invitation that nobody has would be of no use, a file that nobody was invited by opens nothing.
    let text = format!("{} {}\n", args.name, *code.to_type());
    match keys::replace(&path, text.as_bytes()) {
        Ok(()) => {}
        Err(source) => {
            caller.close();
            return Err(keys::KeyError::Io { path, source }.into());
        }
    }
    let invite = InvitePerson { person: args.name.clone(), code: Some(code.hash()) };
    let invited: Result<Invited, _> = caller.post("/v1/people/sign-in", &invite).await;
    caller.close();
    let until = match invited {
        Ok(invited) => invited.until.unwrap_or_default(),
        Err(error) => {
            let _ = std::fs::remove_file(&path);
            return Err(error.into());
        }
    };
    if args.json {
        return print::json(&serde_json::json!({ "person": args.name, "invitation": path, "until": until }));
    }
    print::lines(&format!(
        "Hand over {} to {} and nobody else, and delete it here: it holds the name and a code for\n\
         /aanmelden/inrichten on the console's address, to be used once, until {until}.\n",
        path.display(),
        args.name
    ))
}
