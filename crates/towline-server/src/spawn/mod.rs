//! Making a pane: its name, its environment, its row, its folder, its holder.

pub(crate) mod agent;
mod environment;
pub(crate) mod isolated;
mod prepare;
mod specification;
mod wanted;
mod without;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use towline_protocol::holder::ResourceLimit;
use towline_protocol::v1;
use towline_vt::Size;

pub(crate) use environment::{Environment, kept, login_environment};
pub(crate) use prepare::prepare;
pub(crate) use specification::specification;
pub(crate) use without::without_towline;

use crate::clock;
use crate::fault::Fault;
use crate::pane::{Facts, Pane, end, folder, launch, takeover};
use crate::panes::check_name;
use crate::server::Server;
use crate::store::{EndedAs, Op, PaneRow, RowStatus};

/// The session that panes go into unless told otherwise.
const SESSION: &str = "agents";

/// A pane whose program runs, and what could not be had for it, a line each.
pub(crate) type Begun = (Arc<Pane>, Vec<String>);

/// Makes a pane and starts its program.
///
/// # Errors
/// A bad name or folder, a command that can't be started, a store that can't be written. Then no pane is left.
pub(crate) async fn spawn(
    server: &Arc<Server>,
    key: &[u8],
    request: v1::Spawn,
) -> Result<Begun, Fault> {
    if let Some(pane) = server.panes.by_key(key) {
        // A server that died while it made the pane left the rest to this retry.
        if pane.facts().row.status != RowStatus::Ended || pane.has_begun() {
            return Ok((pane, Vec::new()));
        }
        return finish(server, pane, &request, None).await;
    }
    let mut request = request;
    let login = match request.login_env {
        true => Some(login_environment().await),
        false => None,
    };
    let agent = agent::wanted(server, &mut request, login.as_ref())?;
    if let Some(environment) = &login {
        wanted::at_home(&mut request, environment, server.settings.command.as_deref());
    }
    let cwd = PathBuf::from(OsString::from_vec(request.cwd.clone()));
    wanted::check_folder(&cwd)?;
    if request.command.first().is_none_or(Vec::is_empty) {
        return Err(Fault::invalid("there is no command to run"));
    }
    let texts = request.command.iter().chain(&request.env).chain(&request.kept_env);
    if texts.into_iter().any(|text| text.contains(&0)) {
        return Err(Fault::invalid("a command or an environment can't hold a NUL byte"));
    }
    let agent = agent::of(server, &request, agent)?;
    let wanted = match request.name.as_str() {
        "" => wanted::default_name(&cwd),
        name => name.to_owned(),
    };
    check_name(&wanted)?;
    let session = if request.session.is_empty() { SESSION } else { &request.session };
    check_name(session)?;
    let size = wanted::size(request.size.as_ref());
    let now = clock::now();
    let pane = server.panes.create(&wanted, session, request.exact_name, |id, name, window| {
        let row = PaneRow {
            id,
            name,
            session: session.to_owned(),
            window,
            command: request.command.clone(),
            cwd: request.cwd.clone(),
            cols: size.cols,
            rows: size.rows,
            restart: agent::restart(request.restart(), agent.as_ref()).into(),
            status: RowStatus::Starting,
            created_at: now,
            started_at: now,
            last_activity: now,
            spawn_key: key.to_vec(),
            agent,
            ..PaneRow::default()
        };
        Pane::new(id, folder::of(&server.paths.panes(), id), Facts::from_row(row))
    })?;
    finish(server, pane, &request, login).await
}

/// Starts the program of a pane that has a row and nothing else.
async fn finish(
    server: &Arc<Server>,
    pane: Arc<Pane>,
    request: &v1::Spawn,
    login: Option<Environment>,
) -> Result<Begun, Fault> {
    match begin(server, &pane, request, login).await {
        Ok(warnings) => {
            server.write_down(&pane);
            server.changed();
            let described = pane.describe();
            // With the conversation, which wasn't known when the folder was made.
            if described.agent.is_some()
                && let Err(error) = folder::write_description(&pane.folder, &described)
            {
                tracing::debug!("{}: its folder keeps an old description: {error}", described.name);
            }
            Ok((pane, warnings))
        }
        Err(fault) => {
            {
                let mut facts = pane.facts();
                facts.row.status = RowStatus::Ended;
                facts.row.ended = Some((EndedAs::Status(127), clock::now()));
            }
            end::remove(server, &pane).await;
            Err(fault)
        }
    }
}

async fn begin(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    request: &v1::Spawn,
    login: Option<Environment>,
) -> Result<Vec<String>, Fault> {
    let conversation = request.start.as_ref().map(|start| start.conversation.as_str());
    let conversation = conversation.filter(|id| !id.is_empty());
    if let Some(id) = conversation {
        server.panes.claim(pane, id)?;
    }
    let row = {
        let mut facts = pane.facts();
        facts.row.status = RowStatus::Starting;
        facts.row.ended = None;
        facts.row.clone()
    };
    let size = Size { cols: row.cols, rows: row.rows };
    pane.pulse.send_modify(|pulse| pulse.ended = false);
    server.store.commit(Op::Put(Box::new(row.clone()))).await?;
    let no_folder = |error: std::io::Error| {
        Fault::internal(format!("can't make {}: {error}", pane.folder.display()))
            .hint("tow doctor    looks for what is wrong")
    };
    folder::make(&pane.folder, &pane.describe()).map_err(no_folder)?;
    environment::keep(&pane.folder, &request.kept_env).map_err(no_folder)?;
    let mut environment = match (login, request.login_env) {
        (Some(environment), _) => environment,
        (None, true) => login_environment().await,
        (None, false) => Environment::new(),
    };
    environment.extend(request.env.iter().filter_map(|pair| environment::split(pair)));
    let mut spec = specification(server, &row, environment, false);
    let warnings = prepare(server, pane, &mut spec, conversation).await;
    spec.umask = request.umask;
    // The caller's, on top of what is meant for programs without one.
    spec.limits.extend(request.limits.iter().map(|limit| ResourceLimit {
        resource: limit.resource,
        soft: limit.soft,
        hard: limit.hard,
    }));
    launch::launch(&pane.folder, spec).await?;
    takeover::serve(server, pane, Some(size)).await;
    Ok(warnings)
}
