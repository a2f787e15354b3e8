//! Presets: the tables `[agent.NAME]`, each a way to start an agent.

use std::collections::BTreeMap;
use std::fmt;

use super::Restart;
use super::nearest::nearest;
use super::settings::{command, command_value};
use super::source::{Value, quoted};

/// A way to start an agent, `[agent.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// The kind of agent; `None`: what the command starts.
    pub kind: Option<String>,
    /// The program and its arguments; `None`: the agent's own.
    pub command: Option<Vec<String>>,
    /// Variables of its environment, on top of what it gets otherwise.
    pub env: BTreeMap<String, String>,
    /// The host that it is started on; `None`: this one.
    pub host: Option<String>,
    /// The folder it is started in, where none is named.
    pub cwd: Option<String>,
    /// It gets a configuration folder of its own.
    pub isolation: bool,
    /// When it is started again; `None`: as panes are otherwise.
    pub restart: Option<Restart>,
    /// Its conversation is continued when it is started again.
    pub resume: bool,
    /// The model it is to use; `None`: its own choice.
    pub model: Option<String>,
    /// It is started with hooks, which tell what it does.
    pub hooks: bool,
}

impl Default for Preset {
    fn default() -> Self {
        Self {
            kind: None,
            command: None,
            env: BTreeMap::new(),
            host: None,
            cwd: None,
            isolation: false,
            restart: None,
            resume: true,
            model: None,
            hooks: true,
        }
    }
}

/// One key of a preset.
pub struct PresetKey {
    /// Its name in the table.
    pub key: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Takes over a value, or tells what it "must be".
    set: fn(&mut Preset, &Value) -> Result<(), String>,
    /// The value in a preset; `None` where it is unset.
    get: fn(&Preset) -> Option<Value>,
}

impl fmt::Debug for PresetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresetKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The table in a preset that holds variables.
const ENV: &str = "env";

/// All keys of a preset but its `env`, which is a table.
pub const PRESET_KEYS: &[PresetKey] = &[
    PresetKey {
        key: "kind",
        about: "The kind of agent, as `tow agents list` has them.",
        set: |preset, value| {
            let is_kind = |text: &&str| {
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
                !text.is_empty() && text.chars().all(plain)
            };
            let kind = text(value).filter(is_kind);
            preset.kind = Some(kind.ok_or("the name of a kind, such as \"claude\"")?.to_owned());
            Ok(())
        },
        get: |preset| preset.kind.clone().map(Value::Text),
    },
    PresetKey {
        key: "command",
        about: "The program with its arguments, in one text or a list.",
        set: |preset, value| {
            preset.command = Some(command(value)?);
            Ok(())
        },
        get: |preset| preset.command.as_deref().map(command_value),
    },
    PresetKey {
        key: "host",
        about: "The host that it is started on.",
        set: |preset, value| set_text(&mut preset.host, value, "a host's name, such as \"thor\""),
        get: |preset| preset.host.clone().map(Value::Text),
    },
    PresetKey {
        key: "cwd",
        about: "The folder that it is started in, where none is named; with a host a project there, or a path.",
        set: |preset, value| set_text(&mut preset.cwd, value, "a folder"),
        get: |preset| preset.cwd.clone().map(Value::Text),
    },
    PresetKey {
        key: "isolation",
        about: "Whether it gets a configuration folder of its own, which begins with your login and settings.",
        set: |preset, value| set_flag(&mut preset.isolation, value),
        get: |preset| Some(Value::Flag(preset.isolation)),
    },
    PresetKey {
        key: "restart",
        about: "When it is started again: never, on-reboot, on-failure or always.",
        set: |preset, value| {
            preset.restart = Some(Restart::of(value)?);
            Ok(())
        },
        get: |preset| Some(Value::Text(preset.restart?.name().to_owned())),
    },
    PresetKey {
        key: "resume",
        about: "Whether its conversation is continued when it is started again.",
        set: |preset, value| set_flag(&mut preset.resume, value),
        get: |preset| Some(Value::Flag(preset.resume)),
    },
    PresetKey {
        key: "model",
        about: "The model that it is to use, as the agent calls it.",
        set: |preset, value| set_text(&mut preset.model, value, "the name of a model"),
        get: |preset| preset.model.clone().map(Value::Text),
    },
    PresetKey {
        key: "hooks",
        about: "Whether it is started with hooks that tell what it does; without, it is only looked at.",
        set: |preset, value| set_flag(&mut preset.hooks, value),
        get: |preset| Some(Value::Flag(preset.hooks)),
    },
];

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn set_text(to: &mut Option<String>, value: &Value, must: &str) -> Result<(), String> {
    let plain = |text: &&str| !text.is_empty() && !text.contains(char::is_control);
    *to = Some(text(value).filter(plain).ok_or(must)?.to_owned());
    Ok(())
}

fn set_flag(to: &mut bool, value: &Value) -> Result<(), String> {
    match value {
        Value::Flag(flag) => *to = *flag,
        _ => return Err("true or false".to_owned()),
    }
    Ok(())
}

/// What a key in a preset's table turned out to be.
pub(super) enum Set {
    /// It was taken over.
    Done,
    /// No preset has such a key; what to say of it.
    Unknown(String),
}

impl Preset {
    /// Takes over what stands at `path` in the table of the preset `name`.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub(super) fn set(
        &mut self,
        name: &str,
        path: &[String],
        value: &Value,
    ) -> Result<Set, String> {
        let full = || format!("agent.{name}.{}", path.join("."));
        match path {
            [table, variable] if table == ENV => {
                if variable.is_empty() || variable.contains(['=', '\0']) {
                    return Err(format!("{}: a variable can't be called {variable:?}", full()));
                }
                let text = text(value).filter(|text| !text.contains('\0'));
                let text = text.ok_or_else(|| format!("{} must be a text, not {value}", full()))?;
                self.env.insert(variable.clone(), text.to_owned());
                Ok(Set::Done)
            }
            [key] if key == ENV => Err(format!(
                "{} must be a table, such as {{ NAME = \"value\" }}, not {value}",
                full()
            )),
            [key] => match PRESET_KEYS.iter().find(|known| known.key == key) {
                Some(known) => {
                    let wrong = |must| format!("{} must be {must}, not {value}", full());
                    (known.set)(self, value).map_err(wrong)?;
                    Ok(Set::Done)
                }
                None => Ok(Set::Unknown(unknown(key, &full()))),
            },
            _ => Ok(Set::Unknown(format!("unknown setting {}", full()))),
        }
    }

    /// What is wrong with it as a whole; `name` is its own.
    pub(super) fn check(&mut self, name: &str) -> Result<(), String> {
        if self.kind.is_none() && self.command.is_none() {
            // `[agent.claude]` says enough.
            if !towline_agents::KINDS.contains(&name) {
                return Err(format!("agent.{name} needs a kind or a command"));
            }
            self.kind = Some(name.to_owned());
        }
        let command: &[String] = self.command.as_deref().unwrap_or_default();
        match (&self.kind, towline_agents::kind_of("", command)) {
            (Some(kind), Some(starts)) if kind != starts => {
                Err(format!("agent.{name} is of kind {kind}, and its command starts {starts}"))
            }
            _ => Ok(()),
        }
    }

    /// Its keys that are set, with their values as TOML; `env` comes last.
    pub fn entries(&self) -> Vec<(&'static str, String)> {
        let set =
            PRESET_KEYS.iter().filter_map(|key| Some((key.key, (key.get)(self)?.to_string())));
        let pairs = self.env.iter();
        let pairs = pairs.map(|(name, value)| format!("{} = {}", quoted(name), quoted(value)));
        let pairs: Vec<String> = pairs.collect();
        let env = (!pairs.is_empty()).then(|| (ENV, format!("{{ {} }}", pairs.join(", "))));
        set.chain(env).collect()
    }
}

fn unknown(key: &str, full: &str) -> String {
    let known = PRESET_KEYS.iter().map(|known| known.key).chain([ENV]);
    match nearest(key, known) {
        Some(known) => format!("unknown setting {full}; did you mean {known}?"),
        None => format!("unknown setting {full}"),
    }
}

/// Whether a preset can have this name: one that can be typed, and written as a key of a table.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(plain)
}
