//! This same program as other processes: nodes that serve, and verbs that end. None of them outlives the demo.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::cast::Who;
use super::error::DemoError;
use crate::api::Caller;
use crate::clock;
use crate::home::Home;

/// How often something is looked at that nobody announces: 50 ms.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a node may take until it serves: 20 s.
const START: Duration = Duration::from_secs(20);
/// How long a node may take to stop: 8 s; it promises 5.
const STOP: Duration = Duration::from_secs(8);
/// First port that is tried. Below the ports that systems give to outgoing connections, or a node that dials could
/// take the port of one that does not listen yet.
const FIRST_PORT: u16 = 20_000;
/// Number of ports that are tried.
const PORTS: u16 = 10_000;
/// Most attempts to find a free one.
const PORT_TRIES: usize = 100;

/// A node that serves in a process of its own; killed when dropped.
#[derive(Debug)]
pub struct Process {
    who: Who,
    child: Child,
}

impl Process {
    /// Starts the node in `home` and waits until it answers. It logs to the end of `log`.
    ///
    /// # Errors
    /// [`DemoError::NotServing`] with the last line of its log.
    pub async fn start(who: Who, home: &Home, log: &Path) -> Result<Self, DemoError> {
        let open = std::fs::File::options().create(true).append(true).open(log);
        let stderr = open.map_err(|source| DemoError::io(log, source))?;
        let mut command = ourselves()?;
        command.arg("serve").arg(home.dir()).stdout(Stdio::null()).stderr(stderr);
        let child = command.spawn().map_err(|source| DemoError::io(home.dir(), source))?;
        let mut process = Process { who, child };
        let serves = async || match Caller::to_running(home, None).await {
            Ok(_) => Ok(Some(())),
            Err(_) => match process.child.try_wait() {
                Ok(None) => Ok(None),
                _ => Err(DemoError::NotServing { who: who.part().name, said: last_line(log) }),
            },
        };
        until("a node to serve", START, serves).await?;
        Ok(process)
    }

    /// Its process id; `None` when it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Stops it as an operator does, with SIGTERM; kills it when that takes too long.
    ///
    /// # Errors
    /// When it had to be killed, or ended with an error.
    pub async fn stop(mut self) -> Result<(), DemoError> {
        let who = self.who.part().name;
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            // It may have ended just now; waiting tells.
            let _ = kill_process(pid, Signal::TERM);
        }
        match timeout(STOP, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(DemoError::NotStopped { who, how: ended(status) }),
            Ok(Err(error)) => Err(DemoError::NotStopped { who, how: error.to_string() }),
            Err(_) => {
                let _ = self.child.kill().await;
                Err(DemoError::NotStopped { who, how: format!("killed after {} s", STOP.as_secs()) })
            }
        }
    }
}

/// Runs one verb to its end and gives what it printed.
///
/// # Errors
/// [`DemoError::Verb`] with what it said on stderr.
pub async fn verb(name: &str, arguments: &[&(dyn AsRef<OsStr> + Sync)]) -> Result<Vec<u8>, DemoError> {
    let mut command = ourselves()?;
    command.args(name.split(' ')).args(arguments);
    let output = command.output().await.map_err(|source| DemoError::io(Path::new("weegnet"), source))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("weegnet: ");
    let said = if said.is_empty() { ended(output.status) } else { said.to_owned() };
    Err(DemoError::Verb { verb: name.into(), said })
}

/// Where this program lies.
///
/// # Errors
/// When the system does not say.
pub fn executable() -> Result<PathBuf, DemoError> {
    std::env::current_exe().map_err(|source| DemoError::io(Path::new("weegnet"), source))
}

/// An address on loopback where nobody listens just now; somebody may by the time it is used.
pub fn free_address() -> SocketAddr {
    // The node that tries it says what is wrong.
    free_port(Ipv4Addr::LOCALHOST).unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST_PORT)))
}

/// The same for the `number`th console: browsers keep cookies by host and not by port, so each has a host of its own where
/// the system has more than one on loopback.
pub fn console_address(number: u8) -> SocketAddr {
    free_port(Ipv4Addr::new(127, 0, 0, 2 + number)).unwrap_or_else(free_address)
}

fn free_port(host: Ipv4Addr) -> Option<SocketAddr> {
    let port = || FIRST_PORT + u16::from_le_bytes(clock::random()) % PORTS;
    let mut tries = (0..PORT_TRIES).map(|_| SocketAddr::from((host, port())));
    tries.find(|address| TcpListener::bind(address).is_ok())
}

/// Looks until something is there.
///
/// # Errors
/// [`DemoError::Late`] after `patience`, or whatever looking gave.
pub async fn until<T>(
    what: &'static str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>, DemoError>,
) -> Result<T, DemoError> {
    let last = Instant::now() + patience;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= last {
            return Err(DemoError::Late { what, patience });
        }
        sleep(LOOK_EVERY).await;
    }
}

/// In a process group of its own: Ctrl-C at the terminal comes to the demo, which then stops its nodes in order.
fn ourselves() -> Result<Command, DemoError> {
    let mut command = Command::new(executable()?);
    command.stdin(Stdio::null()).env_remove("CREDENTIALS_DIRECTORY").process_group(0).kill_on_drop(true);
    Ok(command)
}

fn ended(status: ExitStatus) -> String {
    status.to_string()
}

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or("its log is empty").to_owned()
}
