//! `tow host pair`: share a secret with a host's server, for tls.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use towline_client::hosts::{Address, Host, HostValue, Hosts, HostsFile, is_alias};
use towline_client::io_error_in_words;
use towline_client::transport::{FIND_PROGRAM, Fingerprint, PairCode, Secret};

use super::connect;
use super::remote::{self, Script};
use crate::ask;
use crate::commands::server::pair::{PairJson, host_name};
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "The host's server makes a secret for this machine, and tells the fingerprint of its
key; both come by ssh and are kept here. Or `tow server pair` there prints a code
that holds both, and --code takes it.

Examples:
  tow host pair thor --address tls://thor:9999    by ssh; from now on thor is reached by tls
  tow host pair tls://thor:9999                   the same for a host that is not in the list
  tow host pair thor --code -                     a code, from standard input
  tow host pair thor --renew                      a new secret in place of the old one
  tow host pair thor --revoke old-laptop          that client is let in no more";

/// The most of a code that is read.
const CODE_CAP: u64 = 4096;

/// What runs there: `$1` is the host's `tow`, the rest its arguments.
const RUN_TOW: &str = r#"
g "$1"; shift;
if [ -z "$p" ]; then echo "there is no tow on this host" >&2; exit 127; fi;
"$p" "$@"
"#;

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A host of the list, [USER@]HOST[:PORT], or tls://HOST:PORT
    host: String,
    /// Reach the host at this address from now on
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse, conflicts_with_all = ["code", "revoke"])]
    address: Option<Address>,
    /// Where ssh reaches the host: [USER@]HOST[:PORT] [default: as the list has it]
    #[arg(long, value_name = "PLACE", conflicts_with = "code")]
    ssh: Option<String>,
    /// What this machine is called there [default: its own name]
    #[arg(long)]
    name: Option<String>,
    /// The code that `tow server pair` has printed there; `-` reads it from standard input
    #[arg(long, conflicts_with = "revoke")]
    code: Option<String>,
    /// Replace the secret and the key that are known
    #[arg(long, conflicts_with = "revoke")]
    renew: bool,
    /// Take the secret of this client away, there
    #[arg(long, value_name = "NAME")]
    revoke: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct PairedJson {
    host: String,
    address: String,
    fingerprint: String,
    secret_file: String,
}

/// What is to be written down.
struct Paired {
    alias: String,
    address: Option<Address>,
    fingerprint: Fingerprint,
    secret: Secret,
}

/// Runs the verb.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let listed = super::hosts(context)?;
    let (host, new_address) = named(&listed, &args.host)?;
    if let Some(name) = &args.revoke {
        let said = run_tow(context, &shell(&host, &args)?, &["server", "revoke", name]).await?;
        succeeded(said, &format!("cannot revoke {name} on {}", host.alias))?;
        context.say(format_args!("{name} can't connect to {} any more", host.alias));
        return Ok(ExitCode::SUCCESS);
    }
    let known = listed.get(&host.alias);
    if !args.renew && known.is_some_and(|known| known.secret_file.is_some()) {
        return Err(CommandError::usage(format!("{} is paired already", host.alias))
            .hint(format!("tow host pair {} --renew", args.host)));
    }
    let paired = match &args.code {
        Some(code) => from_code(&host, code)?,
        None => {
            let address = args.address.clone().or(new_address);
            by_ssh(context, &host, &args, address).await?
        }
    };
    let hosts = write_down(context, &paired)?;
    let host = hosts.get(&paired.alias).ok_or_else(|| CommandError::failed("the list lost it"))?;
    if args.json {
        output::json(&PairedJson {
            host: host.alias.clone(),
            address: host.address.to_string(),
            fingerprint: paired.fingerprint.to_string(),
            secret_file: host.secret_file.as_deref().unwrap_or(Path::new("")).display().to_string(),
        })?;
    } else {
        context
            .say(format_args!("paired with {}, whose key is {}", host.alias, paired.fingerprint));
        if matches!(host.address, Address::Ssh { .. }) {
            context.say(format_args!(
                "it is reached by {} as before; --address tls://HOST:PORT changes that",
                host.address
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The host that is meant, and its address where that is new: one that is given as an address has the entry with it,
/// else gets one that is called as the machine is.
fn named(listed: &Hosts, text: &str) -> Result<(Host, Option<Address>), CommandError> {
    if !text.contains("://") {
        return Ok((super::host(listed, text)?, None));
    }
    let address = Address::parse(text).map_err(|error| CommandError::usage(error.to_string()))?;
    if let Some(host) = listed.iter().find(|host| host.address == address) {
        return Ok((host.clone(), None));
    }
    let name = match &address {
        Address::Ssh { host, .. } | Address::Tcp { host, .. } | Address::Tls { host, .. } => host,
        Address::Unix(_) => {
            return Err(CommandError::usage("a socket of this machine needs no pairing"));
        }
    };
    let alias = alias_for(name).unwrap_or_else(|| "host".into());
    Ok((Host::new(alias, address.clone()), Some(address)))
}

/// What a machine of this name is called.
fn alias_for(name: &str) -> Option<String> {
    let whole = name.parse::<std::net::IpAddr>().is_ok();
    let first = if whole { name } else { name.split('.').next().unwrap_or(name) };
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let alias: String = first.chars().map(plain).collect();
    Some(alias.trim_matches('-').to_owned()).filter(|alias| is_alias(alias))
}

/// Where ssh reaches the host.
fn shell(host: &Host, args: &Args) -> Result<Host, CommandError> {
    match &args.ssh {
        Some(place) => {
            let address = Address::ssh(place.strip_prefix("ssh://").unwrap_or(place));
            let address = address.map_err(|error| CommandError::usage(error.to_string()))?;
            Ok(Host { address, ..host.clone() })
        }
        None => Ok(host.clone()),
    }
}

/// Runs `tow` on the host.
async fn run_tow(
    context: &Context,
    host: &Host,
    arguments: &[&str],
) -> Result<remote::Ran, CommandError> {
    let options = connect::foreground(context)?;
    remote::connect(host, &options).await?;
    let text = format!("{FIND_PROGRAM}{RUN_TOW}");
    let tow = host.tow.as_deref().unwrap_or("tow");
    let all = std::iter::once(tow).chain(arguments.iter().copied());
    let script = Script::new(&text, context.step_timeout()).arguments(all);
    let ran = remote::run(host, &options, &script, |_| ()).await?;
    match ran.status {
        127 => Err(CommandError::new(
            ErrorKind::Unreachable,
            format!("there is no tow on {}", host.alias),
        )
        .hint(format!("tow host install {}", host.alias))),
        _ => Ok(ran),
    }
}

/// The output of a `tow` over there, or its error without its hints, which are for that host.
fn succeeded(mut ran: remote::Ran, doing: &str) -> Result<String, CommandError> {
    ran.stderr.retain(|line| !line.starts_with("hint: "));
    for line in &mut ran.stderr {
        if let Some(message) = line.strip_prefix("tow: ") {
            *line = message.to_owned();
        }
    }
    ran.succeeded(doing)
}

/// Has the host's tow make a secret for this machine.
async fn by_ssh(
    context: &Context,
    host: &Host,
    args: &Args,
    address: Option<Address>,
) -> Result<Paired, CommandError> {
    let name = args.name.clone().unwrap_or_else(host_name);
    let shell = shell(host, args)?;
    let ran = run_tow(context, &shell, &["server", "pair", &name, "--json"]).await?;
    let doing = format!("cannot pair with {}", host.alias);
    let text = succeeded(ran, &doing)?;
    let odd = || CommandError::failed(format!("{doing}: its tow answers something else"));
    let told: PairJson = serde_json::from_str(&text).map_err(|_| odd())?;
    let fingerprint = told.fingerprint.parse().map_err(|_| odd())?;
    let secret = Secret::parse(&told.secret).ok_or_else(odd)?;
    if told.listen.is_empty() {
        context.say(format_args!(
            "{} has no `listen` in its configuration yet: put listen = [\"tls://0.0.0.0:9999\"] there, and restart its server",
            host.alias
        ));
    }
    Ok(Paired { alias: host.alias.clone(), address, fingerprint, secret })
}

/// Takes a code that a person has.
fn from_code(host: &Host, code: &str) -> Result<Paired, CommandError> {
    let text = match code {
        "-" => if ask::has_person() {
            output::prompt("the code that `tow server pair` has printed there: ");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        } else {
            let mut text = String::new();
            std::io::stdin().take(CODE_CAP).read_to_string(&mut text).map(|_| text)
        }
        .map_err(|error| CommandError::io("cannot read the code", &error))?,
        code => code.to_owned(),
    };
    let code = PairCode::parse(&text)
        .map_err(|error| CommandError::usage(error.to_string()).hint("tow server pair NAME"))?;
    let PairCode { address, fingerprint, secret } = code;
    let alias = Some(host.alias.clone()).filter(|alias| is_alias(alias));
    let alias = alias.or_else(|| alias_for(&host.alias)).unwrap_or_else(|| "host".into());
    Ok(Paired { alias, address: Some(address), fingerprint, secret })
}

/// Writes the secret into a file, and the rest into the list.
fn write_down(context: &Context, paired: &Paired) -> Result<Hosts, CommandError> {
    use std::os::unix::fs::DirBuilderExt;
    let paths = context.paths()?;
    let folder = paths.config_dir.join("secrets");
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|error| {
        let reason = io_error_in_words(&error);
        CommandError::failed(format!("cannot make {}: {reason}", folder.display()))
    })?;
    let mut file = HostsFile::open(&paths.hosts())?;
    let listed = super::hosts(context)?;
    if listed.get(&paired.alias).is_none() {
        let address = paired.address.clone().ok_or_else(|| {
            CommandError::new(ErrorKind::NotFound, format!("{} is not in the list", paired.alias))
                .hint(format!(
                    "tow host pair {} --address tls://{}:9999",
                    paired.alias, paired.alias
                ))
        })?;
        file.add(&Host::new(&paired.alias, address))?;
    } else if let Some(address) = &paired.address {
        file.set(&paired.alias, "address", Some(&HostValue::Text(address.to_string())))?;
    }
    paired
        .secret
        .save(&folder.join(&paired.alias))
        .map_err(|error| CommandError::failed(error.to_string()))?;
    let text = |text: String| HostValue::Text(text);
    file.set(&paired.alias, "fingerprint", Some(&text(paired.fingerprint.to_string())))?;
    file.set(&paired.alias, "secret_file", Some(&text(format!("secrets/{}", paired.alias))))?;
    Ok(file.save()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_called_by_its_name() {
        for (name, expected) in [
            ("thor", Some("thor")),
            ("Thor.example.org", Some("thor")),
            ("10.0.0.2", Some("10-0-0-2")),
            ("nixos_thor", Some("nixos-thor")),
            ("local", None),
            ("...", None),
        ] {
            assert_eq!(alias_for(name).as_deref(), expected, "{name}");
        }
    }
}
