//! What a sealed question costs beside the group operations in it, which nobody can leave out.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use curve25519_dalek::{RistrettoPoint, Scalar};
use sha2::{Digest, Sha512};
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::sealed::ask::ask;
use weegnet_protocol::sealed::open::{Opener, Opening};
use weegnet_protocol::sealed::secret::EpochSecret;
use weegnet_protocol::sealed::table::{CELL_BYTES, Table};
use weegnet_protocol::sealed::{LINK_KEYS, LinkKey, TableId, VOUCHERS};
use weegnet_protocol::statement::Subject;
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use crate::{Failure, row};

/// Questions of which the median counts.
const QUESTIONS: usize = 31;
/// Rows of the register, and link keys of each.
const ROWS: usize = 10_000;
const KEYS_PER_ROW: usize = 14;

/// A register's table, on every core and on one.
pub fn table() -> Result<(), Failure> {
    let made = Made::new()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (table, built) = made.build(cores)?;
    row(&format!("table of {ROWS} rows, {KEYS_PER_ROW} keys each, all cores"), &seconds(built), "-", "-");
    let (_, alone) = made.build(1)?;
    row("the same, one core", &seconds(alone), "-", "-");
    row("its bytes", &(table.size() as usize * CELL_BYTES).to_string(), "-", "-");
    Ok(())
}

/// What a table is made of.
struct Made {
    id: TableId,
    secret: EpochSecret,
    keys: Vec<Vec<u8>>,
}

impl Made {
    fn new() -> Result<Self, Failure> {
        let id = TableId { epoch: 1, party: "00000099000000003000".parse()?, profile: 1, scope: "voorbeeld".parse()? };
        let secret = EpochSecret::new(&Zeroizing::new([7; 32]), &id);
        let keys = (0..ROWS * KEYS_PER_ROW).map(|number| format!("sleutel {number}").into_bytes()).collect();
        Ok(Made { id, secret, keys })
    }

    fn build(&self, cores: usize) -> Result<(Table, Duration), Failure> {
        let started = Instant::now();
        let placed = on_cores(cores, self.keys.len(), |part| self.secret.place(&self.keys[part]));
        let layout = self.secret.plan(&self.id, placed)?;
        let fill = |part: Range<usize>| layout.fill(part.start as u32..part.end as u32);
        let parts = on_cores(cores, layout.cells() as usize, fill);
        let table = layout.table(vec![parts]).ok_or("a part of the table is missing")?;
        Ok((table, started.elapsed()))
    }
}

pub fn figures() -> Result<(), Failure> {
    let made = Made::new()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (table, built) = made.build(cores)?;
    let Made { id: table_id, secret, keys: all } = made;
    let factor = scalar(3);
    let started = Instant::now();
    let products = on_cores(cores, all.len(), |part| {
        let product = |key: &Vec<u8>| {
            let hash: [u8; 64] = Sha512::digest(key).into();
            RistrettoPoint::from_uniform_bytes(&hash) * factor
        };
        all[part].iter().map(product).collect()
    });
    let floor = started.elapsed();
    std::hint::black_box(products);
    let what = format!("table of {ROWS} rows, {KEYS_PER_ROW} keys each, all cores (floor: hash to group and multiply)");
    row(&what, &seconds(built), &seconds(floor), &ratio(built, floor));

    let publication = secret.publish(&table_id, &table, Timestamp::from_seconds(1_800_000_000));
    let fields = Fields { surname: Some("Nachtegaal".parse()?), birth: "1985-03-12".parse()?, ..Fields::default() };
    let subject = Subject {
        salt: Bytes([1; 32]),
        minor: false,
        person: PersonRef::try_from(fields)?,
        criteria: vec!["c1".parse()?],
    };
    let keys: Vec<LinkKey> = (0..LINK_KEYS)
        .map(|number| LinkKey { bytes: format!("niemand {number}").into_bytes(), strong: true })
        .collect();
    let id = UitvraagId::new(Timestamp::from_seconds(1_795_406_000) + Millis(1), [5; 10]);
    let [five, six, seven, eight, nine] = [5, 6, 7, 8, 9].map(scalar);
    let points: Vec<RistrettoPoint> = (1..=VOUCHERS as u64).map(|n| RistrettoPoint::mul_base(&scalar(n))).collect();
    let sealed = ask(&id, &subject, &keys, &publication, &table, &Bytes([2; 32]))?;

    let asking = median(|| drop(ask(&id, &subject, &keys, &publication, &table, &Bytes([2; 32]))));
    // Of each voucher: β times a key, γ times G, β times a cell, γ times L.
    let floor = median(|| {
        for point in &points {
            let products = [point * five, RistrettoPoint::mul_base(&six), point * seven, point * eight];
            std::hint::black_box(products);
        }
    });
    row(
        "ask, one recipient (floor: its scalar multiplications)",
        &millis(asking),
        &millis(floor),
        &ratio(asking, floor),
    );

    let opener = Opener { secret: &secret, publication: &publication, table: &table };
    let commitment = subject.commitment();
    let open = || opener.open(&id, &commitment, &sealed, |_| keys.clone());
    if !matches!(open(), Opening::Miss) {
        return Err("the person of this bench is in the table: it should be a miss".into());
    }
    let missing = median(|| drop(open()));
    let floor = median(|| {
        for point in &points {
            std::hint::black_box(point * nine);
        }
    });
    row(
        "open a miss, 48 vouchers (floor: 48 scalar multiplications)",
        &millis(missing),
        &millis(floor),
        &ratio(missing, floor),
    );

    let register: BTreeSet<Vec<u8>> = all.into_iter().collect();
    let started = Instant::now();
    let shown = secret.disclose(&table_id, &table, &register).ok_or("the table does not hold its own register")?;
    weegnet_protocol::sealed::audit::table(&publication, &table, &register, &shown)?;
    row("disclose that table and audit it, one core", &seconds(started.elapsed()), "-", "-");
    Ok(())
}

/// A scalar without zeros in it.
fn scalar(number: u64) -> Scalar {
    let hash: [u8; 64] = Sha512::digest(number.to_be_bytes()).into();
    Scalar::from_bytes_mod_order_wide(&hash)
}

fn on_cores<T: Send>(cores: usize, count: usize, work: impl Fn(Range<usize>) -> Vec<T> + Sync) -> Vec<T> {
    let share = count.div_ceil(cores);
    let work = &work;
    std::thread::scope(|scope| {
        let parts = (0..cores).map(|core| core * share..((core + 1) * share).min(count));
        let parts: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|_| Vec::new())).collect()
    })
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut lengths: Vec<Duration> = (0..QUESTIONS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    lengths.sort_unstable();
    lengths[QUESTIONS / 2]
}

fn millis(length: Duration) -> String {
    format!("{:.2} ms", length.as_secs_f64() * 1e3)
}

fn seconds(length: Duration) -> String {
    format!("{:.1} s", length.as_secs_f64())
}

fn ratio(figure: Duration, floor: Duration) -> String {
    format!("{:.2}", figure.as_secs_f64() / floor.as_secs_f64())
}
