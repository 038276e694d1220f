//! The command line.

use std::path::PathBuf;

use super::Failure;

pub const HELP: &str = "\
evaluate REGISTER.csv QUESTIONS.csv --truth COLUMN [--map MAP.toml] [--json] [--pairs FILE]

Asks every row of QUESTIONS.csv of the rows of REGISTER.csv, with the matcher of a weegnet register, and counts what is
true. Two rows are one person when COLUMN holds the same in both; `rec-7-org` and `rec-7-dup-0` (Febrl) are both `rec-7`.
When both files are one file, no row is compared with itself.

  --truth COLUMN  the column of both files that says who it is; the matcher does not see it
  --map MAP.toml  how other columns become those of a register, as for `weegnet register import`
  --json          print JSON
  --pairs FILE    write the false and the missed pairs, and true ones that are no more than possible, with their explanation
                  (CSV; it holds what the files hold)
";

pub struct Arguments {
    pub register: PathBuf,
    pub questions: PathBuf,
    pub truth: String,
    pub map: Option<PathBuf>,
    pub pairs: Option<PathBuf>,
    pub json: bool,
}

impl Arguments {
    /// `None` when help is wanted.
    pub fn read(mut given: impl Iterator<Item = String>) -> Result<Option<Arguments>, Failure> {
        let (mut files, mut truth, mut map, mut pairs, mut json) = (Vec::new(), None, None, None, false);
        while let Some(argument) = given.next() {
            let mut value = |name: &str| given.next().ok_or_else(|| format!("{name} needs a value; --help says which"));
            match argument.as_str() {
                "--help" | "-h" => return Ok(None),
                "--truth" => truth = Some(value("--truth")?),
                "--map" => map = Some(PathBuf::from(value("--map")?)),
                "--pairs" => pairs = Some(PathBuf::from(value("--pairs")?)),
                "--json" => json = true,
                other if other.starts_with('-') => return Err(format!("{other} is not known here; see --help").into()),
                file => files.push(PathBuf::from(file)),
            }
        }
        let truth = truth.ok_or("say with --truth which column tells who it is")?;
        let [register, questions] =
            <[PathBuf; 2]>::try_from(files).map_err(|_| "give two files: REGISTER.csv QUESTIONS.csv")?;
        Ok(Some(Arguments { register, questions, truth, map, pairs, json }))
    }
}
