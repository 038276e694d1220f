//! What leaves in a slot: pieces of one size in which frames stand one behind the other, and filling behind the last.
//!
//! A piece is [`SLOT_BYTES`] bytes. A frame in it is its length (4 bytes, big endian) and its value, as on a stream; what does
//! not fit goes on at the beginning of the next piece. A length of 0 says that the rest of the piece is filling, and so are
//! fewer than four bytes behind a frame. Filling is zeros: the connection encrypts it.

use alloc::vec::Vec;

use crate::codec::{Blob, MAX_BYTES};

/// Size of a piece: 16 KiB. A sealed question is one; a larger frame goes on in the next.
pub const SLOT_BYTES: usize = 16 * 1024;
/// Pieces that each side of a stream writes per slot, whether it has something to say or not.
pub const PIECES_PER_SLOT: usize = 4;

const HEAD_BYTES: usize = 4;

/// Fills pieces from frames; one for each direction of a stream.
#[derive(Debug, Default)]
pub struct Filler {
    /// What is left of a frame that has begun.
    rest: Vec<u8>,
}

impl Filler {
    /// The next piece. `next` gives the frames that wait, each with its length before it.
    pub fn piece(&mut self, mut next: impl FnMut() -> Option<Vec<u8>>) -> Blob {
        let mut piece = Vec::with_capacity(SLOT_BYTES);
        loop {
            let n = self.rest.len().min(SLOT_BYTES - piece.len());
            piece.extend(self.rest.drain(..n));
            // A length is never cut in two.
            if SLOT_BYTES - piece.len() < HEAD_BYTES {
                break;
            }
            match next() {
                Some(frame) => self.rest = frame,
                None => break,
            }
        }
        piece.resize(SLOT_BYTES, 0);
        Blob(piece)
    }
}

/// Takes frames out of pieces; one for each direction of a stream.
#[derive(Debug, Default)]
pub struct Emptier {
    begun: Vec<u8>,
    /// Bytes that the frame that has begun still lacks.
    lacks: usize,
}

/// Not a piece that follows on the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a piece of a slot that has another size, a frame too large or filling that is not empty")]
pub struct NotAPiece;

impl Emptier {
    /// The values of the frames that end in this piece.
    ///
    /// # Errors
    /// [`NotAPiece`]; nothing behind it can be read.
    pub fn frames(&mut self, piece: &[u8]) -> Result<Vec<Vec<u8>>, NotAPiece> {
        if piece.len() != SLOT_BYTES {
            return Err(NotAPiece);
        }
        let (mut frames, mut rest) = (Vec::new(), piece);
        loop {
            if self.lacks > 0 {
                let (now, later) = rest.split_at(self.lacks.min(rest.len()));
                self.begun.extend_from_slice(now);
                self.lacks -= now.len();
                rest = later;
                if self.lacks > 0 {
                    return Ok(frames);
                }
                frames.push(core::mem::take(&mut self.begun));
            }
            let Some((head, behind)) = rest.split_first_chunk::<HEAD_BYTES>() else { return empty(rest, frames) };
            match usize::try_from(u32::from_be_bytes(*head)) {
                Ok(0) => return empty(behind, frames),
                Ok(length) if length <= MAX_BYTES => self.lacks = length,
                _ => return Err(NotAPiece),
            }
            rest = behind;
        }
    }
}

fn empty(filling: &[u8], frames: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, NotAPiece> {
    if filling.iter().all(|byte| *byte == 0) { Ok(frames) } else { Err(NotAPiece) }
}

#[cfg(test)]
mod tests {
    use alloc::collections::VecDeque;
    use alloc::vec;

    use super::*;

    fn framed(length: usize) -> Vec<u8> {
        let value: Vec<u8> = (0..length).map(|at| (at % 251) as u8 + 1).collect();
        [&u32::try_from(length).unwrap().to_be_bytes()[..], &value].concat()
    }

    #[test]
    fn every_frame_comes_out_whole_and_in_order_and_every_piece_has_one_size() {
        for lengths in [
            vec![],
            vec![1],
            vec![SLOT_BYTES - 4],
            // Three bytes, too few for a length, are left; then none.
            vec![SLOT_BYTES - 4 - 3, 7],
            vec![SLOT_BYTES - 3, 1, 1],
            vec![MAX_BYTES, 5, 8_000, 8_000, 8_000, MAX_BYTES],
        ] {
            let mut waiting: VecDeque<_> = lengths.iter().map(|length| framed(*length)).collect();
            let (mut filler, mut emptier, mut out) = (Filler::default(), Emptier::default(), Vec::new());
            for _ in 0..16 {
                let piece = filler.piece(|| waiting.pop_front());
                assert_eq!(piece.0.len(), SLOT_BYTES);
                out.extend(emptier.frames(&piece.0).unwrap());
            }
            let expected: Vec<_> = lengths.iter().map(|length| framed(*length)[4..].to_vec()).collect();
            assert_eq!(out, expected, "{lengths:?}");
        }
    }

    #[test]
    fn refuses_other_sizes_and_filling_that_says_something() {
        let cover = vec![0; SLOT_BYTES];
        assert_eq!(Emptier::default().frames(&cover), Ok(vec![]));
        for at in [4, 5, SLOT_BYTES - 1] {
            let mut piece = cover.clone();
            piece[at] = 1;
            assert_eq!(Emptier::default().frames(&piece), Err(NotAPiece), "{at}");
        }
        let mut large = cover.clone();
        large[..4].copy_from_slice(&(MAX_BYTES as u32 + 1).to_be_bytes());
        for piece in [&cover[1..], &[&cover[..], &[0]].concat(), &[], &large] {
            assert_eq!(Emptier::default().frames(piece), Err(NotAPiece));
        }
    }
}
