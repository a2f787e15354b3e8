//! What a holder is told to run.

use std::os::unix::ffi::OsStrExt;

use towline_protocol::holder::SpawnSpec;

use super::environment::Environment;
use crate::pane::folder;
use crate::server::Server;
use crate::store::PaneRow;

/// A journal's segments: small enough that cutting the oldest is no jump, large enough to be few.
const SEGMENT_BYTES: u64 = 1024 * 1024;

/// What the holder is told, with Towline's own variables put in.
pub(crate) fn specification(
    server: &Server,
    row: &PaneRow,
    mut environment: Environment,
    again: bool,
) -> SpawnSpec {
    environment.retain(|key, _| {
        // Who a worker is was said by whoever started it: no command passes on its own.
        !(key.starts_with(b"TOWLINE_") && key != b"TOWLINE_ROLE"
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
