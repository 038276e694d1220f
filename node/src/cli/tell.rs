//! `weegnet subject tell`: shows whom a correction would go to, and with a confirmation sends it.

use clap::{Args, ValueEnum};
use weegnet_protocol::statement::{Right, Wish, WrongField};

use super::subject::OneArgs;
use super::{Failure, print};
use crate::desk::tell::{Tell, TellView, ToldLine};
use crate::exchange::correction::Progress;

#[derive(Debug, Args)]
pub struct TellArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Which recorded rectification, erasure or objection, from 1 as 'subject show' lists them; needed where there are several
    #[arg(long, value_name = "N")]
    number: Option<usize>,
    /// What was wrong, for a rectification; may be repeated. No other word about the person leaves
    #[arg(long, value_name = "FIELD")]
    wrong: Vec<WrongArg>,
    /// What the recipients are asked: to rectify it, or for an erasure or objection to stop using it, when absent
    #[arg(long, value_name = "WISH")]
    ask: Option<AskArg>,
    /// Send to exactly those that were shown: repeats what this verb printed without it
    #[arg(long, value_name = "CODE")]
    confirm: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WrongArg {
    Name,
    BirthDate,
    Bsn,
    Criterion,
    OtherPerson,
    All,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AskArg {
    Rectify,
    StopUsing,
    TakeNote,
}

pub async fn run(args: TellArgs) -> Result<(), Failure> {
    let tell = Tell {
        number: args.number,
        wrong: args.wrong.into_iter().map(WrongField::from).collect(),
        wish: args.ask.map(Wish::from),
        confirm: args.confirm,
    };
    let view: TellView = super::subject::post(&args.one, "tell", &tell).await?;
    if args.one.json { print::json(&view) } else { print::lines(&words(&view)) }
}

impl From<WrongArg> for WrongField {
    fn from(arg: WrongArg) -> Self {
        match arg {
            WrongArg::Name => WrongField::Name,
            WrongArg::BirthDate => WrongField::BirthDate,
            WrongArg::Bsn => WrongField::Bsn,
            WrongArg::Criterion => WrongField::Criterion,
            WrongArg::OtherPerson => WrongField::OtherPerson,
            WrongArg::All => WrongField::All,
        }
    }
}

impl From<AskArg> for Wish {
    fn from(arg: AskArg) -> Self {
        match arg {
            AskArg::Rectify => Wish::Rectify,
            AskArg::StopUsing => Wish::StopUsing,
            AskArg::TakeNote => Wish::TakeNote,
        }
    }
}

fn words(view: &TellView) -> String {
    let says = says(view.right, view.wrong.iter(), view.wish);
    let mut text = format!("Verzoek {}, nummer {}\n  bericht      {says}\n", view.request, view.number);
    for recipient in &view.recipients {
        let state = match (&recipient.contact, recipient.told) {
            (None, _) => "convenant geldt hier niet meer: bericht buiten weegnet om",
            (_, Some(told)) => progress(told),
            (_, None) => "nog geen bericht",
        };
        text.push_str(&format!(
            "  {} {}: {} van {}  uitvraag {}  ({state})\n",
            recipient.oin, recipient.name, recipient.what, recipient.when, recipient.uitvraag
        ));
    }
    match &view.confirm {
        Some(code) => {
            let mut contacts: Vec<_> =
                view.recipients.iter().filter_map(|recipient| recipient.contact.as_ref()).collect();
            contacts.dedup();
            for contact in contacts {
                text.push_str(&format!("  contactpunt  {contact}\n"));
            }
            text.push_str(&format!("Er is niets verzonden. Verzenden: herhaal dit met --confirm {code}\n"));
        }
        None if view.recipients.is_empty() => text.push_str("Niemand kreeg van ons iets over deze persoon.\n"),
        None => text.push_str("Ieder bericht is vastgelegd; 'subject show' toont wat aankwam.\n"),
    }
    text
}

/// What a correction says.
pub(super) fn says<'a>(right: Right, wrong: impl Iterator<Item = &'a WrongField>, wish: Wish) -> String {
    let right = match right {
        Right::Rectification => "rectificatie",
        Right::Erasure => "wissing",
        Right::Objection => "bezwaar",
    };
    let wish = match wish {
        Wish::Rectify => "verbeter dit",
        Wish::StopUsing => "gebruik dit niet meer",
        Wish::TakeNote => "ter kennisneming",
    };
    let field = |field: &WrongField| match field {
        WrongField::Name => "naam",
        WrongField::BirthDate => "geboortedatum",
        WrongField::Bsn => "BSN",
        WrongField::Criterion => "criterium",
        WrongField::OtherPerson => "gaat over een ander",
        WrongField::All => "alles",
    };
    let wrong: Vec<_> = wrong.map(field).collect();
    if wrong.is_empty() {
        format!("{right}; {wish}")
    } else {
        format!("{right}; onjuist: {}; {wish}", wrong.join(", "))
    }
}

/// One line of who was told.
pub(super) fn told_words(told: &ToldLine) -> String {
    format!(
        "  nummer {} bericht aan {}: {}  (uitvraag {})\n",
        told.number,
        told.oin,
        progress(told.progress),
        told.uitvraag
    )
}

fn progress(progress: Progress) -> &'static str {
    match progress {
        Progress::UnderWay => "bericht onderweg",
        Progress::Receipted => "bericht ontvangen",
        Progress::Rejected => "bericht niet aangenomen: neem zelf contact op",
        Progress::Expired => "bericht niet bezorgd: herhaal 'subject tell', of neem zelf contact op",
    }
}
