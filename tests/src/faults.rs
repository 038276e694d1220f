//! What goes wrong: seeded chance, damaged and missing files, and what is killed: `scribe`, a process that only writes.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use weegnet_node::journal::Layout;

/// Signs the checkpoints of a journal that `scribe` writes.
pub const SCRIBE_KEY: [u8; 32] = [0x5c; 32];
/// Small segments and blocks of keys, so that new ones are made all the time.
pub const SCRIBE_LAYOUT: Layout = Layout { segment_bytes: 32 * 1024, slots_per_block: 8 };

/// Chance that can be had again: SplitMix64.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From a seed; `WEEGNET_SEED` takes the place of the story's own.
    pub fn seeded(seed: u64) -> Self {
        let seed = std::env::var("WEEGNET_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(seed);
        eprintln!("WEEGNET_SEED={seed}");
        Chance(seed)
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Less than `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }

    /// One of these.
    pub fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

/// All files under a directory, in a fixed order.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return found };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found.sort();
    found
}

/// Writes random bytes over `count` places of every file under a directory.
///
/// # Panics
/// When a file cannot be written.
pub fn scribble(dir: &Path, count: u64, chance: &mut Chance) {
    for path in files(dir) {
        let file = std::fs::OpenOptions::new().write(true).open(&path).expect("the file is ours");
        let length = file.metadata().expect("the file is there").len();
        for _ in 0..count.min(length) {
            let noise = chance.draw().to_be_bytes();
            file.write_all_at(&noise, chance.below(length)).expect("the file is ours");
        }
    }
}

/// Flips one bit of a file.
///
/// # Panics
/// When the file is shorter than that.
pub fn flip(path: &Path, byte: u64, bit: u8) {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).expect("the file is there");
    let mut at = [0];
    file.read_exact_at(&mut at, byte).expect("the file is that long");
    file.write_all_at(&[at[0] ^ (1 << bit)], byte).expect("the file is ours");
}
