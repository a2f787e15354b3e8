//! The requests that only look: the list, one pane, the server itself, and waiting.

use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use towline_client::target::LOCAL_HOST;
use towline_protocol::v1;

use super::requests::Job;
use crate::agent;
use crate::fault::Fault;
use crate::pane::{self, Command, Pane, look};
use crate::server::Server;
use crate::store::RowStatus;

/// The longest that a list waits for hosts.
const LIST_PATIENCE: Duration = Duration::from_secs(60);

impl Job {
    pub(super) async fn list(&self, request: &v1::List) -> Result<v1::Listed, Fault> {
        let patience = Duration::from_millis(request.patience_ms.into()).min(LIST_PATIENCE);
        let hosts = match request.fleet {
            true => self.server.list_fleet(&request.hosts, patience).await?,
            false => Vec::new(),
        };
        let hosts = hosts.into_iter().map(|host| without_ended(host, request.ended)).collect();
        let here = request.hosts.is_empty() || request.hosts.iter().any(|host| host == LOCAL_HOST);
        let all = if here { self.server.panes.all() } else { Vec::new() };
        let panes: Vec<_> = all
            .into_iter()
            .filter(|pane| request.ended || !pane.facts().removing)
            .filter(|pane| request.ended || pane.facts().row.status != RowStatus::Ended)
            .collect();
        sample(&self.server, &panes);
        self.server.probe_holders();
        let in_tmux = if here { self.server.agents_in_tmux().await } else { Vec::new() };
        Ok(v1::Listed {
            hosts,
            warnings: self.server.fleet.trouble().into_iter().collect(),
            panes: panes.iter().map(|pane| pane.describe()).chain(in_tmux).collect(),
            host: here.then(|| v1::Host {
                name: LOCAL_HOST.into(),
                id: self.server.server_id.to_vec(),
                version: env!("CARGO_PKG_VERSION").into(),
            }),
        })
    }

    pub(super) fn info(&self, request: &v1::Info) -> Result<v1::Pane, Fault> {
        let pane = self.find(request.target.as_ref())?;
        sample(&self.server, std::slice::from_ref(&pane));
        self.server.probe_holders();
        let mut described = pane.describe();
        if let Ok(summary) = towline_journal::summary(&pane.journal()) {
            described.kept_from = summary.first_offset;
            described.output_bytes = described.output_bytes.max(summary.head);
        }
        Ok(described)
    }

    pub(super) async fn wait(&self, request: v1::Wait) -> Result<v1::Waited, Fault> {
        let pane = self.find(request.target.as_ref())?;
        let until =
            request.until.ok_or_else(|| Fault::invalid("the request says not what to wait for"))?;
        let mut answer = String::new();
        let waiting = async {
            match until {
                v1::wait::Until::Exit(_) => {
                    let mut pulse = pane.pulse.subscribe();
                    let _ = pulse.wait_for(|pulse| pulse.ended).await.map(drop);
                    Ok(String::new())
                }
                v1::wait::Until::Output(pattern) => {
                    let pattern = pane::pattern(&pattern)?;
                    let ended = pane.facts().row.ended.is_some();
                    if ended || request.since > 0 {
                        let found =
                            look::last_match(&self.server, &pane, pattern.clone(), request.since)
                                .await;
                        match found {
                            Some(line) => return Ok(line),
                            None if ended => return Err(Fault::ended(&pane.name())),
                            None => {}
                        }
                    }
                    pane.ask(|done| Command::WaitOutput { pattern: Box::new(pattern), done }).await
                }
                v1::wait::Until::States(states) => {
                    agent::wait_for_state(&pane, &states.states).await.map(|()| String::new())
                }
                v1::wait::Until::Turn(since) => {
                    answer = agent::wait_for_turn(&pane, since, &request.prompt).await?;
                    Ok(String::new())
                }
            }
        };
        let line = pane::within(request.timeout_ms, waiting).await?;
        Ok(v1::Waited { pane: Some(pane.describe()), line, answer })
    }

    pub(super) fn status(&self) -> v1::StatusReply {
        let panes = self.server.panes.all();
        let living = panes.iter().filter(|pane| pane.facts().row.ended.is_none()).count();
        let degraded = panes
            .iter()
            .filter(|pane| pane.facts().degraded)
            .map(|pane| {
                format!("{}: the journal can't be written; output is in memory only", pane.name())
            })
            .chain(
                self.server
                    .settings
                    .trouble
                    .iter()
                    .map(|why| format!("{why}: the defaults are used")),
            )
            .chain(self.server.rulebook.troubles())
            .chain(self.server.settings.listen_troubles.iter().cloned())
            .chain(
                self.server.store.trouble().map(|why| format!("the store can't be written: {why}")),
            )
            .collect();
        let range = towline_client::connection::spoken();
        v1::StatusReply {
            pid: i32::try_from(std::process::id()).unwrap_or(0),
            version: env!("CARGO_PKG_VERSION").into(),
            server_id: self.server.server_id.to_vec(),
            started_at: self.server.started_at,
            panes: u32::try_from(living).unwrap_or(u32::MAX),
            clients: self.server.clients.load(Ordering::Relaxed),
            state_dir: self.server.paths.state_dir.as_os_str().as_bytes().to_vec(),
            protocol_min: range.min,
            protocol_max: range.max,
            degraded,
            memory_bytes: crate::processes::own_memory(),
        }
    }
}

/// A host without its ended panes, unless they are asked for.
fn without_ended(mut host: v1::HostState, ended: bool) -> v1::HostState {
    host.panes.retain(|pane| ended || pane.exit.is_none());
    host
}

/// Brings what the panes' processes use up to date.
pub(super) fn sample(server: &Server, panes: &[Arc<Pane>]) {
    let roots: Vec<i32> =
        panes.iter().map(|pane| pane.facts().pid).filter(|pid| *pid > 0).collect();
    let usage = server.sampler.usage(&roots);
    for pane in panes {
        let mut facts = pane.facts();
        if let Some(usage) = usage.get(&facts.pid) {
            facts.cpu_percent = usage.cpu_percent;
            facts.memory_bytes = usage.memory_bytes;
            let known = facts.row.agent.as_ref().is_some_and(|agent| agent.state != "exited");
            if usage.agent.is_some() && !known {
                drop(facts);
                let _ = pane.tell(Command::FindAgent);
            }
        }
    }
}
