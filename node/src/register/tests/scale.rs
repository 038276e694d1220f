//! A million rows: how fast they come in, how much memory they take, how long one question takes. Run it with
//! `cargo test --release -p weegnet-node --lib -- --ignored a_million --nocapture`; WEEGNET_ROWS says another amount.

use std::io::Read;
use std::time::Instant;

use super::*;

const ROWS: u32 = 1_000_000;
const QUESTIONS: u32 = 2_000;
const GIVEN: [&str; 12] =
    ["Jan", "Maria", "Pieter", "Anna", "Mohamed", "Fatima", "Cornelis", "Johanna", "Willem", "Sanne", "Daan", "Yusuf"];
const BEGIN: [&str; 16] = [
    "Hoog", "Laag", "Zwart", "Groen", "Kerk", "Molen", "Berg", "Veld", "Linden", "Eiken", "Vos", "Haver", "Duin",
    "Brug", "Slot", "Rijn",
];
const END: [&str; 12] =
    ["huis", "kamp", "man", "stra", "horst", "dam", "boer", "wijk", "hout", "geest", "oord", "inga"];

/// The `n`th invented person: every name, year and day in its share, common ones more often.
fn nth(n: u32) -> (String, String, String) {
    let mixed = n.wrapping_mul(2_654_435_761) ^ (n >> 7);
    let pick = |shift: u32, of: usize| ((mixed.rotate_left(shift) >> 8) as usize) % of;
    let surname = if mixed.is_multiple_of(40) {
        "Jansen".to_owned()
    } else {
        format!("{}{}{}", BEGIN[pick(3, 16)], END[pick(9, 12)].replace("inga", "ing"), END[pick(17, 12)])
    };
    let given = format!("{} {}", GIVEN[pick(5, 12)], GIVEN[pick(21, 12)]);
    (given, surname, format!("{:04}-{:02}-{:02}", 1930 + pick(11, 78), 1 + pick(13, 12), 1 + pick(19, 28)))
}

struct Source {
    rows: std::ops::Range<u32>,
    pending: Vec<u8>,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.pending.len() < buffer.len() {
            let Some(n) = self.rows.next() else { break };
            let (given, surname, birth) = nth(n);
            self.pending
                .extend_from_slice(format!("p{n},Z-{n},casus,,{given},,{surname},{birth},,2030-01-01\n").as_bytes());
        }
        let len = buffer.len().min(self.pending.len());
        buffer[..len].copy_from_slice(&self.pending[..len]);
        self.pending.drain(..len);
        Ok(len)
    }
}

fn memory_mb(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).map_or(0, |kb| kb / 1024)
}

#[test]
#[ignore = "a million rows: minutes in an unoptimised build"]
fn a_million_rows_come_in_and_are_searched() {
    let rows = std::env::var("WEEGNET_ROWS").map_or(ROWS, |rows| rows.parse().unwrap());
    let house = House::new();
    let source = HEADER.as_bytes().chain(Source { rows: 0..rows, pending: Vec::new() });
    let rules = ImportRules { max_rows: rows, ..rules() };
    let started = Instant::now();
    let report = import(&house.register, source, &Mapping::default(), &rules, |_| {}).unwrap();
    let took = started.elapsed();
    assert_eq!((report.accepted, report.rejected), (rows.into(), 0));
    println!(
        "(figure) {rows} rows imported at {:.0} rows/s; memory at most {} MB",
        f64::from(rows) / took.as_secs_f64(),
        memory_mb("VmHWM:")
    );
    let house = house.restart();
    println!("(figure) memory with {rows} rows: {} MB of this process", memory_mb("VmRSS:"));
    let mut times = Vec::new();
    let mut found = 0;
    for n in 0..QUESTIONS {
        let at = n.wrapping_mul(7919) % rows;
        let (given, surname, birth) = nth(at);
        let birth = if n.is_multiple_of(10) { &birth[..4] } else { &birth };
        let asked = named(&given, &surname, birth);
        let started = Instant::now();
        let ids = house.found(&asked);
        times.push(started.elapsed());
        found += u32::from(ids.contains(&format!("p{at}")));
    }
    times.sort_unstable();
    let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e3;
    println!(
        "(figure) one question against {rows} rows: p50 {:.2} ms, p99 {:.2} ms; {found} of {QUESTIONS} found",
        at(50),
        at(99)
    );
    assert!(found * 10 > QUESTIONS * 8, "{found} of {QUESTIONS} found");
}
