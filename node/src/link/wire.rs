//! Frames on a stream: four bytes of length (big endian) and one canonical CBOR value; anything else ends the stream.

use futures::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use weegnet_protocol::codec::{self, DecodeError, MAX_BYTES};
use weegnet_protocol::frame::Frame;

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
