//! `tow server pair`, `clients` and `revoke`: who may connect by tcp and tls.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use towline_client::hosts::Address;
use towline_client::transport::PairCode;
use towline_server::auth::{self, AuthError};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;

/// The end of the help of `pair`.
pub(super) const EXAMPLES: &str =
    "The code holds the client's secret: show it to nobody else. On the other machine,
`tow host pair HOST --code -` takes it. `tow host pair HOST` does all of this by ssh.

Examples:
  tow server pair laptop
  tow server pair laptop --address tls://thor.example.org:9999";

/// What `pair` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the client is called: letters, digits, `.`, `_` and `-`
    name: String,
    /// Where the client reaches this server [default: this host's name and the port that it listens at]
    #[arg(long, value_name = "ADDRESS", value_parser = proven)]
    address: Option<Address>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `clients` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ClientsArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `revoke` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    /// The client, as `tow server clients` shows it
    name: String,
}

/// A pairing, as one host's tow tells it to another's.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PairJson {
    /// What the client is called.
    pub(crate) name: String,
    /// The server's key.
    pub(crate) fingerprint: String,
    /// What the two share.
    pub(crate) secret: String,
    /// Where the server is configured to listen.
    pub(crate) listen: Vec<String>,
    /// All of it in one word, where there is an address to be told.
    pub(crate) code: Option<String>,
}

#[derive(Debug, Serialize)]
struct ClientsJson {
    clients: Vec<String>,
}

/// Runs `pair`.
pub(super) fn pair(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let config = context.config()?;
    let address = args.address.or_else(|| own_address(&config.listen, &host_name()));
    if address.is_none() && !args.json {
        let message =
            "the configuration has the server listen nowhere, so there is no address to tell";
        return Err(CommandError::usage(message)
            .hint(format!(
                "put listen = [\"tls://0.0.0.0:9999\"] into {}",
                context.paths()?.config().display()
            ))
            .hint(format!("tow server pair {} --address tls://{}:9999", args.name, host_name())));
    }
    let pairing = auth::pair(context.paths()?, &args.name)?;
    let code = address.map(|address| {
        let (fingerprint, secret) = (pairing.fingerprint, pairing.secret.clone());
        PairCode { address, fingerprint, secret }.to_text()
    });
    if args.json {
        output::json(&PairJson {
            name: args.name,
            fingerprint: pairing.fingerprint.to_string(),
            secret: pairing.secret.to_text(),
            listen: config.listen.iter().map(Address::to_string).collect(),
            code,
        })?;
    } else if let Some(code) = code {
        output::line(code)?;
        context.say(format_args!(
            "on {}: tow host pair {} --code -    and paste this line",
            args.name,
            host_name()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `clients`.
pub(super) fn clients(context: &Context, args: ClientsArgs) -> Result<ExitCode, CommandError> {
    let clients = auth::clients(context.paths()?)?;
    let clients: Vec<String> = clients.into_iter().map(|client| client.name).collect();
    if args.json {
        output::json(&ClientsJson { clients })?;
    } else if clients.is_empty() {
        context.say("no clients are paired: tow server pair NAME");
    } else {
        output::line(clients.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `revoke`.
pub(super) fn revoke(context: &Context, args: &RevokeArgs) -> Result<ExitCode, CommandError> {
    match auth::revoke(context.paths()?, &args.name)? {
        true => {
            context.say(format_args!("{} can't connect any more", args.name));
            Ok(ExitCode::SUCCESS)
        }
        false => {
            let message = format!("no client called {} is paired", args.name);
            Err(CommandError::new(ErrorKind::NotFound, message).hint("tow server clients"))
        }
    }
}

/// Reads an address at which a secret is asked for.
fn proven(text: &str) -> Result<Address, String> {
    match Address::parse(text) {
        Ok(address @ (Address::Tls { .. } | Address::Tcp { .. })) => Ok(address),
        Ok(_) => Err("pairing is for tls://HOST:PORT, or for tcp at the end of a tunnel".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// This machine's name, as a client's name can be.
pub(crate) fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name: String = name.chars().filter(|c| plain(*c)).take(64).collect();
    let name = name.trim_start_matches(['-', '.']);
    if name.is_empty() { "client".into() } else { name.to_owned() }
}

/// Where others reach a server that listens so: the first address for tls that is not only this machine's.
fn own_address(listen: &[Address], host_name: &str) -> Option<Address> {
    let mut others = listen.iter().filter_map(|address| match address {
        Address::Tls { host, port } => Some((host, *port)),
        _ => None,
    });
    let (host, port) = others.next()?;
    let everywhere = host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_unspecified());
    let host = if everywhere { host_name.to_owned() } else { host.clone() };
    Some(Address::Tls { host, port })
}

impl From<AuthError> for CommandError {
    fn from(error: AuthError) -> Self {
        let hint = match &error {
            AuthError::Secret(error) => error.hint(),
            _ => None,
        };
        let kind = match &error {
            AuthError::Clients(auth::ClientError::Name(_)) => ErrorKind::Usage,
            _ => ErrorKind::Failed,
        };
        Self { kind, message: error.to_string(), hints: hint.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_is_told_is_one_that_others_can_reach() {
        for (listen, expected) in [
            (vec![], None),
            (vec!["tcp://127.0.0.1:1"], None),
            (vec!["tcp://127.0.0.1:1", "tls://0.0.0.0:9"], Some("tls://thor:9")),
            (vec!["tls://[::]:9"], Some("tls://thor:9")),
            (vec!["tls://10.0.0.1:9", "tls://0.0.0.0:8"], Some("tls://10.0.0.1:9")),
        ] {
            let listen: Vec<_> = listen.iter().map(|text| Address::parse(text).unwrap()).collect();
            let found = own_address(&listen, "thor").map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{listen:?}");
        }
    }
}
