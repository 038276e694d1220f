//! Reads CSV record by record in bounded memory, and takes the digest of every byte that was read.

use std::io::{self, Read};

use csv_core::ReadRecordResult;
use sha2::{Digest, Sha256};
use weegnet_protocol::codec::{Bytes, Hash};

/// Largest record that is read: 64 KiB of field text.
pub(in crate::register) const MAX_RECORD_BYTES: usize = 64 * 1024;
/// Most columns of a source.
pub(in crate::register) const MAX_COLUMNS: usize = 512;

const BUFFER_BYTES: usize = 64 * 1024;

/// A source that cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The reader failed.
    #[error(
        "the source cannot be read on after row {row}: check the file and its disk, and import it again; nothing was replaced"
    )]
    Read {
        /// The last row that was read.
        row: u64,
        /// What the system said.
        source: io::Error,
    },
    /// Not UTF-8.
    #[error("row {row} is not UTF-8: save the file as \"CSV UTF-8\" and import it again")]
    NotUtf8 {
        /// Counted as a spreadsheet does: 1 is the header.
        row: u64,
    },
}

/// What comes next.
pub(in crate::register) enum Next<'a> {
    Record(Record<'a>),
    /// A record beyond [`MAX_RECORD_BYTES`] or [`MAX_COLUMNS`]; often a quote that is not closed.
    TooLarge {
        /// Lines that it swallowed.
        lines: u64,
    },
    End,
}

/// One record, checked to be UTF-8.
pub(in crate::register) struct Record<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// How many fields.
    pub(in crate::register) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field; empty when there is none.
    pub(in crate::register) fn get(&self, index: usize) -> &'a str {
        let from = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(index).and_then(|end| self.text.get(from..*end)).unwrap_or_default()
    }

    /// Lines that the record takes; more than one only when a quoted field holds a line break.
    pub(in crate::register) fn lines(&self) -> u64 {
        1 + self.text.bytes().filter(|c| *c == b'\n').count() as u64
    }
}

/// A CSV source.
pub(in crate::register) struct Records<R> {
    source: R,
    parser: csv_core::Reader,
    digest: Sha256,
    buffer: Box<[u8]>,
    /// The part of the buffer that is not parsed yet.
    from: usize,
    to: usize,
    at_end: bool,
    bytes: u64,
    row: u64,
    text: Box<[u8]>,
    ends: Box<[usize]>,
}

impl<R: Read> Records<R> {
    pub(in crate::register) fn new(source: R, delimiter: u8) -> Self {
        Records {
            source,
            parser: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            digest: Sha256::new(),
            buffer: vec![0; BUFFER_BYTES].into(),
            from: 0,
            to: 0,
            at_end: false,
            bytes: 0,
            row: 0,
            text: vec![0; MAX_RECORD_BYTES].into(),
            ends: vec![0; MAX_COLUMNS].into(),
        }
    }

    /// The next record. Blank lines are no records.
    pub(in crate::register) fn next(&mut self) -> Result<Next<'_>, SourceError> {
        let first_line = self.parser.line();
        let (mut text_len, mut ends_len, mut too_large) = (0, 0, false);
        loop {
            if self.from == self.to && !self.at_end {
                self.fill()?;
            }
            let (result, read, wrote, ended) = self.parser.read_record(
                &self.buffer[self.from..self.to],
                &mut self.text[text_len..],
                &mut self.ends[ends_len..],
            );
            self.from += read;
            text_len += wrote;
            ends_len += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    // Parsed to its end, so that the next record is found, but not kept.
                    too_large = true;
                    (text_len, ends_len) = (0, 0);
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(Next::End),
            }
        }
        self.row += 1;
        if too_large {
            return Ok(Next::TooLarge { lines: (self.parser.line() - first_line).max(1) });
        }
        let not_utf8 = SourceError::NotUtf8 { row: self.row };
        let Ok(text) = std::str::from_utf8(&self.text[..text_len]) else { return Err(not_utf8) };
        let ends = &self.ends[..ends_len];
        if ends.iter().any(|end| !text.is_char_boundary(*end)) {
            return Err(not_utf8);
        }
        Ok(Next::Record(Record { text, ends }))
    }

    /// Bytes read from the source so far.
    pub(in crate::register) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of all bytes read: of the whole source, once its end was reached.
    pub(in crate::register) fn digest(&self) -> Hash {
        Bytes(self.digest.clone().finalize().into())
    }

    fn fill(&mut self) -> Result<(), SourceError> {
        (self.from, self.to) = (0, 0);
        // The first bytes come together, so that a mark of the encoding is seen whole.
        let wanted = if self.bytes == 0 { 3 } else { 1 };
        while self.to < wanted && !self.at_end {
            match self.source.read(&mut self.buffer[self.to..]) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.to += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(SourceError::Read { row: self.row, source }),
            }
        }
        let new = &self.buffer[..self.to];
        if self.bytes == 0 && (new.starts_with(&[0xff, 0xfe]) || new.starts_with(&[0xfe, 0xff])) {
            return Err(SourceError::NotUtf8 { row: 1 });
        }
        self.bytes += new.len() as u64;
        self.digest.update(new);
        Ok(())
    }
}
