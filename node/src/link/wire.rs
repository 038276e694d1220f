//! Frames on a stream: four bytes of length (big endian) and one canonical CBOR value; anything else ends the stream.

use futures::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use weegnet_protocol::codec::{self, DecodeError, MAX_BYTES};
use weegnet_protocol::frame::Frame;
use weegnet_protocol::slot::Emptier;

use super::error::{StreamEnd, Violation};
use super::limits::Limits;

const HEAD_BYTES: usize = 4;

/// A frame as it travels, length included.
///
/// # Errors
/// The length of a frame that exceeds [`MAX_BYTES`].
pub(super) fn encode(frame: &Frame) -> Result<Vec<u8>, usize> {
    let value = codec::encode(frame);
    match u32::try_from(value.len()) {
        Ok(length) if value.len() <= MAX_BYTES => {
            let mut bytes = Vec::with_capacity(HEAD_BYTES + value.len());
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&value);
            Ok(bytes)
        }
        _ => Err(value.len()),
    }
}

/// The next frame and its size in bytes. Waits for its beginning as long as it takes, for its end `limits.frame`.
pub(super) async fn read<R>(from: &mut R, limits: &Limits) -> Result<(Frame, usize), StreamEnd>
where
    R: AsyncBufRead + Unpin,
{
    if from.fill_buf().await?.is_empty() {
        return Err(StreamEnd::Closed);
    }
    timeout(limits.frame, read_begun(from)).await.map_err(|_| Violation::HalfFrame)?
}

async fn read_begun<R: AsyncBufRead + Unpin>(from: &mut R) -> Result<(Frame, usize), StreamEnd> {
    let mut head = [0; HEAD_BYTES];
    from.read_exact(&mut head).await?;
    let len = usize::try_from(u32::from_be_bytes(head)).unwrap_or(usize::MAX);
    // Refused before anything is allocated for it.
    if len == 0 || len > MAX_BYTES {
        return Err(Violation::Length { len }.into());
    }
    let mut value = vec![0; len];
    from.read_exact(&mut value).await?;
    let frame = codec::decode(&value).map_err(|error: DecodeError| Violation::Malformed(error))?;
    Ok((frame, len))
}

/// The frames that a frame brings, each with its size in bytes, and whether they came in a slot: those that end in a piece of a
/// slot, else itself.
pub(super) fn unpack(emptier: &mut Emptier, frame: Frame) -> Result<(Vec<(Frame, usize)>, bool), Violation> {
    let Frame::Slot { piece } = frame else {
        // The size of what came alone is known where it was read.
        return Ok((vec![(frame, 0)], false));
    };
    let mut frames = Vec::new();
    for value in emptier.frames(&piece.0)? {
        let frame = codec::decode(&value)?;
        if matches!(frame, Frame::Slot { .. }) {
            return Err(Violation::Direction);
        }
        frames.push((frame, value.len()));
    }
    Ok((frames, true))
}

/// Writes a batch; flushes only when `last`, that is when nothing else waits.
pub(super) async fn write<W>(to: &mut W, batch: &[u8], last: bool, limits: &Limits) -> Result<(), StreamEnd>
where
    W: AsyncWrite + Unpin,
{
    let all = async {
        to.write_all(batch).await?;
        if last { to.flush().await } else { Ok(()) }
    };
    timeout(limits.write, all).await.map_err(|_| StreamEnd::NotRead)?.map_err(StreamEnd::Broken)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::io::Cursor;
    use weegnet_protocol::frame::{RejectCode, RequestId};

    use super::*;

    const QUICK: Limits = Limits { frame: Duration::from_millis(20), ..Limits::STANDARD };

    fn frame() -> Frame {
        Frame::Reject { request: RequestId(1), code: RejectCode::Busy }
    }

    async fn end_of(bytes: &[u8]) -> StreamEnd {
        read(&mut Cursor::new(bytes), &QUICK).await.unwrap_err()
    }

    #[tokio::test]
    async fn reads_what_was_written_and_then_the_end() {
        let bytes = encode(&frame()).unwrap().repeat(2);
        let mut from = Cursor::new(&bytes[..]);
        for _ in 0..2 {
            assert_eq!(read(&mut from, &QUICK).await.unwrap(), (frame(), bytes.len() / 2 - HEAD_BYTES));
        }
        assert!(matches!(read(&mut from, &QUICK).await, Err(StreamEnd::Closed)));
    }

    #[tokio::test]
    async fn refuses_a_length_before_waiting_for_its_bytes() {
        for len in [0, MAX_BYTES as u32 + 1, u32::MAX] {
            let end = end_of(&len.to_be_bytes()).await;
            assert!(matches!(end, StreamEnd::Violation(Violation::Length { len: said }) if said == len as usize));
        }
    }

    #[tokio::test]
    async fn waits_only_so_long_for_the_rest_of_a_frame() {
        let bytes = encode(&frame()).unwrap();
        let (ours, theirs) = tokio::io::duplex(1024);
        let mut theirs = tokio_util::compat::TokioAsyncReadCompatExt::compat(theirs);
        theirs.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
        let mut from = futures::io::BufReader::new(tokio_util::compat::TokioAsyncReadCompatExt::compat(ours));
        let end = read(&mut from, &QUICK).await.unwrap_err();
        assert!(matches!(end, StreamEnd::Violation(Violation::HalfFrame)));
    }

    #[tokio::test]
    async fn refuses_every_other_encoding_of_a_frame() {
        let bytes = encode(&frame()).unwrap();
        let value = &bytes[HEAD_BYTES..];
        for other in [&[value, &[0]].concat()[..], &value[..value.len() - 1], &[&[0xb8, 1], &value[1..]].concat()] {
            let framed = [&(other.len() as u32).to_be_bytes()[..], other].concat();
            assert!(matches!(end_of(&framed).await, StreamEnd::Violation(Violation::Malformed(_))));
        }
    }
}
