//! What the audience sees: scenes, acts and lines; coloured at a terminal, plain in a pipe, nothing beside JSON.

use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use serde::Serialize;

use super::cast::Who;

/// Where the story is told.
pub struct Stage {
    silent: bool,
    colour: bool,
    began: Instant,
}

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// What was to be shown.
    Good,
    /// Somebody is turned away, as it should be.
    No,
    /// An explanation beside the story.
    Aside,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Good => "\x1b[32m",
            Tone::No => "\x1b[33m",
            Tone::Aside => "\x1b[2m",
        }
    }
}

const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";
/// Columns of an organisation's name.
const NAME_COLUMNS: usize = 12;

impl Stage {
    /// A silent one when the story is to be one JSON object.
    pub fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Stage { silent: json, colour: io::stdout().is_terminal() && wanted && able, began: Instant::now() }
    }

    /// The title of what comes next.
    pub fn scene(&self, title: &str) {
        self.write(&format!("\n{}\n", self.painted(BOLD, title)));
    }

    /// A line of the story.
    pub fn say(&self, tone: Tone, text: &str) {
        for line in text.lines() {
            self.write(&format!("  {}\n", self.painted(tone.code(), line)));
        }
    }

    /// What an organisation does, and when.
    pub fn act(&self, who: Who, tone: Tone, text: &str) {
        let time = format!("{:5.1} s", self.began.elapsed().as_secs_f32());
        let name = format!("{:NAME_COLUMNS$}", who.part().name);
        let (time, name) = (self.painted(Tone::Aside.code(), &time), self.painted(who.part().colour, &name));
        self.write(&format!("  {time}  {name}  {}\n", self.painted(tone.code(), text)));
    }

    /// More about what an organisation just did.
    pub fn detail(&self, text: &str) {
        for line in text.lines() {
            let indent = " ".repeat(NAME_COLUMNS + 13);
            self.write(&format!("{indent}{}\n", self.painted(Tone::Aside.code(), line)));
        }
    }

    /// The one object of a silent stage.
    ///
    /// # Errors
    /// When it cannot be written, other than because nobody reads any more.
    pub fn object(&self, value: &impl Serialize) -> io::Result<()> {
        if self.silent {
            let text = serde_json::to_string_pretty(value)? + "\n";
            return told(io::stdout().lock().write_all(text.as_bytes()));
        }
        Ok(())
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.colour && !code.is_empty() { format!("{code}{text}{RESET}") } else { text.to_owned() }
    }

    fn write(&self, text: &str) {
        if !self.silent {
            // The play goes on when nobody watches: what happened is said by the exit code too.
            let _ = io::stdout().lock().write_all(text.as_bytes());
        }
    }
}

/// A closed pipe is no failure.
fn told(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
