//! A journal of 100,000 entries opens fast and stays small; run it in release: `cargo test --release -- --ignored`.

use std::time::Instant;

use super::broken_disk::BrokenDisk;
use super::*;

const ENTRIES: u64 = 100_000;
/// Calls recorded at the same time.
const IN_FLIGHT: u64 = 128;

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test]
#[ignore = "takes a minute without optimisation"]
async fn a_hundred_thousand_entries_open_within_a_second_and_25_megabytes() {
    let layout = Layout::default();
    let home = Home::new(layout);
    let (journal, _) = home.try_open(Arc::new(BrokenDisk::sound()), layout).unwrap();
    let begun = Instant::now();
    for first in (0..ENTRIES).step_by(IN_FLIGHT as usize) {
        let record = |number: u64| {
            let journal = journal.clone();
            tokio::spawn(async move {
                let case = journal.new_case().unwrap();
                let body = EntryBody::Sealed { case, bytes: vec![3; 400] };
                let mut question = entry(number, EntryKind::QuestionReceived, body);
                question.envelope = Some(Blob(vec![4; 300]));
                journal.record((), vec![question]).await.unwrap();
            })
        };
        let running: Vec<_> = (first..(first + IN_FLIGHT).min(ENTRIES)).map(record).collect();
        for call in running {
            call.await.unwrap();
        }
    }
    println!("recorded in {:?}", begun.elapsed());
    journal.close().await;
    let before = resident_bytes();
    let begun = Instant::now();
    let (journal, _) = home.open(layout);
    let took = begun.elapsed();
    let grown = resident_bytes().saturating_sub(before);
    println!("opened in {took:?}, {} KiB more resident", grown / 1024);
    assert_eq!(journal.size(LogName::Exchange), ENTRIES + 1);
    assert!(took.as_millis() < 1000, "{took:?}");
    assert!(grown < 25_000_000, "{grown} bytes");
    let begun = Instant::now();
    assert!(home.verify().unwrap().is_clean());
    println!("verified in {:?}", begun.elapsed());
}
