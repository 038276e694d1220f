//! From a configuration to a link that listens.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::StreamExt;
use libp2p::Swarm;
use libp2p::core::transport::TransportError;
use libp2p::swarm::{self, SwarmEvent};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::behaviour::Behaviour;
use super::driver::Driver;
use super::error::LinkError;
use super::gate::Gate;
use super::limits::{COMMAND_QUEUE, Limits, STREAMS_PER_CONNECTION};
use super::members::{Member, Roster};
use super::receiving::{Desks, Inbound, Watching};
use super::slots::Beat;
use super::{Link, LinkConfig, identity, transport};

impl Link {
    /// Starts the link and returns once it listens. It runs, and reaches for every member, until `stop` is cancelled;
    /// then the join handle ends when nothing of it is left running.
    ///
    /// Deliveries that come in go to `inbound`; its capacity is shared fairly between the members' streams.
    pub async fn start(
        config: LinkConfig,
        members: Vec<Member>,
        inbound: mpsc::Sender<Inbound>,
        stop: CancellationToken,
    ) -> Result<(Link, JoinHandle<()>), LinkError> {
        Link::start_with(config, members, Desks { inbound, watching: None }, stop, Beat::Clock, Limits::STANDARD).await
    }

    /// The same for a node that shows its log: witnesses go to `watching`, as many as it has room for.
    pub async fn start_watched(
        config: LinkConfig,
        members: Vec<Member>,
        inbound: mpsc::Sender<Inbound>,
        watching: mpsc::Sender<Watching>,
        stop: CancellationToken,
    ) -> Result<(Link, JoinHandle<()>), LinkError> {
        let desks = Desks { inbound, watching: Some(watching) };
        Link::start_with(config, members, desks, stop, Beat::Clock, Limits::STANDARD).await
    }

    pub(super) async fn start_with(
        config: LinkConfig,
        members: Vec<Member>,
        desks: Desks,
        stop: CancellationToken,
        beat: Beat,
        limits: Limits,
    ) -> Result<(Link, JoinHandle<()>), LinkError> {
        // libp2p-tls honours this variable without asking.
        if std::env::var_os("SSLKEYLOGFILE").is_some() {
            return Err(LinkError::KeyLogging);
        }
        let key = identity::keypair(&config.key);
        let us = (config.oin, key.public().to_peer_id());
        let (roster, watched) = watch::channel(Roster::default());
        let refused = Arc::default();
        let gate = Gate::new(&key, watched.clone(), Arc::clone(&refused))?;
        gate.warm_up().await?;

        let tasks = TaskTracker::new();
        let behaviour = Behaviour::new(watched.clone(), limits);
        let stack = transport::build(gate, limits);
        let swarm = Swarm::new(stack, behaviour, us.1, swarm_config(&tasks, &stop, &limits));
        let (commands, queue) = mpsc::channel(COMMAND_QUEUE);
        let mut driver = Driver {
            in_vain: 0,
            swarm,
            us,
            roster,
            desks,
            beat,
            limits,
            stop: stop.clone(),
            tasks,
            lines: HashMap::new(),
            sending: JoinSet::new(),
        };
        // Before listening, so that the first caller finds its name on the list.
        driver.set_members(members)?;
        let address = listen(&mut driver.swarm, config.listen).await?;
        let running = tokio::spawn(driver.run(queue));
        Ok((Link { roster: watched, commands, refused, address, stop }, running))
    }
}

fn swarm_config(tasks: &TaskTracker, stop: &CancellationToken, limits: &Limits) -> swarm::Config {
    let (tasks, stop) = (tasks.clone(), stop.clone());
    let spawn = move |task| {
        let stop = stop.clone();
        tasks.spawn(async move { stop.run_until_cancelled(task).await });
    };
    swarm::Config::with_executor(spawn)
        .with_idle_connection_timeout(limits.silence)
        .with_max_negotiating_inbound_streams(STREAMS_PER_CONNECTION)
}

async fn listen(swarm: &mut Swarm<Behaviour>, address: SocketAddr) -> Result<SocketAddr, LinkError> {
    if address.port() != 0 {
        transport::check_free(address)?;
    }
    swarm.listen_on(transport::to_multiaddr(address)).map_err(|error| match error {
        TransportError::Other(source) => LinkError::Listen { address, source },
        TransportError::MultiaddrNotSupported(_) => {
            LinkError::Listen { address, source: std::io::ErrorKind::AddrNotAvailable.into() }
        }
    })?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { address: reported, .. } => {
                if let Some(reported) = transport::to_socket_address(&reported) {
                    return Ok(SocketAddr::new(address.ip(), reported.port()));
                }
            }
            SwarmEvent::ListenerClosed { reason: Err(source), .. } => {
                return Err(LinkError::Listen { address, source });
            }
            _ => {}
        }
    }
}
