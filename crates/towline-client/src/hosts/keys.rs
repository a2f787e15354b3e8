//! The table of keys that a host has in the file: each is declared here and nowhere else.

use std::path::PathBuf;

use super::{Address, AttachBy, Backend, Host};
use crate::config::source::Value;

/// A value as the file has it; its `Display` is TOML.
pub type HostValue = Value;

/// One key of a host.
pub(super) struct Key {
    /// Its name in the file.
    pub(super) name: &'static str,
    /// Whether it makes sense for this machine.
    pub(super) local: bool,
    /// Takes over a value, or tells what it "must be".
    pub(super) set: fn(&mut Host, &Value) -> Result<(), String>,
    /// The value to write; `None` where it is at its default.
    pub(super) get: fn(&Host) -> Option<Value>,
}

/// All keys, in the order in which they are written. The address is there before any other is taken over.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "address",
        local: false,
        set: |host, value| {
            let wanted = "an address such as \"ssh://user@name\"";
            host.address = Address::parse(text(value).ok_or(wanted)?)
                .map_err(|error| format!("{wanted} ({error})"))?;
            Ok(())
        },
        get: |host| Some(Value::Text(host.address.to_string())),
    },
    Key {
        name: "port",
        local: false,
        set: set_port,
        // It is written in the address.
        get: |_| None,
    },
    Key {
        name: "projects",
        local: true,
        set: |host, value| {
            let absolute =
                |path: &&str| path.starts_with('/') || *path == "~" || path.starts_with("~/");
            let path = text(value).filter(absolute).filter(|path| printable(path));
            host.projects =
                Some(path.ok_or("a folder such as \"/home/me/src\" or \"~/src\"")?.into());
            Ok(())
        },
        get: |host| host.projects.clone().map(Value::Text),
    },
    Key {
        name: "backend",
        local: true,
        set: |host, value| {
            host.backend = one_of(&Backend::ALL, value)?;
            Ok(())
        },
        get: |host| {
            let name = host.backend.name();
            (host.backend != Backend::default()).then(|| Value::Text(name.into()))
        },
    },
    Key {
        name: "attach",
        local: false,
        set: |host, value| {
            host.attach = one_of(&AttachBy::ALL, value)?;
            Ok(())
        },
        get: |host| {
            let name = host.attach.name();
            (host.attach != AttachBy::default()).then(|| Value::Text(name.into()))
        },
    },
    Key {
        name: "tow",
        local: false,
        set: |host, value| {
            host.tow = Some(program(value)?);
            Ok(())
        },
        get: |host| host.tow.clone().map(Value::Text),
    },
    Key {
        name: "tmux",
        local: true,
        set: |host, value| {
            host.tmux = Some(program(value)?);
            Ok(())
        },
        get: |host| host.tmux.clone().map(Value::Text),
    },
    Key {
        name: "accept_new",
        local: false,
        set: |host, value| match value {
            Value::Flag(flag) => {
                host.accept_new = *flag;
                Ok(())
            }
            _ => Err("true or false".into()),
        },
        get: |host| host.accept_new.then_some(Value::Flag(true)),
    },
    Key {
        name: "fingerprint",
        local: false,
        set: |host, value| {
            let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
            let digits = |text: &&str| {
                let digits = text.strip_prefix("SHA256:");
                digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(base64))
            };
            let fingerprint = text(value).filter(digits);
            host.fingerprint =
                Some(fingerprint.ok_or("what `tow host pair` shows, such as \"SHA256:…\"")?.into());
            Ok(())
        },
        get: |host| host.fingerprint.clone().map(Value::Text),
    },
    Key {
        name: "secret_file",
        local: false,
        set: |host, value| {
            let path = text(value).filter(|path| !path.is_empty() && printable(path));
            host.secret_file = Some(PathBuf::from(path.ok_or("the path of a file")?));
            Ok(())
        },
        get: |host| Some(Value::Text(host.secret_file.as_ref()?.to_string_lossy().into_owned())),
    },
];

/// The port is part of the address everywhere but in the file.
fn set_port(host: &mut Host, value: &Value) -> Result<(), String> {
    let number = match value {
        Value::Number(number) => u16::try_from(*number).ok().filter(|port| *port > 0),
        _ => None,
    };
    let number = number.ok_or("a number from 1 to 65535")?;
    match &mut host.address {
        Address::Ssh { port: Some(own), .. } if *own != number => {
            Err(format!("{own}, which the address says"))
        }
        Address::Ssh { port, .. } => {
            *port = Some(number);
            Ok(())
        }
        address => Err(format!("a part of the address {address}")),
    }
}

fn one_of<T: Copy>(all: &[(&'static str, T)], value: &Value) -> Result<T, String> {
    let known = all.iter().find(|(name, _)| text(value) == Some(name));
    let names = || all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    known.map(|(_, value)| *value).ok_or_else(|| format!("one of {}", names()))
}

/// A program: a name for the PATH there, or a path.
fn program(value: &Value) -> Result<String, String> {
    let program = text(value).filter(|text| !text.is_empty() && !text.starts_with('-'));
    let program = program.filter(|program| printable(program));
    Ok(program.ok_or("a program's name or path")?.into())
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
