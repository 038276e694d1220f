//! The few canonical CBOR items (RFC 8949 §4.2.1) of entry and commit frames, written and read without copying.

const MAJOR_BYTES: u8 = 2;
const MAJOR_TEXT: u8 = 3;

/// Writes a head in its shortest form.
pub(super) fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let first = major << 5;
    match argument {
        0..=23 => out.push(first | argument as u8),
        24..=0xff => out.extend([first | 24, argument as u8]),
        0x100..=0xffff => {
            out.push(first | 25);
            out.extend((argument as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(first | 26);
            out.extend((argument as u32).to_be_bytes());
        }
        _ => {
            out.push(first | 27);
            out.extend(argument.to_be_bytes());
        }
    }
}

/// Writes a byte string.
pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_head(out, MAJOR_BYTES, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Writes a text string.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    write_head(out, MAJOR_TEXT, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads items one after another; every method gives `None` at anything but the one encoding of what it expects.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// The argument of a head of this major type.
    pub(super) fn head(&mut self, major: u8) -> Option<u64> {
        let (first, rest) = self.rest.split_first()?;
        if first >> 5 != major {
            return None;
        }
        let short = first & 0x1f;
        let width = match short {
            0..=23 => {
                self.rest = rest;
                return Some(u64::from(short));
            }
            24..=27 => 1usize << (short - 24),
            _ => return None,
        };
        let (tail, rest) = rest.split_at_checked(width)?;
        let argument = tail.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let smallest = [24, 1 << 8, 1 << 16, 1 << 32][usize::from(short - 24)];
        self.rest = rest;
        (argument >= smallest).then_some(argument)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        self.string(MAJOR_BYTES)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string(MAJOR_TEXT)?).ok()
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn string(&mut self, major: u8) -> Option<&'a [u8]> {
        let length = usize::try_from(self.head(major)?).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }
}
