//! The vault: a file of data keys, one slot per case, so that destroying 32 bytes destroys all bodies of a case.
//!
//! Slots are filled with random keys in blocks and synced before any is given out; a slot counts as used once an entry
//! in a log refers to it. Keys are read when needed and never kept in memory.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::LogName;
use zeroize::Zeroizing;

use super::disk::{Disk, is_no_space};
use super::entry::CaseKey;
use super::error::JournalError;
use super::segment::WriteError;

/// Name of the key file in the journal's folder.
pub(super) const FILE: &str = "vault.keys";
const HEADER_BYTES: usize = 64;
const MAGIC: [u8; 8] = *b"WEEGNETV";
const VERSION: u8 = 1;
const SLOT_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Bytes that sealing adds to a body: nonce and tag.
pub(super) const SEAL_BYTES: usize = NONCE_BYTES + 16;
/// A slot whose key was destroyed.
const ERASED: [u8; SLOT_BYTES] = [0; SLOT_BYTES];

/// The open key file.
pub(super) struct Vault {
    disk: Arc<dyn Disk>,
    file: File,
    slots_per_block: u32,
    /// A lock and not a task: giving out a slot is a counter, but for the one in a block that fills the next block.
    supply: Mutex<Supply>,
}

struct Supply {
    /// The next slot to give out.
    next: u32,
    /// The first slot that was not yet filled and synced.
    ready: u32,
}

/// Which body is sealed: bound into the ciphertext, so that no body can be passed off as another entry's.
pub(super) struct Place {
    pub(super) id: EntryId,
    pub(super) log: LogName,
}

impl Place {
    fn bytes(&self) -> Vec<u8> {
        [self.id.as_bytes(), self.log.as_str().as_bytes()].concat()
    }
}

/// Fills a buffer from the operating system.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), JournalError> {
    getrandom::fill(bytes).map_err(|_| JournalError::NoRandomness)
}

impl Vault {
    /// Makes the key file without slots.
    pub(super) fn create(disk: &dyn Disk, dir: &Path, slots_per_block: u32) -> io::Result<()> {
        let file = disk.create(&dir.join(FILE))?;
        disk.write(&file, &header(slots_per_block), 0)?;
        disk.sync(&file)
    }

    /// Opens the key file; `used` is the highest slot that any log refers to.
    pub(super) fn open(disk: Arc<dyn Disk>, dir: &Path, used: Option<CaseKey>) -> Result<Self, JournalError> {
        let path = dir.join(FILE);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(JournalError::Vault { flaw: "is missing" });
            }
            opened => opened.map_err(JournalError::io("open", &path))?,
        };
        let slots_per_block = read_header(&file)?;
        // A block without a used slot may have been cut short: it is filled again before it is used.
        let (next, ready) = match used {
            None => (0, 0),
            Some(case) => (case.slot() / slots_per_block)
                .checked_add(1)
                .and_then(|blocks| blocks.checked_mul(slots_per_block))
                .map(|ready| (case.slot() + 1, ready))
                .ok_or(JournalError::Vault { flaw: "cannot have the slots that the logs refer to" })?,
        };
        let length = file.metadata().map_err(JournalError::io("measure", &path))?.len();
        if length < offset(ready) {
            return Err(JournalError::Vault { flaw: "is shorter than the logs refer to" });
        }
        Ok(Vault { disk, file, slots_per_block, supply: Mutex::new(Supply { next, ready }) })
    }

    /// Opens the key file of a journal that another process may be writing: to read bodies, never to give out keys.
    pub(super) fn open_to_read(dir: &Path) -> Result<Self, JournalError> {
        let path = dir.join(FILE);
        let file = File::open(&path).map_err(JournalError::io("open", &path))?;
        let slots_per_block = read_header(&file)?;
        let supply = Mutex::new(Supply { next: u32::MAX, ready: u32::MAX });
        Ok(Vault { disk: Arc::new(super::disk::RealDisk), file, slots_per_block, supply })
    }

    /// Gives out the next key. Writes only when a block is used up.
    pub(super) fn new_case(&self) -> Result<CaseKey, WriteError> {
        let mut supply = self.supply.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if supply.next == supply.ready {
                self.fill_block(supply.ready)?;
                supply.ready += self.slots_per_block;
            }
            let case = CaseKey::new(supply.next);
            supply.next += 1;
            // Erased before anything was recorded under it: never a key again.
            if self.key(case)?.is_some() {
                return Ok(case);
            }
        }
    }

    /// Destroys keys: overwritten in place, then synced once.
    pub(super) fn erase(&self, cases: &[CaseKey]) -> io::Result<()> {
        // Held, so that no block is being filled around them.
        let _supply = self.supply.lock().unwrap_or_else(PoisonError::into_inner);
        for case in cases {
            self.disk.write(&self.file, &ERASED, offset(case.slot()))?;
        }
        self.disk.sync(&self.file)
    }

    /// Whether a slot was given out.
    pub(super) fn has(&self, case: CaseKey) -> bool {
        case.slot() < self.supply.lock().unwrap_or_else(PoisonError::into_inner).next
    }

    /// Encrypts a body: nonce, ciphertext, tag; `None` when the key was destroyed.
    pub(super) fn seal(&self, case: CaseKey, place: &Place, body: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
        let Some(key) = self.key(case).map_err(JournalError::io("read", FILE))? else { return Ok(None) };
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        let payload = Payload { msg: body, aad: &place.bytes() };
        let cipher = XChaCha20Poly1305::new((&*key).into());
        let too_large = |_| JournalError::TooLarge { bytes: body.len(), limit: super::frame::MAX_PAYLOAD_BYTES };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(too_large)?;
        Ok(Some([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts a body; `None` when the key was destroyed, an error when it is another's or was changed.
    pub(super) fn open_sealed(&self, case: CaseKey, place: &Place, sealed: &[u8]) -> io::Result<Opened> {
        if !self.has(case) {
            return Ok(Opened::Broken);
        }
        let Some(key) = self.key(case)? else { return Ok(Opened::Erased) };
        let Some((nonce, ciphertext)) = sealed.split_first_chunk::<NONCE_BYTES>() else { return Ok(Opened::Broken) };
        let payload = Payload { msg: ciphertext, aad: &place.bytes() };
        let cipher = XChaCha20Poly1305::new((&*key).into());
        Ok(cipher.decrypt(&XNonce::from(*nonce), payload).map_or(Opened::Broken, Opened::Body))
    }

    pub(super) fn key(&self, case: CaseKey) -> io::Result<Option<Zeroizing<[u8; SLOT_BYTES]>>> {
        let mut key = Zeroizing::new([0; SLOT_BYTES]);
        self.file.read_exact_at(key.as_mut_slice(), offset(case.slot()))?;
        Ok((*key != ERASED).then_some(key))
    }

    /// Whether the block of a key that was given out is there as a whole, as it was before.
    pub(super) fn has_block_of(&self, case: CaseKey) -> io::Result<bool> {
        let blocks = u64::from(case.slot() / self.slots_per_block) + 1;
        let bytes = blocks * u64::from(self.slots_per_block) * SLOT_BYTES as u64;
        Ok(self.file.metadata()?.len() >= offset(0) + bytes)
    }

    fn fill_block(&self, first: u32) -> Result<(), WriteError> {
        let mut keys = Zeroizing::new(vec![0; self.slots_per_block as usize * SLOT_BYTES]);
        getrandom::fill(&mut keys).map_err(|error| WriteError::Failed(io::Error::other(error)))?;
        let Some(end) = first.checked_add(self.slots_per_block) else { return Err(WriteError::NoSpace) };
        match self.disk.allocate(&self.file, offset(end)) {
            Err(error) if is_no_space(&error) => return Err(WriteError::NoSpace),
            done => done?,
        }
        self.disk.write(&self.file, &keys, offset(first))?;
        self.disk.sync(&self.file)?;
        Ok(())
    }
}

/// What became of a sealed body.
pub(super) enum Opened {
    Body(Vec<u8>),
    Erased,
    Broken,
}

fn offset(slot: u32) -> u64 {
    HEADER_BYTES as u64 + u64::from(slot) * SLOT_BYTES as u64
}

/// Slots per block, as a sound header says.
fn read_header(file: &File) -> Result<u32, JournalError> {
    let mut bytes = [0; HEADER_BYTES];
    let read = file.read_exact_at(&mut bytes, 0);
    let slots_per_block = u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
    if read.is_err() || slots_per_block == 0 || bytes != header(slots_per_block) {
        return Err(JournalError::Vault { flaw: "has a damaged header" });
    }
    Ok(slots_per_block)
}

fn header(slots_per_block: u32) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8] = VERSION;
    bytes[12..16].copy_from_slice(&slots_per_block.to_be_bytes());
    let crc = crc32c::crc32c(&bytes[..HEADER_BYTES - 4]);
    bytes[HEADER_BYTES - 4..].copy_from_slice(&crc.to_be_bytes());
    bytes
}
