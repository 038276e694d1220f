//! COSE receipts for verifiers that are not ours, one JSON object a line: `receipts [COUNT] [SEED]`.

use std::io::Write;
use std::process::ExitCode;

use data_encoding::HEXLOWER;
use decoders::corpus::Chance;
use ed25519_dalek::SigningKey;
use weegnet_protocol::Oin;
use weegnet_protocol::log::{Checkpoint, CoseCheckpoint, LogName, Origin, Tree, hash_leaf};

/// Receipts when none are asked for.
const RECEIPTS: u64 = 1_000;
/// Leaves in the largest log.
const MAX_LEAVES: usize = 3_000;
/// Receipts from one log before the next is made.
const PER_LOG: u64 = 20;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Ok(count), Ok(seed)) = (numbers.next().unwrap_or(Ok(RECEIPTS)), numbers.next().unwrap_or(Ok(1))) else {
        eprintln!("usage: receipts [COUNT] [SEED], both whole numbers");
        return ExitCode::FAILURE;
    };
    let mut chance = Chance::new(seed);
    let mut out = std::io::stdout().lock();
    for written in (0..count).step_by(PER_LOG as usize) {
        if let Err(error) = log(&mut chance, PER_LOG.min(count - written), &mut out) {
            eprintln!("receipts: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Writes receipts of one log of its own.
fn log(chance: &mut Chance, receipts: u64, out: &mut impl Write) -> Result<(), Box<dyn std::error::Error>> {
    let key = SigningKey::from_bytes(&std::array::from_fn(|_| chance.bits() as u8));
    let oin: Oin = format!("{}{:012}", Oin::TEST_PREFIX, chance.below(1_000_000_000_000)).parse()?;
    let origin = Origin::new(&oin, LogName::Exchange, chance.bits().to_be_bytes());
    let leaves: Vec<Vec<u8>> = (0..=chance.below(MAX_LEAVES)).map(|_| chance.garbage()).collect();
    let mut tree = Tree::default();
    leaves.iter().for_each(|leaf| tree.append(hash_leaf(leaf)));
    let size = tree.size();
    let root = tree.root(size).ok_or("the tree has a root")?;
    let signed = CoseCheckpoint::sign(&Checkpoint { origin: origin.clone(), size, root }, &key);
    for _ in 0..receipts {
        let index = chance.below(leaves.len());
        let proof = tree.inclusion(index as u64, size).ok_or("every leaf has a proof")?;
        let receipt = signed.inclusion(&leaves[index], proof)?.encode();
        let [key, leaf, receipt] =
            [&key.verifying_key().to_bytes()[..], &leaves[index], &receipt].map(|bytes| HEXLOWER.encode(bytes));
        writeln!(
            out,
            r#"{{"public":"{key}","origin":"{origin}","size":{size},"index":{index},"root":"{root}","leaf":"{leaf}","receipt":"{receipt}"}}"#
        )?;
    }
    Ok(())
}
