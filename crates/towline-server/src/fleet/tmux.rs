//! Carrying a request out on a host's tmux, as that host's server would if it had one.

mod agents;
mod asking;
mod sure;
mod watch;

use std::sync::Arc;

use towline_client::hosts::{Address, Host};
use towline_client::target::{self, Candidate, DETACHED_ID, LOCAL_HOST, Rules, TMUX_ID, Target};
use towline_client::tmux::{Driver, Listed, Place, REMOTE_COMMAND, TmuxError};
use towline_client::transport::{DialOptions, ssh_argv, ssh_words};
use towline_protocol::Message as _;
use towline_protocol::v1::{self, ErrorKind, reply, request, server_frame};

use super::attach;
use super::peer::Peer;
use super::route::target_of;
use crate::conn::{Out, Window};
use crate::fault::Fault;
use crate::server::Server;

pub(super) use agents::Agents;
pub(super) use watch::watch;

/// A driver for a host's tmux.
pub(super) fn driver(host: &Host, options: &DialOptions) -> Driver {
    let tmux = host.tmux.clone().unwrap_or_else(|| "tmux".into());
    let place = match &host.address {
        Address::Ssh { .. } => Place {
            host: host.alias.clone(),
            argv: ssh_argv(host, options, &[], Some(REMOTE_COMMAND)),
            env: ssh_agent(options),
            ssh: Some(ssh_words(&host.address)),
            tmux,
            projects: host.projects.clone(),
        },
        // Other addresses are this machine's, or lead to nothing but a Towline server.
        Address::Unix(_) | Address::Tcp { .. } | Address::Tls { .. } => Place {
            host: host.alias.clone(),
            projects: host.projects.clone(),
            ..Place::here(&tmux)
        },
    };
    Driver::new(place)
}

fn ssh_agent(options: &DialOptions) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    use std::os::unix::ffi::OsStringExt;
    match options.ssh_auth_sock.clone() {
        socket if socket.is_empty() => Vec::new(),
        socket => vec![("SSH_AUTH_SOCK".into(), std::ffi::OsString::from_vec(socket))],
    }
}

/// The panes of a list, with ids that no pane of Towline's has.
pub(super) fn panes(listed: Listed) -> Vec<v1::Pane> {
    let own = |pane: v1::Pane| v1::Pane { id: TMUX_ID + pane.id, ..pane };
    let detached = |pane: v1::Pane| v1::Pane {
        id: DETACHED_ID + u64::try_from(pane.pid).unwrap_or_default(),
        ..pane
    };
    listed.panes.into_iter().map(own).chain(listed.detached.into_iter().map(detached)).collect()
}

/// Where answers go.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) server: Arc<Server>,
    pub(super) out: Out,
    pub(super) id: u64,
    /// The alias of the host; empty for this one.
    pub(super) alias: String,
    pub(super) window: Arc<Window>,
    /// The host and how it is dialled; `None`: this machine.
    pub(super) there: Option<(Host, DialOptions)>,
    /// The peer whose panes they are; `None`: they are of this machine.
    pub(super) known: Option<Arc<Peer>>,
    /// What is known of the agents there.
    pub(super) agents: Arc<Agents>,
}

impl Asked {
    fn reply(&self, body: reply::Body) {
        if let Some(peer) = &self.known {
            peer.known().note(&body);
        }
        self.out.send(server_frame::Body::Reply(v1::Reply { id: self.id, body: Some(body) }));
    }

    fn name(&self, mut pane: v1::Pane) -> v1::Pane {
        self.alias.clone_into(&mut pane.host);
        pane
    }
}

/// Carries a request out, and answers it.
pub(super) async fn serve(driver: &Driver, asked: Asked, body: request::Body) {
    let outcome = match body {
        request::Body::Follow(request) => return follow(driver, &asked, request).await,
        body => once(driver, &asked, body).await,
    };
    asked.reply(outcome.unwrap_or_else(|fault| reply::Body::Error(fault.into())));
}

/// As [`serve`], where the target means a pane of this tmux; answers `unknown` where it doesn't.
pub(super) async fn serve_known(
    driver: &Driver,
    asked: Asked,
    mut body: request::Body,
    unknown: Fault,
) {
    let target = target_of(&mut body).cloned();
    match find(driver, &asked, target.as_ref()).await {
        Ok(_) => serve(driver, asked, body).await,
        Err(fault) if fault.is_not_found() => asked.reply(reply::Body::Error(unknown.into())),
        Err(fault) => asked.reply(reply::Body::Error(fault.into())),
    }
}

async fn once(driver: &Driver, asked: &Asked, body: request::Body) -> Result<reply::Body, Fault> {
    use request::Body;
    let only_looked = |error: TmuxError| Fault::from(error.to_v1(false));
    let changed = |error: TmuxError| Fault::from(error.to_v1(true));
    Ok(match body {
        Body::Spawn(request) => {
            let request = crate::spawn::without_towline(request)?;
            let pane = driver.spawn(&request).await.map_err(changed)?;
            let pane = asked.name(v1::Pane { id: TMUX_ID + pane.id, ..pane });
            reply::Body::Spawned(v1::Spawned { pane: Some(pane), ..v1::Spawned::default() })
        }
        Body::Info(request) => {
            reply::Body::Info(find(driver, asked, request.target.as_ref()).await?)
        }
        Body::Peek(request) => {
            let pane = find(driver, asked, request.target.as_ref()).await?;
            if request.since > 0 {
                return Err(unsupported("when a line was printed"));
            }
            let peeked = driver
                .peek(number(&pane)?, request.lines, request.ansi)
                .await
                .map_err(only_looked)?;
            reply::Body::Peeked(v1::Peeked {
                pane: Some(pane),
                lines: peeked.lines,
                first_line: peeked.first_line,
                gap: false,
            })
        }
        Body::OpenInput(request) => {
            let pane = find(driver, asked, request.target.as_ref()).await?;
            number(&pane)?;
            reply::Body::InputOpened(v1::InputOpened {
                pane: pane.id,
                last: 0,
                // Nobody there remembers what was typed.
                unknown: request.again,
                host: asked.alias.clone(),
                ahead: false,
                agent: pane.agent.is_some_and(|agent| agent.state != "exited"),
            })
        }
        Body::Send(request) => {
            let pane = find(driver, asked, request.target.as_ref()).await?;
            reply::Body::Sent(sure::send(driver, asked, pane, &request).await?)
        }
        Body::Answer(request) => {
            let pane = find(driver, asked, request.target.as_ref()).await?;
            reply::Body::Sent(sure::answer(driver, asked, pane, &request).await?)
        }
        Body::Wait(request) => reply::Body::Waited(wait(driver, asked, request).await?),
        Body::Attach(request) => {
            let pane = find(driver, asked, request.target.as_ref()).await?;
            let words = driver.attach_argv(number(&pane)?, request.read_only).await;
            reply::Body::AttachBy(attach_by(asked, &request, words.map_err(only_looked)?, pane))
        }
        Body::Kill(request) => {
            let pane = find(driver, asked, request.target.as_ref()).await?;
            let removed = driver.kill(number(&pane)?, request.signal).await.map_err(changed)?;
            reply::Body::Killed(v1::Killed { pane: Some(pane), removed })
        }
        Body::Rename(request) => {
            let pane = find(driver, asked, request.target.as_ref()).await?;
            driver.rename(number(&pane)?, &request.name).await.map_err(changed)?;
            reply::Body::Info(v1::Pane { name: request.name, ..pane })
        }
        Body::Explain(request) => {
            let pane = find(driver, asked, request.target.as_ref()).await?;
            reply::Body::Explained(asking::explain(driver, asked, pane).await?)
        }
        Body::Raw(_) => return Err(unsupported("the bytes that a program printed")),
        Body::Clean(_) => reply::Body::Cleaned(v1::Cleaned::default()),
        Body::List(_)
        | Body::Status(_)
        | Body::Shutdown(_)
        | Body::Watch(_)
        | Body::Subscribe(_)
        | Body::Follow(_)
        | Body::Connect(_)
        | Body::AgentEvent(_)
        | Body::Enqueue(_)
        | Body::Queue(_)
        | Body::Dequeue(_)
        | Body::Notices(_)
        | Body::Agents(_)
        | Body::Resume(_)
        | Body::Renew(_)
        | Body::Disconnect(_) => {
            return Err(Fault::new(ErrorKind::Unsupported, "there is no Towline on that host"));
        }
    })
}

fn attach_by(
    asked: &Asked,
    request: &v1::Attach,
    words: Vec<String>,
    pane: v1::Pane,
) -> v1::AttachBy {
    match &asked.there {
        Some((host, options)) => {
            attach::command(host, options, attach::Via::of(request, host), &words, pane)
        }
        None => v1::AttachBy {
            argv: words.into_iter().map(String::into_bytes).collect(),
            otherwise: Vec::new(),
            pane: Some(pane),
        },
    }
}

fn unsupported(what: &str) -> Fault {
    Fault::new(ErrorKind::Unsupported, format!("tmux does not keep {what}"))
}

/// tmux's own number of a pane.
fn number(pane: &v1::Pane) -> Result<u64, Fault> {
    if pane.id >= DETACHED_ID {
        let message = format!("{} (pid {}) runs outside any tmux", pane.name, pane.pid);
        return Err(Fault::invalid(message).hint("it is in somebody's terminal: go there"));
    }
    pane.id.checked_sub(TMUX_ID).ok_or_else(|| Fault::internal("a pane of tmux has no number"))
}

/// The pane that a target means, as things are now.
async fn find(
    driver: &Driver,
    asked: &Asked,
    wanted: Option<&v1::Target>,
) -> Result<v1::Pane, Fault> {
    let wanted = wanted.ok_or_else(|| Fault::invalid("the request names no pane"))?;
    driver.recognise(asked.server.rulebook.own_programs());
    let listed = driver.list().await.map_err(|error| Fault::from(error.to_v1(false)))?;
    let panes = asked.agents.listed(&asked.server.rulebook, listed);
    // A host's tmux is watched all the time; this machine's when there is an agent in it.
    if asked.known.is_none() && asked.agents.any() {
        asked.server.watch_agents_here();
    }
    resolve(panes, wanted, &asked.alias).map(|pane| asked.name(pane))
}

/// The pane among those of one host that a target means.
pub(super) fn resolve(
    panes: Vec<v1::Pane>,
    wanted: &v1::Target,
    alias: &str,
) -> Result<v1::Pane, Fault> {
    let no_host: &dyn Fn(&str) -> bool = &|_| false;
    let target =
        Target::parse(&wanted.text, no_host).map_err(|error| Fault::invalid(error.to_string()))?;
    let rules = Rules { allow_prefix: wanted.allow_prefix, allow_ended: wanted.allow_ended };
    let candidates: Vec<_> = panes.iter().map(|pane| Candidate::of(LOCAL_HOST, pane)).collect();
    match target::resolve(&candidates, &target, rules, no_host) {
        Ok(index) => Ok(panes[index].clone()),
        Err(error) => {
            let error = v1::Error::from(error);
            let there = |message: String| match alias {
                "" => message,
                alias => format!("{alias}: {message}"),
            };
            Err(v1::Error { message: there(error.message), ..error }.into())
        }
    }
}

async fn wait(driver: &Driver, asked: &Asked, request: v1::Wait) -> Result<v1::Waited, Fault> {
    let pane = find(driver, asked, request.target.as_ref()).await?;
    let number = number(&pane)?;
    let looked = |error: TmuxError| Fault::from(error.to_v1(false));
    let waiting = async {
        match request.until {
            Some(v1::wait::Until::Exit(_)) => {
                let exit = driver.wait_exit(number).await.map_err(looked)?;
                let status = v1::PaneStatus::Ended.into();
                let ended = v1::Pane { exit: Some(exit), status, ..pane };
                Ok(v1::Waited { pane: Some(ended), ..v1::Waited::default() })
            }
            Some(v1::wait::Until::Output(pattern)) => {
                let pattern = crate::pane::pattern(&pattern)?;
                let follow =
                    v1::Follow { redraw: true, lines: LINES_SEEN, ..v1::Follow::default() };
                let mut rows = driver.follow(number, &follow);
                while let Some(followed) = rows.next().await {
                    let lines = followed.map_err(looked)?.lines;
                    if let Some(line) = lines.into_iter().find(|line| pattern.is_match(line)) {
                        return Ok(v1::Waited { pane: Some(pane), line, ..v1::Waited::default() });
                    }
                }
                Err(Fault::ended(&pane.name))
            }
            Some(v1::wait::Until::States(states)) => {
                asking::state(&asked.agents, &pane, &states.states).await?;
                let agent = asked.agents.agent(number);
                Ok(v1::Waited { pane: Some(v1::Pane { agent, ..pane }), ..v1::Waited::default() })
            }
            Some(v1::wait::Until::Turn(since)) => {
                let agents = &asked.agents;
                let answer = asking::turn(driver, agents, &pane, since, &request.prompt).await?;
                let agent = agents.agent(number);
                let pane = Some(v1::Pane { agent, ..pane });
                Ok(v1::Waited { pane, answer, ..v1::Waited::default() })
            }
            None => Err(Fault::invalid("the request says not what to wait for")),
        }
    };
    crate::pane::within(request.timeout_ms, waiting).await
}

/// A wait for output looks at so many rows at a time: what is on a screen, and what scrolls off between two looks.
const LINES_SEEN: u32 = 500;

async fn follow(driver: &Driver, asked: &Asked, request: v1::Follow) {
    let found = find(driver, asked, request.target.as_ref()).await;
    let found = found.and_then(|pane| number(&pane).map(|number| (pane, number)));
    let (pane, number) = match found {
        Ok(found) => found,
        Err(fault) => return asked.reply(reply::Body::Error(fault.into())),
    };
    asked.reply(reply::Body::Followed(v1::Followed { pane: Some(pane) }));
    // A follow that goes on after a lost connection begins with the next line.
    let from_line = request.place.map(|place| place.next_line).or(request.from_line);
    let request = v1::Follow { from_line, ..request };
    let mut rows = driver.follow(number, &request);
    while let Some(followed) = rows.next().await {
        let followed = match followed {
            Ok(followed) => followed,
            Err(error) => {
                let fault = match error.kind(false) {
                    ErrorKind::Unreachable => Fault::new(ErrorKind::LinkLost, error.to_string()),
                    _ => error.to_v1(false).into(),
                };
                return asked.out.end(asked.id, None, Some(fault));
            }
        };
        let next_line = followed.first_line + followed.lines.len() as u64;
        let data = v1::FollowData {
            first_line: followed.first_line,
            gap: followed.gap,
            place: Some(v1::FollowPlace { next_line, ..v1::FollowPlace::default() }),
            lines: followed.lines,
        };
        asked.window.opened().await;
        let bytes = data.encode_to_vec();
        asked.window.take(bytes.len());
        asked.out.whole(asked.id, bytes);
    }
    let forgotten =
        v1::Exit { lost: "tmux".into(), at: crate::clock::now(), ..v1::Exit::default() };
    asked.out.end(asked.id, Some(forgotten), None);
}
