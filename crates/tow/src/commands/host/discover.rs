//! `tow host discover`: servers that announce themselves on the local network.

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use towline_client::hosts::Hosts;
use towline_client::transport::discovery::{self, Found};

use crate::context::Context;
use crate::duration;
use crate::error::CommandError;
use crate::output;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "Found are servers that listen by tls and have `discovery = true` in their configuration.
Who they are nobody vouches for before they are paired.

Examples:
  tow host discover
  tow host discover --wait 10s --json";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How long to listen: 500ms, 10s
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "3s")]
    wait: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct DiscoveredJson {
    servers: Vec<ServerJson>,
}

#[derive(Debug, Serialize)]
struct ServerJson {
    name: String,
    addresses: Vec<String>,
    fingerprint: Option<String>,
    /// The host of the list that has this key.
    host: Option<String>,
}

/// Runs the verb.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let listed = super::hosts(context)?;
    let found = discovery::discover(args.wait);
    let found = found.await.map_err(|error| CommandError::failed(error.to_string()))?;
    let servers: Vec<ServerJson> = found.into_iter().map(|found| server(&listed, found)).collect();
    if args.json {
        output::json(&DiscoveredJson { servers })?;
    } else if servers.is_empty() {
        context.say("no server announces itself on this network");
    } else {
        for server in &servers {
            output::line(in_words(server))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn server(listed: &Hosts, found: Found) -> ServerJson {
    let same = listed
        .iter()
        .find(|host| host.fingerprint.is_some() && host.fingerprint == found.fingerprint);
    ServerJson {
        host: same.map(|host| host.alias.clone()),
        name: found.name,
        addresses: found.addresses.iter().map(|address| format!("tls://{address}")).collect(),
        fingerprint: found.fingerprint,
    }
}

/// A server in one line, with what is to be done next.
fn in_words(server: &ServerJson) -> String {
    let address = server.addresses.first().map_or("", String::as_str);
    match &server.host {
        Some(host) => format!("{}  {address}  is {host}", server.name),
        None => format!("{}  {address}  tow host pair {address}", server.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_key() {
        let text = "[host.thor]\naddress = \"tls://thor:1\"\nfingerprint = \"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\"\n";
        let listed = towline_client::hosts::parse("hosts.toml".as_ref(), text, None).unwrap();
        let found = |fingerprint: &str| Found {
            name: "x-9".into(),
            addresses: vec!["10.0.0.1:9".parse().unwrap()],
            fingerprint: Some(fingerprint.into()),
        };
        let known = server(&listed, found("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"));
        assert_eq!(in_words(&known), "x-9  tls://10.0.0.1:9  is thor");
        let new = server(&listed, found("SHA256:other"));
        assert_eq!(in_words(&new), "x-9  tls://10.0.0.1:9  tow host pair tls://10.0.0.1:9");
    }
}
