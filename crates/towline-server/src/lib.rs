//! The daemon of one user on one host: panes, store, listener.
//!
//! [`run`] is the whole of it. A pane's program is not the server's child: a holder keeps it, and the server
//! may die at any instruction and be started again. See ARCHITECTURE.md.

mod agent;
pub mod auth;
mod child;
mod clock;
mod conn;
mod fault;
mod fleet;
mod ledgers;
mod lifecycle;
mod listen;
mod log;
mod pane;
mod panes;
mod processes;
mod server;
mod spawn;
mod store;
mod system;
mod upkeep;

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use towline_client::Paths;
use towline_client::config::{self, Config};
use towline_client::hosts::Address;
use towline_protocol::v1::goodbye;

pub use lifecycle::StartError;
pub use listen::ListenError;
pub use store::StoreError;

use auth::Auth;
use server::{Server, Settings};
use store::{Op, Store};

/// How a server is run.
#[derive(Debug)]
pub struct Options {
    /// Where its configuration and state lie.
    pub paths: Paths,
    /// Where to say `ready`, or `error` and why not.
    pub ready: Option<OwnedFd>,
    /// Log to standard error rather than to a file.
    pub foreground: bool,
    /// Where to listen beside the Unix socket and what the configuration says.
    pub listen: Vec<Address>,
    /// The file with the secret for clients on this machine, in place of the state folder's.
    pub secret_file: Option<PathBuf>,
}

/// Runs the server until it is stopped.
///
/// # Errors
/// Why it can't run; the starter has been told, too.
pub fn run(options: Options) -> Result<(), StartError> {
    let begun = begin(&options);
    let Options { paths, ready, .. } = options;
    let (_lock, listener, remote, settings, store, mut loaded, runtime) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            lifecycle::tell_starter(ready, Err(&error));
            return Err(error);
        }
    };
    lifecycle::clear_stopped(&paths);
    let boot = system::boot_id();
    let rebooted = loaded.boot_id.is_some() && loaded.boot_id != boot;
    let server = Server::new(paths, settings, store, &mut loaded, rebooted);
    let end = runtime.block_on(async {
        let listener = UnixListener::from_std(listener).map_err(StartError::System)?;
        tokio::spawn(listen::serve(Arc::clone(&server), listener));
        let mut announcement = None;
        let auth = remote.map(|(auth, bound)| {
            let auth = Arc::new(auth);
            if server.settings.discovery {
                announcement = listen::announce(&auth, &bound);
            }
            for one in bound {
                tokio::spawn(listen::serve_remote(Arc::clone(&server), Arc::clone(&auth), one));
            }
            auth
        });
        lifecycle::tell_starter(ready, Ok(()));
        server.take_over(loaded).await;
        // Only now that it is written down what the reboot ended: a server that dies before has to find out again.
        if let Some(boot) = boot {
            server.store.write(Op::Set("boot_id", boot));
        }
        tokio::spawn(upkeep::sync(Arc::clone(&server)));
        tokio::spawn(upkeep::clean(Arc::clone(&server)));
        tokio::spawn(agent::tell(Arc::clone(&server)));
        // Links to the other hosts are made before anybody asks for them.
        server.refresh_fleet();
        tokio::spawn(ledgers::keep(Arc::clone(&server)));
        let reason = until_ended(&server).await?;
        server.keep_models().await;
        server.store.close().await;
        // Connections say goodbye before the process goes.
        while server.clients.load(std::sync::atomic::Ordering::Relaxed) > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        if let Some(auth) = auth {
            auth.drain().await;
        }
        drop(announcement);
        Ok::<_, StartError>(reason)
    });
    runtime.shutdown_background();
    if end? == goodbye::Reason::Stopped {
        lifecycle::mark_stopped(&server.paths);
    }
    let _ = std::fs::remove_file(server.paths.socket());
    Ok(())
}

type Begun = (
    lifecycle::Lock,
    std::os::unix::net::UnixListener,
    Option<(Auth, Vec<listen::Bound>)>,
    Settings,
    Store,
    store::Loaded,
    tokio::runtime::Runtime,
);

fn begin(options: &Options) -> Result<Begun, StartError> {
    let paths = &options.paths;
    system::name_process();
    let lock = lifecycle::lock(paths)?;
    log::begin(paths, options.foreground);
    let mut settings = settings(paths);
    // One thread: a keystroke passes three tasks on its way, and between threads each hand-over would wait for
    // another processor to wake up. What takes long (replays, files) goes to the blocking pool.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::System)?;
    {
        // A file over the limit on lengths (`ulimit -f`) is then an error to the store or the log, not the end of
        // the server.
        let _runtime = runtime.enter();
        let too_long = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        let _ = signal(too_long).map_err(StartError::System)?;
    }
    let (store, loaded) = Store::open(&paths.store())?;
    let remote = listen_further(options, &mut settings)?;
    let listener = lifecycle::bind(paths)?;
    Ok((lock, listener, remote, settings, store, loaded, runtime))
}

/// Listens at the addresses that were asked for, if any were. Those of the command line have to work; one of the
/// configuration that doesn't keeps nobody from their panes.
fn listen_further(
    options: &Options,
    settings: &mut Settings,
) -> Result<Option<(Auth, Vec<listen::Bound>)>, StartError> {
    let mut bound = Vec::new();
    for address in &options.listen {
        bound.append(&mut listen::bind(address)?);
    }
    for address in settings.listen.iter().filter(|address| !options.listen.contains(address)) {
        match listen::bind(address) {
            Ok(mut more) => bound.append(&mut more),
            Err(error) => {
                tracing::warn!("{error}");
                settings.listen_troubles.push(error.to_string());
            }
        }
    }
    if bound.is_empty() {
        return Ok(None);
    }
    let secret_file = options.secret_file.clone().or_else(|| settings.secret_file.clone());
    match Auth::load(&options.paths, secret_file) {
        Ok(auth) => Ok(Some((auth, bound))),
        Err(error) if options.listen.is_empty() => {
            tracing::warn!("{error}: only this user's own commands are served");
            settings.listen_troubles.push(error.to_string());
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// What the configuration says. One that is wrong keeps nobody from their panes: the server runs with the defaults and
/// says so.
fn settings(paths: &Paths) -> Settings {
    match config::load(&paths.config()) {
        Ok(loaded) => Settings::from(loaded.config),
        Err(error) => {
            tracing::warn!("{error}: the defaults are used");
            Settings { trouble: Some(error.to_string()), ..Settings::from(Config::default()) }
        }
    }
}

/// Waits for somebody to stop the server, by request or by a signal.
async fn until_ended(server: &Server) -> Result<goodbye::Reason, StartError> {
    let mut ending = server.ending.subscribe();
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::System)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::System)?;
    // A terminal that closes doesn't end a server that was started from it in the foreground.
    let _hangup = signal(SignalKind::hangup()).map_err(StartError::System)?;
    let reason = tokio::select! {
        reason = server::ended(&mut ending) => reason,
        _ = terminate.recv() => goodbye::Reason::Stopped,
        _ = interrupt.recv() => goodbye::Reason::Stopped,
    };
    server.ending.send_replace(Some(reason));
    Ok(reason)
}
