//! Making a pane: its name, its environment, its row, its folder, its holder.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use towline_agents::State;
use towline_client::programs;
use towline_protocol::holder::{ResourceLimit, SpawnSpec};
use towline_protocol::v1;
use towline_vt::Size;

use crate::clock;
use crate::fault::Fault;
use crate::pane::{Facts, Pane, end, folder, launch, takeover};
use crate::panes::check_name;
use crate::server::Server;
use crate::store::{EndedAs, Op, PaneRow, RowStatus};

/// The session that panes go into unless told otherwise.
const SESSION: &str = "agents";

/// The size of a pane that nobody has given one, as terminals have since the VT100.
const DEFAULT_SIZE: Size = Size { cols: 80, rows: 24 };

/// A terminal's sides are 16 bits for the kernel; above this a program would only waste memory on it.
const SIDE_MAX: u32 = 10_000;

/// A journal's segments: small enough that cutting the oldest is no jump, large enough to be few.
const SEGMENT_BYTES: u64 = 1024 * 1024;

/// How long a login shell may take to tell its environment. One that asks something never does.
const LOGIN_SHELL: Duration = Duration::from_secs(5);

/// What comes before the environment in a login shell's output, whatever else it prints.
const MARK: &[u8] = b"\0towline-environment\0";

/// Makes a pane and starts its program.
///
/// # Errors
/// A bad name or folder, a command that can't be started, a store that can't be written. Then no pane is left.
pub(crate) async fn spawn(
    server: &Arc<Server>,
    key: &[u8],
    request: v1::Spawn,
) -> Result<Arc<Pane>, Fault> {
    if let Some(pane) = server.panes.by_key(key) {
        // A server that died while it made the pane left the rest to this retry.
        if pane.facts().row.status != RowStatus::Ended || pane.has_begun() {
            return Ok(pane);
        }
        return finish(server, pane, &request, None).await;
    }
    let mut request = request;
    let login = match request.login_env {
        true => Some(login_environment().await),
        false => None,
    };
    if let Some(environment) = &login {
        at_home(&mut request, environment, server.settings.command.as_deref());
    }
    let cwd = PathBuf::from(OsString::from_vec(request.cwd.clone()));
    check_folder(&cwd)?;
    if request.command.first().is_none_or(Vec::is_empty) {
        return Err(Fault::invalid("there is no command to run"));
    }
    if request.command.iter().chain(&request.env).any(|text| text.contains(&0)) {
        return Err(Fault::invalid("a command or an environment can't hold a NUL byte"));
    }
    let wanted = match request.name.as_str() {
        "" => default_name(&cwd),
        name => name.to_owned(),
    };
    check_name(&wanted)?;
    let session = if request.session.is_empty() { SESSION } else { &request.session };
    check_name(session)?;
    let size = size(request.size.as_ref());
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
            restart: request.restart,
            status: RowStatus::Starting,
            created_at: now,
            started_at: now,
            last_activity: now,
            spawn_key: key.to_vec(),
            agent: agent_of(&request.command),
            ..PaneRow::default()
        };
        Pane::new(id, folder::of(&server.paths.panes(), id), Facts::from_row(row))
    })?;
    finish(server, pane, &request, login).await
}

/// The agent that a command starts, before anything is known of it.
fn agent_of(command: &[Vec<u8>]) -> Option<v1::Agent> {
    let words: Vec<_> = command.iter().map(|word| String::from_utf8_lossy(word)).collect();
    let kind = towline_agents::kind_of("", &words)?.to_owned();
    Some(v1::Agent { kind, state: State::Starting.name().into(), ..v1::Agent::default() })
}

/// Starts the program of a pane that has a row and nothing else.
async fn finish(
    server: &Arc<Server>,
    pane: Arc<Pane>,
    request: &v1::Spawn,
    login: Option<Environment>,
) -> Result<Arc<Pane>, Fault> {
    match begin(server, &pane, request, login).await {
        Ok(()) => {
            server.write_down(&pane);
            server.changed();
            Ok(pane)
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
) -> Result<(), Fault> {
    let row = {
        let mut facts = pane.facts();
        facts.row.status = RowStatus::Starting;
        facts.row.ended = None;
        facts.row.clone()
    };
    let size = Size { cols: row.cols, rows: row.rows };
    pane.pulse.send_modify(|pulse| pulse.ended = false);
    server.store.commit(Op::Put(Box::new(row.clone()))).await?;
    folder::make(&pane.folder, &pane.describe()).map_err(|error| {
        Fault::internal(format!("can't make {}: {error}", pane.folder.display()))
            .hint("tow doctor    looks for what is wrong")
    })?;
    let mut environment = match (login, request.login_env) {
        (Some(environment), _) => environment,
        (None, true) => login_environment().await,
        (None, false) => Environment::new(),
    };
    environment.extend(request.env.iter().filter_map(|pair| split(pair)));
    let mut spec = specification(server, &row, environment, false);
    spec.umask = request.umask;
    // The caller's, on top of what is meant for programs without one.
    spec.limits.extend(request.limits.iter().map(|limit| ResourceLimit {
        resource: limit.resource,
        soft: limit.soft,
        hard: limit.hard,
    }));
    launch::launch(&pane.folder, spec).await?;
    takeover::serve(server, pane, Some(size)).await;
    Ok(())
}

/// Puts in what the request leaves to this host: the home folder for a leading `~`, and the command where there is none.
fn at_home(request: &mut v1::Spawn, environment: &Environment, configured: Option<&[String]>) {
    let home = environment.get(&b"HOME"[..]);
    let rest = request.cwd.strip_prefix(b"~");
    if let (Some(home), Some(rest)) =
        (home, rest.filter(|rest| matches!(rest.first(), None | Some(b'/'))))
    {
        let home = home.strip_suffix(b"/").unwrap_or(home);
        request.cwd = [home, rest].concat();
    }
    if request.command.is_empty() {
        let variable =
            |name: &str| environment.get(name.as_bytes()).cloned().map(OsString::from_vec);
        let path = variable("PATH").unwrap_or_default();
        let command = programs::default_command(configured, &path, variable("SHELL"));
        request.command = command.into_iter().map(OsString::into_vec).collect();
    }
}

fn check_folder(cwd: &Path) -> Result<(), Fault> {
    if !cwd.is_absolute() {
        return Err(Fault::invalid(format!(
            "the folder {} is not an absolute path",
            cwd.display()
        )));
    }
    match std::fs::metadata(cwd) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(Fault::invalid(format!("{} is not a folder", cwd.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Fault::invalid(format!("there is no folder {}", cwd.display()))
                .hint(format!("mkdir -p '{}'", cwd.display())))
        }
        Err(error) => {
            Err(Fault::invalid(format!("can't use the folder {}: {error}", cwd.display())))
        }
    }
}

/// The folder's own name, made into one that can be typed.
fn default_name(cwd: &Path) -> String {
    let name =
        cwd.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy().into_owned());
    let name: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    let name = name.trim_start_matches(['%', '=']);
    if name.is_empty() { "pane".into() } else { name.chars().take(50).collect() }
}

fn size(wanted: Option<&v1::Size>) -> Size {
    let side = |value: u32, default: u16| match value {
        0 => default,
        value => u16::try_from(value.min(SIDE_MAX)).unwrap_or(default),
    };
    wanted.map_or(DEFAULT_SIZE, |size| Size {
        cols: side(size.cols, DEFAULT_SIZE.cols),
        rows: side(size.rows, DEFAULT_SIZE.rows),
    })
}

/// An environment, later values over earlier ones.
pub(crate) type Environment = BTreeMap<Vec<u8>, Vec<u8>>;

fn split(pair: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let at = pair.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
    Some((pair[..at].to_vec(), pair[at + 1..].to_vec()))
}

/// What the holder is told, with Towline's own variables put in.
pub(crate) fn specification(
    server: &Server,
    row: &PaneRow,
    mut environment: Environment,
    again: bool,
) -> SpawnSpec {
    environment.retain(|key, _| {
        !(key.starts_with(b"TOWLINE_")
            || key.starts_with(b"TMUX")
            || key.starts_with(b"SSH_")
            || key == b"GASTOWN_CCMUX_ADDR"
            || key == b"COLUMNS"
            || key == b"LINES")
    });
    let pane_folder = folder::of(&server.paths.panes(), row.id);
    let mut set = |key: &str, value: &[u8]| {
        environment.insert(key.as_bytes().to_vec(), value.to_vec());
    };
    set("TERM", server.settings.term.as_bytes());
    set("COLORTERM", b"truecolor");
    set("TERM_PROGRAM", b"towline");
    set("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION").as_bytes());
    set("TOWLINE_PANE", format!("%{}", row.id).as_bytes());
    set("TOWLINE_NAME", row.name.as_bytes());
    set("TOWLINE_HOST", b"local");
    set("TOWLINE_SOCKET", server.paths.socket().as_os_str().as_bytes());
    match folder::secret(&pane_folder) {
        Ok(secret) => set("TOWLINE_SECRET", secret.as_bytes()),
        Err(error) => tracing::warn!("{} gets no secret: {error}", row.name),
    }
    set("SSH_AUTH_SOCK", folder::ssh_agent(&pane_folder).as_os_str().as_bytes());
    SpawnSpec {
        pane_id: row.id,
        command: row.command.clone(),
        cwd: row.cwd.clone(),
        env: environment
            .into_iter()
            .map(|(key, value)| [&key[..], b"=", &value[..]].concat())
            .collect(),
        cols: row.cols.into(),
        rows: row.rows.into(),
        umask: None,
        limits: vec![server.open_files],
        keep_bytes: server.settings.journal_bytes,
        segment_bytes: SEGMENT_BYTES.min(server.settings.journal_bytes / 4),
        again,
    }
}

/// The environment of the user's interactive login shell, where a PATH set in its start-up files finds the
/// agents; the server's own where the shell doesn't tell in time.
pub(crate) async fn login_environment() -> Environment {
    let asked = tokio::task::spawn_blocking(ask_login_shell);
    match tokio::time::timeout(LOGIN_SHELL + Duration::from_secs(1), asked).await {
        Ok(Ok(Some(environment))) => environment,
        _ => {
            tracing::warn!(
                "the login shell did not tell its environment: the server's own is used"
            );
            std::env::vars_os().map(|(key, value)| (key.into_vec(), value.into_vec())).collect()
        }
    }
}

fn ask_login_shell() -> Option<Environment> {
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    // printf and env mean the same in sh, zsh, fish and csh.
    let script = r"printf '\000towline-environment\000'; env -0";
    let mut command = Command::new(shell);
    command
        .args(["-i", "-l", "-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // An interactive shell would take the terminal away from whoever has it.
    // SAFETY: setsid is async-signal-safe and touches no memory of ours.
    unsafe {
        command.pre_exec(|| {
            let _ = rustix::process::setsid();
            Ok(())
        });
    }
    let mut child = command.spawn().ok()?;
    let (tell, told) = std::sync::mpsc::channel();
    let mut stdout = child.stdout.take()?;
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stdout, &mut output);
        let _ = tell.send(output);
    });
    let output = told.recv_timeout(LOGIN_SHELL).ok();
    let _ = child.kill();
    let _ = child.wait();
    parse_environment(&output?)
}

fn parse_environment(output: &[u8]) -> Option<Environment> {
    let start = output.windows(MARK.len()).rposition(|window| window == MARK)? + MARK.len();
    let environment: Environment =
        output[start..].split(|byte| *byte == 0).filter_map(split).collect();
    environment.contains_key(&b"PATH"[..]).then_some(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_around_a_login_shells_environment_is_skipped() {
        let output =
            b"motd\nPATH=wrong\n\0towline-environment\0PATH=/bin\0A=b=c\0BAD\0MULTI=x\ny\0";
        let environment = parse_environment(output).unwrap();
        assert_eq!(environment[&b"PATH"[..]], b"/bin");
        assert_eq!(environment[&b"A"[..]], b"b=c");
        assert_eq!(environment[&b"MULTI"[..]], b"x\ny");
        assert_eq!(environment.len(), 3);
        assert!(parse_environment(b"nothing of the kind").is_none());
    }

    #[test]
    fn what_a_request_leaves_open_is_this_hosts() {
        let environment: Environment =
            [("HOME", "/h/"), ("PATH", "/none:/bin"), ("SHELL", "/bin/zsh")]
                .map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec()))
                .into();
        let filled = |cwd: &str, command: &[&str], configured: Option<&[String]>| {
            let command = command.iter().map(|word| word.as_bytes().to_vec()).collect();
            let mut request = v1::Spawn { cwd: cwd.into(), command, ..v1::Spawn::default() };
            at_home(&mut request, &environment, configured);
            let words =
                request.command.iter().map(|word| String::from_utf8_lossy(word).into_owned());
            (
                String::from_utf8_lossy(&request.cwd).into_owned(),
                words.collect::<Vec<_>>().join(" "),
            )
        };
        let text = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(filled("~/p/x", &["sh"], None), text("/h/p/x", "sh"));
        assert_eq!(filled("~", &[], None), text("/h", "/bin/zsh -l"));
        assert_eq!(filled("~x/y", &["sh"], None), text("~x/y", "sh"));
        let configured = ["aider".to_owned(), "-x".to_owned()];
        assert_eq!(filled("/a", &[], Some(&configured)), text("/a", "aider -x"));
    }

    #[test]
    fn a_folder_gives_a_name_that_can_be_typed() {
        for (folder, name) in
            [("/a/my project", "my project"), ("/", "root"), ("/a/=x", "x"), ("/a/b\nc", "b_c")]
        {
            assert_eq!(default_name(Path::new(folder)), name);
        }
    }
}
