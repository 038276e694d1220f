//! Where a node keeps what: the layout of its directory, and the lock that one process holds on it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use weegnet_protocol::id::ConvenantId;

/// Longest path of a Unix socket on Linux: 107 bytes and the closing zero.
const MAX_SOCKET_PATH_BYTES: usize = 107;
/// How long a lock may still be held by a process that is just being started: it has our files until it runs its own
/// program.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);
/// Between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The directory of one node.
#[derive(Debug, Clone)]
pub struct Home {
    dir: PathBuf,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// No node was made there.
    #[error("{0} is not a node's directory: make one with 'weegnet init'")]
    NotANode(PathBuf),
    /// Another process works on it.
    #[error("another weegnet process is using {0}: stop it first, or use the verbs that talk to a running node")]
    InUse(PathBuf),
    /// The path of the socket would be too long.
    #[error("the socket path {0} is longer than {MAX_SOCKET_PATH_BYTES} bytes: use a directory with a shorter path")]
    SocketPathTooLong(PathBuf),
    /// The system said no.
    #[error("{path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Held by the one process that works on a directory; let go when dropped.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
}

impl Home {
    /// The layout under `dir`, whether or not it exists.
    pub fn at(dir: &Path) -> Self {
        Home { dir: dir.to_path_buf() }
    }

    /// An existing node's directory.
    pub fn open(dir: &Path) -> Result<Self, HomeError> {
        let home = Home::at(dir);
        if home.config().is_file() { Ok(home) } else { Err(HomeError::NotANode(dir.to_path_buf())) }
    }

    /// Takes the directory for this process.
    pub fn lock(&self) -> Result<HomeLock, HomeError> {
        let path = self.dir.join("lock");
        let io = |source| HomeError::Io { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        let until = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(HomeLock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => return Err(HomeError::InUse(self.dir.clone())),
                Err(TryLockError::Error(source)) => return Err(io(source)),
            }
        }
    }

    /// The directory itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
    /// Who this node is.
    pub fn config(&self) -> PathBuf {
        self.dir.join("node.toml")
    }
    /// The public party record.
    pub fn card(&self) -> PathBuf {
        self.dir.join("card.json")
    }
    /// The online keys.
    pub fn keys(&self) -> PathBuf {
        self.dir.join("keys")
    }
    /// The offline party key's directory, beside the node's.
    pub fn party(&self) -> PathBuf {
        let mut name = self.dir.file_name().unwrap_or_default().to_os_string();
        name.push(".party");
        self.dir.with_file_name(name)
    }
    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }
    /// A new journal that is being made after a rollback; of no use until it has its next name.
    pub fn recovering(&self) -> PathBuf {
        self.dir.join("journal.recovering")
    }
    /// A new journal that is whole but for its vault, and takes the old one's place before anything else happens.
    pub fn recovered(&self) -> PathBuf {
        self.dir.join("journal.recovered")
    }
    /// Journals as they were when a rollback was recovered: evidence, without vault. One folder each, named after the
    /// origin that followed, in which `log verify` finds what it needs.
    pub fn former(&self) -> PathBuf {
        self.dir.join("former")
    }
    /// What can be rebuilt.
    pub fn store(&self) -> PathBuf {
        self.dir.join("store")
    }
    /// Tables of who is known: the cells of our own, and those of others by which we ask.
    pub fn tables(&self) -> PathBuf {
        self.dir.join("tables")
    }
    /// What this node holds of others' journals, and others of its own.
    pub fn witness(&self) -> PathBuf {
        self.dir.join("witness")
    }
    /// The register of one convenant.
    pub fn register(&self, convenant: &ConvenantId) -> PathBuf {
        self.dir.join("register").join(convenant.as_str())
    }
    /// The credential files of this node's people.
    pub fn credentials(&self) -> PathBuf {
        self.dir.join("credentials")
    }
    /// The certificate that the console made for itself, with its key.
    pub fn console(&self) -> PathBuf {
        self.dir.join("console")
    }
    /// The socket of the running node.
    pub fn socket(&self) -> Result<PathBuf, HomeError> {
        let path = self.dir.join("api.sock");
        if path.as_os_str().len() <= MAX_SOCKET_PATH_BYTES { Ok(path) } else { Err(HomeError::SocketPathTooLong(path)) }
    }
}
