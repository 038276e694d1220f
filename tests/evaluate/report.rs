//! What is printed: per band and those above it, true and false pairs; who was shown for nothing; how long it took.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use weegnet_node::register::matching::{Band, FOLD_VERSION};

use super::Failure;
use super::index::Index;
use super::judge::Judged;
use super::links::Links;
use super::table::{Person, Table};

const BANDS: [Band; 3] = [Band::Certain, Band::Probable, Band::Possible];
/// Precisions for which the best recall is told, to compare with others.
const PRECISIONS: [f64; 3] = [0.999, 0.995, 0.98];

#[derive(Serialize)]
pub struct Report {
    fold: u32,
    rows: usize,
    questions: usize,
    true_pairs: u64,
    hopeless: u64,
    refused_dates: u64,
    refused_names: u64,
    contradictions: u64,
    absent: u64,
    bands: Vec<InBand>,
    links: Links,
    best: Vec<Best>,
    compared_per_question: f64,
    p50_us: f64,
    p99_us: f64,
    rows_per_second: f64,
    peak_memory_mb: u64,
}

#[derive(Serialize)]
struct InBand {
    band: Band,
    r#true: u64,
    r#false: u64,
    precision: f64,
    recall: f64,
    f1: f64,
    /// False pairs per question.
    false_per_question: f64,
    /// Of 1,000 questions about persons who are not there, how many got somebody.
    absent_per_1000: f64,
}

/// The best recall at some precision when the line between shown and not shown is drawn anywhere; shown pairs only.
#[derive(Serialize)]
struct Best {
    precision: f64,
    recall: f64,
}

impl Report {
    pub fn of(register: &Table, questions: &Table, index: &Index<'_>, judged: &Judged, links: Links) -> Report {
        let mut latencies = judged.latencies.clone();
        latencies.sort_unstable();
        let at = |share: f64| {
            let place = (latencies.len() as f64 * share) as usize;
            latencies.get(place.min(latencies.len().saturating_sub(1))).map_or(0.0, micros)
        };
        Report {
            fold: FOLD_VERSION,
            rows: register.people.len(),
            questions: questions.people.len(),
            true_pairs: judged.true_pairs,
            hopeless: judged.hopeless,
            refused_dates: register.no_date + questions.no_date,
            refused_names: register.bad_name + questions.bad_name,
            contradictions: judged.contradictions,
            absent: judged.absent,
            bands: BANDS.map(|band| InBand::of(band, questions.people.len(), judged)).into(),
            links,
            best: PRECISIONS.map(|precision| Best { precision, recall: best_recall(judged, precision) }).into(),
            compared_per_question: judged.compared as f64 / questions.people.len().max(1) as f64,
            p50_us: at(0.5),
            p99_us: at(0.99),
            rows_per_second: register.people.len() as f64 / index.built_in.as_secs_f64().max(1e-9),
            peak_memory_mb: peak_memory_mb(),
        }
    }

    pub fn words(&self) -> String {
        let mut text = format!(
            "{} rows, {} questions, {} true pairs ({} of those that were missed are hopeless: no date or no name, and no number)\n",
            self.rows, self.questions, self.true_pairs, self.hopeless
        );
        text.push_str(&format!(
            "{} dates that do not exist and {} names that cannot be read: a register refuses such a row; here they count as unknown\n\n",
            self.refused_dates, self.refused_names
        ));
        text.push_str("| band and up | true | false | precision | recall | F1 | false per question | absent: of 1,000, shown somebody |\n");
        text.push_str("|---|---|---|---|---|---|---|---|\n");
        for band in &self.bands {
            let absent = if self.absent == 0 { "-".into() } else { format!("{:.1}", band.absent_per_1000) };
            text.push_str(&format!(
                "| {} | {} | {} | {:.4} | {:.4} | {:.4} | {:.4} | {absent} |\n",
                word(band.band),
                band.r#true,
                band.r#false,
                band.precision,
                band.recall,
                band.f1,
                band.false_per_question
            ));
        }
        for best in &self.best {
            text.push_str(&format!("recall at precision ≥ {}: {:.4}\n", best.precision, best.recall));
        }
        text.push_str(&self.links.words());
        text.push_str(&format!(
            "{} questions about absent persons; {} equal numbers with another name and date (no hits)\n",
            self.absent, self.contradictions
        ));
        text.push_str(&format!(
            "{:.1} rows compared per question; p50 {:.0} µs, p99 {:.0} µs; indexed {:.0} rows/s; {} MB\n",
            self.compared_per_question, self.p50_us, self.p99_us, self.rows_per_second, self.peak_memory_mb
        ));
        text
    }
}

impl InBand {
    fn of(band: Band, questions: usize, judged: &Judged) -> InBand {
        let shown = judged.pairs.iter().filter(|pair| pair.is_in(band));
        let (good, bad): (Vec<_>, Vec<_>) = shown.partition(|pair| pair.is_true);
        let (yes, no) = (good.len() as f64, bad.len() as f64);
        let ratio = |a: f64, b: f64| if b == 0.0 { 1.0 } else { a / b };
        let (precision, recall) = (ratio(yes, yes + no), ratio(yes, judged.true_pairs as f64));
        let absent: BTreeSet<usize> = judged.absent_questions.iter().copied().collect();
        let troubled: BTreeSet<usize> = bad.iter().map(|pair| pair.question).filter(|q| absent.contains(q)).collect();
        InBand {
            band,
            r#true: good.len() as u64,
            r#false: bad.len() as u64,
            precision,
            recall,
            f1: if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) },
            false_per_question: no / questions.max(1) as f64,
            absent_per_1000: 1000.0 * troubled.len() as f64 / absent.len().max(1) as f64,
        }
    }
}

fn best_recall(judged: &Judged, precision: f64) -> f64 {
    let mut shown: Vec<_> = judged.pairs.iter().filter(|pair| pair.found).collect();
    shown.sort_by(|a, b| b.verdict.bits.total_cmp(&a.verdict.bits));
    let (mut yes, mut best) = (0.0, 0.0f64);
    for (at, pair) in shown.iter().enumerate() {
        yes += f64::from(u8::from(pair.is_true));
        if yes / (at as f64 + 1.0) >= precision {
            best = yes;
        }
    }
    best / (judged.true_pairs.max(1) as f64)
}

/// The false and the missed pairs, and the true ones that are no more than possible, each with how its fields compare.
/// Mode 0600: these are persons.
pub fn write_pairs(path: &Path, register: &[Person], questions: &[Person], judged: &Judged) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let mut out = csv::Writer::from_writer(file);
    out.write_record([
        "what",
        "band",
        "bits",
        "surname",
        "given_names",
        "exchanged",
        "birth",
        "number",
        "question_line",
        "row_line",
        "question",
        "row",
    ])?;
    for pair in judged.pairs.iter().filter(|pair| !(pair.is_true && pair.is_in(Band::Probable))) {
        let (asked, known, verdict) = (&questions[pair.question], &register[pair.row], &pair.verdict);
        out.write_record([
            match (pair.is_true, pair.found) {
                (false, _) => "false",
                (true, true) => "only possible",
                (true, false) => "missed",
            }
            .to_owned(),
            verdict.band.map_or("", word).to_owned(),
            format!("{:.1}", verdict.bits),
            format!("{:?}", verdict.surname.agreement),
            format!("{:?}", verdict.given.agreement),
            verdict.exchanged.to_string(),
            format!("{:?}", verdict.birth),
            format!("{:?}", verdict.number),
            asked.line.to_string(),
            known.line.to_string(),
            asked.shown.clone(),
            known.shown.clone(),
        ])?;
    }
    Ok(out.flush()?)
}

fn word(band: Band) -> &'static str {
    match band {
        Band::Certain => "certain",
        Band::Probable => "probable",
        Band::Possible => "possible",
    }
}

fn micros(time: &Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The largest that this process has been (VmHWM); 0 where the system does not say.
fn peak_memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).map_or(0, |kb| kb / 1024)
}
