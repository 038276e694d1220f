//! `weegnet people`: who may do what on this node.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weegnet_policy::role::Role;

use super::{Failure, print, running_or_stopped};
use crate::create::FIRST_OPERATOR;
use crate::desk::operator::{AddPerson, PersonView};
use crate::home::Home;
use crate::people::{Credential, PersonName, credential_path};

#[derive(Debug, Subcommand)]
pub enum PeopleVerb {
    /// Give a new person roles and write their credential file [running node, or a stopped one under its lock]
    Add(AddArgs),
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
    /// Roles: author, approver, reviewer, privacy-officer, operator; one person never holds author and approver
    #[arg(long, required = true, value_delimiter = ',')]
    role: Vec<Role>,
    /// Where the credential file goes; DIR/credentials/NAME.credential when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Who gives the roles; a privacy officer is named by a privacy officer
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
        format!("{:24} {}\n", person.person, roles.join(", "))
    };
    print::lines(&people.iter().map(line).collect::<String>())
}
