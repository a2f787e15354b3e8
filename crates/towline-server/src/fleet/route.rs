//! Where a request is carried out: the one place where a target meets the panes of all hosts.

use std::sync::Arc;

use towline_client::target::{self, Candidate, LOCAL_HOST, ResolveError, Rules, Target};
use towline_client::tmux::Driver;
use towline_protocol::v1::{self, request};

use super::Peer;
use crate::fault::Fault;
use crate::panes::candidate;
use crate::server::Server;
use crate::store::PaneRow;

/// Where a request is carried out.
pub(crate) enum Route {
    /// By this server.
    Here,
    /// By another host's, and the lines that help where that knows no such pane.
    There(Arc<Peer>, Option<Vec<String>>),
}

impl Server {
    /// Decides where a request is carried out, and puts its target into the words of whoever does.
    ///
    /// # Errors
    /// Where it names no pane or host, or several.
    pub(crate) fn route(
        self: &Arc<Self>,
        host: &str,
        body: &mut request::Body,
    ) -> Result<Route, Fault> {
        // These are about the link itself.
        if matches!(body, request::Body::Connect(_) | request::Body::Disconnect(_)) {
            return Ok(Route::Here);
        }
        if !host.is_empty() && host != LOCAL_HOST {
            let peer = self.peer(host)?;
            if let request::Body::Spawn(spawn) = body {
                spawn.cwd = folder_there(peer.host.projects.as_deref(), &spawn.project).into();
                spawn.project.clear();
            }
            return Ok(Route::There(peer, None));
        }
        match target_of(body) {
            Some(wanted) => self.resolve(wanted),
            None => Ok(Route::Here),
        }
    }

    /// For a request that no pane of Towline's is meant by here: this machine's tmux, which may know it, and what to answer
    /// where that doesn't.
    pub(crate) fn perhaps_tmux(
        &self,
        outcome: &Result<Route, Fault>,
        body: &mut request::Body,
    ) -> Option<(Arc<Driver>, Fault)> {
        let wanted = target_of(body)?;
        // First, as it is so seldom there: without it nothing is resolved twice.
        let tmux = self.tmux_here()?;
        let fault = match outcome {
            Ok(Route::Here) => self.panes.resolve(wanted).err()?,
            Ok(Route::There(..)) => return None,
            Err(fault) => fault.clone(),
        };
        fault.is_not_found().then_some((tmux, fault))
    }

    fn resolve(self: &Arc<Self>, wanted: &mut v1::Target) -> Result<Route, Fault> {
        self.refresh_fleet();
        let peers = self.fleet.listed();
        let is_host = |text: &str| peers.iter().any(|peer| peer.alias() == text);
        let target = Target::parse(&wanted.text, &is_host)
            .map_err(|error| Fault::invalid(error.to_string()))?;
        let rules = Rules { allow_prefix: wanted.allow_prefix, allow_ended: wanted.allow_ended };
        match target.host() {
            Some(LOCAL_HOST) => return Ok(Route::Here),
            Some(host) => {
                let peer = self.peer(host)?;
                let hints = match resolve_on(&peer, &target, rules, &is_host) {
                    Ok(id) => {
                        wanted.text = format!("{LOCAL_HOST}:%{id}");
                        None
                    }
                    Err(error @ ResolveError::Ambiguous { .. }) => {
                        return Err(v1::Error::from(error).into());
                    }
                    // It may be newer than what was seen.
                    Err(error) => {
                        wanted.text = format!("{LOCAL_HOST}:{}", target.rest());
                        Some(error.hints())
                    }
                };
                return Ok(Route::There(peer, hints));
            }
            None if peers.is_empty() => return Ok(Route::Here),
            None => {}
        }
        let rows: Vec<PaneRow> = self.panes.all().iter().map(|p| p.facts().row.clone()).collect();
        let there = self.states(&peers);
        let mut candidates: Vec<Candidate<'_>> = rows.iter().map(candidate).collect();
        let local = candidates.len();
        for host in &there {
            candidates.extend(host.panes.iter().map(|pane| Candidate::of(&host.name, pane)));
        }
        let index =
            target::resolve(&candidates, &target, rules, &is_host).map_err(v1::Error::from)?;
        let found = candidates[index];
        wanted.text = format!("{LOCAL_HOST}:%{}", found.id);
        if index < local {
            return Ok(Route::Here);
        }
        match peers.iter().find(|peer| peer.alias() == found.host) {
            Some(peer) => Ok(Route::There(Arc::clone(peer), None)),
            None => Err(Fault::internal("a host vanished while it was looked up")),
        }
    }
}

/// The pane of one host that a target means, as far as is known here.
fn resolve_on(
    peer: &Peer,
    target: &Target,
    rules: Rules,
    is_host: &dyn Fn(&str) -> bool,
) -> Result<u64, ResolveError> {
    let panes = peer.panes();
    let candidates: Vec<_> = panes.iter().map(|pane| Candidate::of(peer.alias(), pane)).collect();
    target::resolve(&candidates, target, rules, is_host).map(|index| candidates[index].id)
}

/// The folder that a project means on a host: a path as it stands, a name in its folder of projects, and the home folder
/// where there is neither.
fn folder_there(projects: Option<&str>, project: &str) -> String {
    let projects = projects.unwrap_or("~").trim_end_matches('/');
    match project {
        "" => "~".into(),
        path if path.starts_with(['/', '~']) => path.into(),
        name => format!("{projects}/{name}"),
    }
}

/// The target of a request that has one.
pub(super) fn target_of(body: &mut request::Body) -> Option<&mut v1::Target> {
    use request::Body;
    match body {
        Body::Info(request) => request.target.as_mut(),
        Body::Peek(request) => request.target.as_mut(),
        Body::OpenInput(request) => request.target.as_mut(),
        Body::Send(request) => request.target.as_mut(),
        Body::Wait(request) => request.target.as_mut(),
        Body::Attach(request) => request.target.as_mut(),
        Body::Follow(request) => request.target.as_mut(),
        Body::Raw(request) => request.target.as_mut(),
        Body::Kill(request) => request.target.as_mut(),
        Body::Rename(request) => request.target.as_mut(),
        Body::Explain(request) => request.target.as_mut(),
        Body::Answer(request) => request.target.as_mut(),
        Body::Enqueue(request) => request.target.as_mut(),
        Body::Queue(request) => request.target.as_mut(),
        Body::Resume(request) => request.target.as_mut(),
        Body::Spawn(_)
        | Body::List(_)
        | Body::Clean(_)
        | Body::Status(_)
        | Body::Shutdown(_)
        | Body::Watch(_)
        | Body::Subscribe(_)
        | Body::Connect(_)
        | Body::Disconnect(_)
        | Body::AgentEvent(_)
        | Body::Renew(_)
        | Body::Dequeue(_)
        | Body::Notices(_)
        | Body::Agents(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_a_folder_of_its_host() {
        for (projects, project, folder) in [
            (Some("/home/mac/p"), "gridplay", "/home/mac/p/gridplay"),
            (Some("~/p/"), "a b/c", "~/p/a b/c"),
            (None, "gridplay", "~/gridplay"),
            (Some("/p"), "/srv/x", "/srv/x"),
            (Some("/p"), "~/x", "~/x"),
            (Some("/p"), "", "~"),
        ] {
            assert_eq!(folder_there(projects, project), folder);
        }
    }
}
