//! The command line: one file per verb. Each verb talks to a running node, or works under the lock of a stopped one, or
//! only reads public files; its help says which.

mod amend;
mod ask;
mod card;
pub(crate) mod compared;
mod convenant;
mod corrections;
mod explain;
mod export;
mod files;
mod inbox;
mod init;
mod log;
mod office;
mod officer;
mod people;
mod print;
mod prove;
mod reconcile;
mod register;
mod retention;
mod sealed;
mod serve;
mod shown;
mod sign_in;
mod situation;
mod subject;
mod tell;
mod uitvraag;
mod verify;
mod weigh;
mod witness;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use weegnet_protocol::time::Day;

use crate::api::Caller;
use crate::demo;
use crate::home::Home;
use crate::people::Credential;

/// Vragen of een organisatie iemand kent, zonder centrale database: ondertekend, doelgebonden, controleerbaar.
#[derive(Debug, Parser)]
#[command(name = "weegnet", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Five organisations as five processes on this machine: one uitvraag from beginning to end
    Demo(demo::DemoArgs),
    /// Make a new node [needs: an empty or new directory]
    Init(init::InitArgs),
    /// Print the public party record, for a convenant [only reads]
    Card(card::CardArgs),
    /// Give people roles, or list them [running node, or a stopped one under its lock]
    #[command(subcommand)]
    People(people::PeopleVerb),
    /// Check, sign, show and adopt convenanten
    #[command(subcommand)]
    Convenant(convenant::ConvenantVerb),
    /// Import who this organisation knows [running node, or a stopped one under its lock]
    #[command(subcommand)]
    Register(register::RegisterVerb),
    /// Run the node until SIGTERM or SIGINT [takes the directory's lock]
    Serve(serve::ServeArgs),
    /// Ask whether organisations know a person [running node]
    Ask(ask::AskArgs),
    /// See, approve, decline or withdraw uitvragen [running node]
    #[command(subcommand)]
    Uitvraag(uitvraag::UitvraagVerb),
    /// Review possible matches and let answers go, or not [running node]
    #[command(subcommand)]
    Inbox(inbox::InboxVerb),
    /// What members know of each other's journals
    #[command(subcommand)]
    Witness(witness::WitnessVerb),
    /// Tables by which is asked sealed: only who knows the person learns who is meant
    #[command(subcommand)]
    Sealed(sealed::SealedVerb),
    /// What goes when and why; erase, hold, and prove that it is gone
    #[command(subcommand)]
    Retention(retention::RetentionVerb),
    /// Verify, list and take from a journal
    #[command(subcommand)]
    Log(log::LogVerb),
    /// Requests for access: find, decide, answer [running node, or a stopped one under its lock]
    #[command(subcommand)]
    Subject(subject::SubjectVerb),
    /// Figures, findings and specific looks, for those who oversee [running node, or a stopped one under its lock]
    #[command(subcommand)]
    Officer(officer::OfficerVerb),
}

/// What every verb may end with: its message says what to do.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs one verb.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.verb {
        Verb::Demo(args) => demo::run(args).await,
        Verb::Init(args) => init::run(args).await,
        Verb::Card(args) => card::run(&args),
        Verb::People(verb) => people::run(verb).await,
        Verb::Convenant(verb) => convenant::run(verb).await,
        Verb::Register(verb) => register::run(verb).await,
        Verb::Serve(args) => serve::run(args).await,
        Verb::Ask(args) => ask::run(args).await,
        Verb::Uitvraag(verb) => uitvraag::run(verb).await,
        Verb::Inbox(verb) => inbox::run(verb).await,
        Verb::Witness(verb) => witness::run(verb).await,
        Verb::Sealed(verb) => sealed::run(verb).await,
        Verb::Retention(verb) => retention::run(verb).await,
        Verb::Log(verb) => log::run(verb).await,
        Verb::Subject(verb) => subject::run(verb).await,
        Verb::Officer(verb) => officer::run(verb).await,
    }
}

/// A running node, and who acts.
#[derive(Debug, Args)]
struct At {
    /// The node's directory
    dir: PathBuf,
    /// Who acts: a name in the node's credential directory, or the path of a credential file
    #[arg(long = "as", value_name = "NAME")]
    name: String,
}

impl At {
    async fn running(&self) -> Result<Caller, Failure> {
        running(&self.dir, &self.name).await
    }
}

async fn running(dir: &Path, name: &str) -> Result<Caller, Failure> {
    let home = Home::open(dir)?;
    let credential = Credential::read(&home, name)?;
    Ok(Caller::to_running(&home, Some(credential)).await?)
}

async fn running_or_stopped(dir: &Path, name: &str) -> Result<Caller, Failure> {
    let home = Home::open(dir)?;
    let credential = Credential::read(&home, name)?;
    Ok(Caller::to_any(&home, Some(credential)).await?)
}

/// For what is about that which is due: a stopped node is left as it is.
async fn running_or_stopped_untouched(dir: &Path, name: &str) -> Result<Caller, Failure> {
    let home = Home::open(dir)?;
    let credential = Credential::read(&home, name)?;
    Ok(Caller::to_any_untouched(&home, Some(credential)).await?)
}

/// A calendar day, YYYY-MM-DD.
fn day(text: &str) -> Result<Day, String> {
    let mut parts = text.splitn(3, '-').map(str::parse::<u16>);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) if text.len() == 10 => {
            let byte = |part| u8::try_from(part).unwrap_or(0);
            Day::new(year, byte(month), byte(day)).ok_or_else(|| "there is no such day".to_owned())
        }
        _ => Err("write a day as YYYY-MM-DD".to_owned()),
    }
}
