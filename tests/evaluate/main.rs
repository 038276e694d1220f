//! How good the matcher is on labelled data: every question of one file against the rows of another.
//!
//!     cargo run --release -p weegnet-tests --bin evaluate -- REGISTER.csv QUESTIONS.csv --truth COLUMN [--map MAP.toml]
//!
//! It runs the very code of a node's register (reading, keys, search, comparison, bands) on an index in memory. It is part
//! of the tests and never of what is shipped: a node has no way to match a file, or a person without a question.

mod arguments;
mod index;
mod judge;
mod links;
mod report;
mod table;

use std::error::Error;
use std::process::ExitCode;

use arguments::Arguments;

/// As in the node's own binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What ends a run; it is shown.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("evaluate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let Some(arguments) = Arguments::read(std::env::args().skip(1))? else {
        print!("{}", arguments::HELP);
        return Ok(());
    };
    let layout = table::Layout::read(arguments.map.as_deref())?;
    let register = table::read(&arguments.register, &layout, &arguments.truth)?;
    let questions = table::read(&arguments.questions, &layout, &arguments.truth)?;
    // A number is a BSN for all or for nobody: in both files the same.
    let (register, questions) = table::settle_numbers(register, questions);
    let same_file = std::fs::canonicalize(&arguments.register)? == std::fs::canonicalize(&arguments.questions)?;
    let index = index::Index::build(&register.people);
    let judged = judge::judge(&index, &register.people, &questions.people, same_file);
    let links = links::Links::of(&register.people, &questions.people, same_file);
    let report = report::Report::of(&register, &questions, &index, &judged, links);
    if let Some(path) = &arguments.pairs {
        report::write_pairs(path, &register.people, &questions.people, &judged)?;
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.words());
    }
    Ok(())
}
