//! Paths of tiles and bundles: `tile/<level>/<index>[.p/<width>]`, with the index in groups of three digits.

use alloc::string::ToString;
use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use super::{HEIGHT, LEVELS, WIDTH};

/// What lies in a file: hashes of one level, or the entries themselves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Hashes over `256^level` leaves each.
    Hashes(u8),
    /// Entries, each behind its length.
    Entries,
}

impl Level {
    /// The level in a binary tree.
    pub(super) fn binary(self) -> u32 {
        match self {
            Level::Hashes(level) => u32::from(level) * HEIGHT,
            Level::Entries => 0,
        }
    }
}

/// The place of one tile or bundle, which says all that there is in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TilePath {
    level: Level,
    index: u64,
    width: u64,
}

/// Text that is not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a path of the form tile/LEVEL/INDEX or tile/LEVEL/INDEX.p/WIDTH")]
pub struct NotATilePath;

impl TilePath {
    /// Every file of a level for a log of `size` leaves: the full ones in order, then the partial one.
    pub(super) fn of_level(level: Level, size: u64) -> impl Iterator<Item = TilePath> {
        let hashes = size.checked_shr(level.binary()).unwrap_or(0);
        let full = (0..hashes / WIDTH).map(move |index| TilePath { level, index, width: WIDTH });
        let partial = TilePath { level, index: hashes / WIDTH, width: hashes % WIDTH };
        full.chain((partial.width > 0).then_some(partial))
    }

    /// What lies there.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Number among those of its level, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds, 1 to [`WIDTH`].
    pub fn width(&self) -> u64 {
        self.width
    }

    /// Which hashes of its level, or which entries, it holds.
    pub fn places(&self) -> Range<u64> {
        let begin = self.index.saturating_mul(WIDTH);
        begin..begin.saturating_add(self.width)
    }

    fn parse(text: &str) -> Option<Self> {
        let (level, place) = text.strip_prefix("tile/")?.split_once('/')?;
        let level = match level {
            "entries" => Level::Entries,
            number => Level::Hashes(number.parse().ok().filter(|level| *level < LEVELS)?),
        };
        let (index, width) = match place.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok().filter(|width| (1..WIDTH).contains(width))?),
            None => (place, WIDTH),
        };
        let mut number = 0u64;
        for group in index.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            number = number.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        let path = TilePath { level, index: number, width };
        // Signs, zeros too many and groups of another length are written by nobody.
        (path.to_string() == text).then_some(path)
    }
}

impl FromStr for TilePath {
    type Err = NotATilePath;

    fn from_str(text: &str) -> Result<Self, NotATilePath> {
        Self::parse(text).ok_or(NotATilePath)
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Hashes(level) => write!(f, "tile/{level}/")?,
            Level::Entries => f.write_str("tile/entries/")?,
        }
        // The largest power of 1000 in a u64 is the sixth.
        for group in (1..=6).rev().map(|power| 1000u64.pow(power)).filter(|group| self.index >= *group) {
            write!(f, "x{:03}/", self.index / group % 1000)?;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}
