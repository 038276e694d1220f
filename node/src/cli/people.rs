//! `weegnet people`: who may do what on this node.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weegnet_policy::role::Role;
use weegnet_protocol::Timestamp;
use weegnet_protocol::time::Millis;

use super::ask::duration;
use super::{Failure, day, print, running_or_stopped};
use crate::clock;
use crate::create::FIRST_OPERATOR;
use crate::desk::operator::{AddPerson, ChangePerson, PersonView, TakeRole};
use crate::home::Home;
use crate::people::{Credential, PersonName, credential_path};

#[derive(Debug, Subcommand)]
pub enum PeopleVerb {
    /// Give a new person roles and write their credential file [running node, or a stopped one under its lock]
    Add(AddArgs),
    /// Give somebody who is here already another role, a supervisor a later end, or anybody a new credential [running node,
    /// or a stopped one under its lock]
    Change(ChangeArgs),
    /// Invite somebody to sign in at the console with a password and an app: writes the invitation that they use once, within
    /// 72 hours; also after a lost telephone. Or end it with --revoke [running node, or a stopped one under its lock]
    SignIn(super::sign_in::SignInArgs),
    /// Take a role from somebody else; never the last officer's or operator's [running node, or a stopped one under its
    /// lock]
    Remove(RemoveArgs),
    /// Who has which roles [running node, or a stopped one under its lock]
    List(ListArgs),
}

#[derive(Debug, Args)]
pub struct AddArgs {
    /// The node's directory
    dir: PathBuf,
    /// The new person's name: a-z, 0-9, '-', '_', '.'
    #[arg(long)]
    name: PersonName,
    /// Roles: author, approver, reviewer, privacy-officer, operator, supervisor; one person never holds author and
    /// approver, and a supervisor nothing else
    #[arg(long, required = true, value_delimiter = ',')]
    role: Vec<Role>,
    /// Last day of a supervisor, YYYY-MM-DD (UTC), or a moment from now such as 90s, 8h, 30d; for nobody else
    #[arg(long, value_name = "DATE", value_parser = until)]
    until: Option<Timestamp>,
    /// Where the credential file goes; DIR/credentials/NAME.credential when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Who gives the roles; a privacy officer or supervisor is named by a privacy officer
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// The node's directory
    dir: PathBuf,
    /// Who
    name: PersonName,
    /// Further roles, beside those that this person has
    #[arg(long, value_delimiter = ',')]
    role: Vec<Role>,
    /// From now on the last day of a supervisor, YYYY-MM-DD (UTC), or a moment from now such as 90s, 8h, 30d
    #[arg(long, value_name = "DATE", value_parser = until)]
    until: Option<Timestamp>,
    /// Write a new credential here, instead of one that was lost or seen by others: the old one lets nobody in any more
    #[arg(long, value_name = "FILE")]
    new_credential: Option<PathBuf>,
    /// Who changes it: for privacy officers and supervisors a privacy officer, otherwise an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// The node's directory
    dir: PathBuf,
    /// Whose role
    name: PersonName,
    /// Which role
    #[arg(long)]
    role: Role,
    /// Who takes it; a privacy officer's and a supervisor's are taken by a privacy officer
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// The node's directory
    dir: PathBuf,
    /// Who looks
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(verb: PeopleVerb) -> Result<(), Failure> {
    match verb {
        PeopleVerb::Add(args) => add(args).await,
        PeopleVerb::Change(args) => change(args).await,
        PeopleVerb::SignIn(args) => super::sign_in::run(args).await,
        PeopleVerb::Remove(args) => remove(args).await,
        PeopleVerb::List(args) => list(args).await,
    }
}

async fn add(args: AddArgs) -> Result<(), Failure> {
    let home = Home::open(&args.dir)?;
    let path = args.out.clone().unwrap_or_else(|| credential_path(&home, args.name.as_str()));
    let credential = Credential::new(args.name.clone());
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    // The file first: a role without a credential would be of no use, a credential without a role lets nobody in.
    credential.write(&path)?;
    let add = AddPerson {
        person: args.name.clone(),
        roles: args.role.iter().copied().collect(),
        credential: credential.hash(),
        until: args.until,
    };
    let added: Result<(), _> = caller.post("/v1/people", &add).await;
    caller.close();
    if let Err(error) = added {
        let _ = std::fs::remove_file(&path);
        return Err(error.into());
    }
    if args.json {
        return print::json(&serde_json::json!({ "person": args.name, "roles": add.roles, "credential": path }));
    }
    print::lines(&format!("{} can act here now; hand over {} and nothing else.\n", args.name, path.display()))
}

async fn change(args: ChangeArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let credential = args.new_credential.as_ref().map(|path| (Credential::new(args.name.clone()), path));
    if let Some((credential, path)) = &credential {
        credential.write(path)?;
    }
    let change = ChangePerson {
        person: args.name.clone(),
        more: args.role.iter().copied().collect(),
        until: args.until,
        credential: credential.as_ref().map(|(credential, _)| credential.hash()),
    };
    let changed: Result<(), _> = caller.post("/v1/people/change", &change).await;
    caller.close();
    if let Err(error) = changed {
        if let Some((_, path)) = &credential {
            let _ = std::fs::remove_file(path);
        }
        return Err(error.into());
    }
    if args.json {
        return print::json(
            &serde_json::json!({ "person": args.name, "roles": change.more, "credential": args.new_credential }),
        );
    }
    let mut text = format!("What {} may do here is changed, and written down.\n", args.name);
    if let Some(path) = &args.new_credential {
        text += &format!("Hand over {}: no earlier credential lets anybody in.\n", path.display());
    }
    print::lines(&text)
}

async fn remove(args: RemoveArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let take = TakeRole { person: args.name, role: args.role };
    let taken: Result<(), _> = caller.post("/v1/people/take", &take).await;
    caller.close();
    taken?;
    if args.json {
        return print::json(&take);
    }
    print::lines(&format!("{} is no longer {} here.\n", take.person, take.role.dutch()))
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let people: Result<Vec<PersonView>, _> = caller.get("/v1/people").await;
    caller.close();
    let people = people?;
    if args.json {
        return print::json(&people);
    }
    let line = |person: &PersonView| {
        let roles: Vec<_> = person.roles.iter().map(Role::dutch).collect();
        let until = person.until.as_ref().map(|until| format!("  tot {until}")).unwrap_or_default();
        let console = person.console.as_ref().map(|how| format!("  console: {how}")).unwrap_or_default();
        format!("{:24} {}{until}{console}\n", person.person, roles.join(", "))
    };
    print::lines(&people.iter().map(line).collect::<String>())
}

/// The end of a day, or so long from now.
fn until(text: &str) -> Result<Timestamp, String> {
    match day(text) {
        Ok(last) => Ok(last.start() + Millis::hours(24)),
        Err(_) => duration(text)
            .map(|seconds| clock::now() + Millis::seconds(seconds))
            .map_err(|_| "write a day as YYYY-MM-DD, or a length such as 8h or 30d".to_owned()),
    }
}
