//! The table of settings: each is declared here and nowhere else.

use super::source::Value;
use super::{Action, Config, ControlKey, KeyError, Notify, Restart, format_bytes, parse_bytes};
use crate::hosts::Address;

/// A setting's value as the file writes it; its `Display` is TOML.
pub type SettingValue = Value;

/// One setting.
pub struct Setting {
    /// Its key, with the table in front: `ended.keep_days`.
    pub key: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// What to write where it is unset, for those that have no default value.
    pub example: Option<&'static str>,
    /// Takes over a value, or tells what it "must be".
    pub(super) set: fn(&mut Config, &Value) -> Result<(), String>,
    /// The value in a configuration; `None` where it is unset.
    pub get: fn(&Config) -> Option<Value>,
}

/// All settings, in the order `tow config show` prints them; those of a table stand together, at the end.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "prefix",
        about: "The key that begins a command while attached.",
        example: None,
        set: |config, value| {
            let text = text(value).ok_or_else(|| KeyError::NotControl.to_string())?;
            config.prefix = text.parse::<ControlKey>().map_err(|error| error.to_string())?;
            Ok(())
        },
        get: |config| Some(Value::Text(config.prefix.to_string())),
    },
    Setting {
        key: "command",
        about: "What `tow spawn` runs where nothing is named: a program with its arguments, in one text or a list. \
                Unset: the first known agent on the PATH, else the login shell.",
        example: Some("\"claude\""),
        set: |config, value| {
            config.command = Some(command(value)?);
            Ok(())
        },
        get: |config| config.command.as_deref().map(command_value),
    },
    Setting {
        key: "term",
        about: "TERM inside panes.",
        example: None,
        set: |config, value| {
            let name = text(value)
                .filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))
                .ok_or("the name of a terminal, such as \"xterm-256color\"")?;
            config.term = name.to_owned();
            Ok(())
        },
        get: |config| Some(Value::Text(config.term.clone())),
    },
    Setting {
        key: "scrollback",
        about: "Lines of scrollback that a pane keeps.",
        example: None,
        set: |config, value| {
            config.scrollback = number(value).ok_or("a whole number of lines")?;
            Ok(())
        },
        get: |config| Some(Value::Number(config.scrollback.into())),
    },
    Setting {
        key: "journal_bytes",
        about: "How much of a pane's output is kept on disk.",
        example: None,
        set: |config, value| {
            config.journal_bytes =
                size(value).filter(|bytes| *bytes > 0).ok_or("a size such as \"16MiB\"")?;
            Ok(())
        },
        get: |config| Some(Value::Text(format_bytes(config.journal_bytes))),
    },
    Setting {
        key: "restart",
        about: "When a pane's program is started again: never, on-reboot, on-failure or always.",
        example: None,
        set: |config, value| {
            config.restart = Restart::of(value)?;
            Ok(())
        },
        get: |config| Some(Value::Text(config.restart.name().to_owned())),
    },
    Setting {
        key: "listen",
        about: "Where the server listens beside its socket, for other machines: a list of tls://ADDRESS:PORT and \
                tcp://127.0.0.1:PORT. It takes effect when the server starts.",
        example: Some("[\"tls://0.0.0.0:9999\"]"),
        set: |config, value| {
            let must = "a list of addresses such as \"tls://0.0.0.0:9999\"";
            let texts = match value {
                Value::Text(text) => std::slice::from_ref(text),
                Value::List(texts) => texts,
                _ => return Err(must.to_owned()),
            };
            let parsed = texts.iter().map(|text| Address::parse(text));
            let addresses: Vec<_> =
                parsed.collect::<Result<_, _>>().map_err(|error| format!("{must}: {error}"))?;
            let listenable =
                |address: &Address| matches!(address, Address::Tcp { .. } | Address::Tls { .. });
            if !addresses.iter().all(listenable) {
                return Err(must.to_owned());
            }
            config.listen = addresses;
            Ok(())
        },
        get: |config| {
            let texts: Vec<_> = config.listen.iter().map(Address::to_string).collect();
            (!texts.is_empty()).then_some(Value::List(texts))
        },
    },
    Setting {
        key: "secret_file",
        about: "The file with the secret that clients on this machine prove to know. Unset: one in the state folder.",
        example: Some("\"/home/me/.towline-secret\""),
        set: |config, value| {
            let path = text(value).map(std::path::PathBuf::from).filter(|path| path.is_absolute());
            config.secret_file = Some(path.ok_or("an absolute path")?);
            Ok(())
        },
        get: |config| Some(Value::Text(config.secret_file.as_ref()?.display().to_string())),
    },
    Setting {
        key: "discovery",
        about: "Whether tls listeners are announced on the local network, for `tow host discover`.",
        example: None,
        set: |config, value| match value {
            Value::Flag(flag) => {
                config.discovery = *flag;
                Ok(())
            }
            _ => Err("true or false".to_owned()),
        },
        get: |config| Some(Value::Flag(config.discovery)),
    },
    Setting {
        key: "notify",
        about: "How an attached client tells that an agent elsewhere waits: all, bell, desktop, line or off. \
                Each but off shows a line.",
        example: None,
        set: |config, value| {
            let known = Notify::ALL.iter().find(|(name, _)| text(value) == Some(name));
            let names = || Notify::ALL.map(|(name, _)| name).join(", ");
            config.notify = known.ok_or_else(|| format!("one of {}", names()))?.1;
            Ok(())
        },
        get: |config| Some(Value::Text(config.notify.name().to_owned())),
    },
    Setting {
        key: "on_blocked",
        about: "What the server runs when an agent of any host becomes blocked: a command line, or a list of a program \
                and its arguments. It finds the facts in TOWLINE_TARGET, TOWLINE_QUESTION and others.",
        example: Some(
            "\"curl -sd \\\"$TOWLINE_TARGET: $TOWLINE_QUESTION\\\" https://push.example/me\"",
        ),
        set: |config, value| {
            config.on_blocked = Some(Action::of(value)?);
            Ok(())
        },
        get: |config| Some(config.on_blocked.as_ref()?.value()),
    },
    Setting {
        key: "on_done",
        about: "The same when an agent of any host has finished and nobody looks.",
        example: Some("[\"notify-me\", \"done\"]"),
        set: |config, value| {
            config.on_done = Some(Action::of(value)?);
            Ok(())
        },
        get: |config| Some(config.on_done.as_ref()?.value()),
    },
    Setting {
        key: "ended.keep_days",
        about: "Days that ended panes are kept.",
        example: None,
        set: |config, value| {
            config.ended.keep_days = number(value).ok_or("a whole number of days")?;
            Ok(())
        },
        get: |config| Some(Value::Number(config.ended.keep_days.into())),
    },
    Setting {
        key: "ended.keep_bytes",
        about: "Room on disk for all ended panes together; the oldest go first.",
        example: None,
        set: |config, value| {
            config.ended.keep_bytes = size(value).ok_or("a size such as \"2GiB\"")?;
            Ok(())
        },
        get: |config| Some(Value::Text(format_bytes(config.ended.keep_bytes))),
    },
    Setting {
        key: "sling.heavy_preset",
        about: "The preset [agent.NAME] for issues labelled `heavy`, and for `tow sling --heavy`.",
        example: Some("\"remote-polecat\""),
        set: |config, value| {
            let must = "the name of a preset, such as \"remote-polecat\"";
            let name = text(value).filter(|name| super::preset::is_name(name)).ok_or(must)?;
            config.heavy_preset = Some(name.to_owned());
            Ok(())
        },
        get: |config| config.heavy_preset.clone().map(Value::Text),
    },
];

/// A program with its arguments. A text with blanks is several words, as a shell has them.
pub(super) fn command(value: &Value) -> Result<Vec<String>, String> {
    let command = match value {
        Value::Text(text) if is_one_word(text) => vec![text.clone()],
        Value::Text(text) => shlex::split(text).unwrap_or_default(),
        Value::List(command) => command.clone(),
        _ => Vec::new(),
    };
    match command.first().is_none_or(String::is_empty) {
        true => Err("a program, or a list of a program and its arguments".to_owned()),
        false => Ok(command),
    }
}

/// The same as a value: the program alone, where it has no arguments.
pub(super) fn command_value(command: &[String]) -> Value {
    match command {
        [program] if is_one_word(program) => Value::Text(program.clone()),
        command => Value::List(command.to_vec()),
    }
}

fn is_one_word(text: &str) -> bool {
    !text.contains(char::is_whitespace)
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => u32::try_from(*number).ok(),
        _ => None,
    }
}

fn size(value: &Value) -> Option<u64> {
    match value {
        Value::Text(text) => parse_bytes(text),
        Value::Number(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}
