//! The configuration file, `config.toml`.
//!
//! Every setting is optional and is declared once, in [`settings::SETTINGS`]: parsing, the check for
//! unknown keys and `tow config show` all come from that table. A key that is not in it is a warning, so
//! that an older Towline reads a newer one's file; a value of the wrong kind is an error.

mod bytes;
mod key;
pub(crate) mod nearest;
mod preset;
mod settings;
pub(crate) mod source;
mod telling;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::hosts::Address;

pub use bytes::{format_bytes, parse_bytes};
pub use key::{ControlKey, KeyError};
pub use nearest::nearest;
pub use preset::{PRESET_KEYS, Preset, PresetKey};
pub use settings::{SETTINGS, Setting, SettingValue};
pub use telling::{Action, Notify};

/// What the configuration file says, with defaults for what it doesn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The key that begins a command while attached.
    pub prefix: ControlKey,
    /// What `spawn` runs where nothing is named; `None`: the first known agent on the PATH, else the shell.
    pub command: Option<Vec<String>>,
    /// `TERM` inside panes.
    pub term: String,
    /// Lines of scrollback a pane's terminal keeps.
    pub scrollback: u32,
    /// Bytes of a pane's journal that are kept.
    pub journal_bytes: u64,
    /// When a pane's program is started again.
    pub restart: Restart,
    /// Where the server listens beside its Unix socket.
    pub listen: Vec<Address>,
    /// The file with the secret for clients on this machine; `None`: the one in the state folder.
    pub secret_file: Option<PathBuf>,
    /// Whether listeners for tls are announced on the local network.
    pub discovery: bool,
    /// What an attached client does when an agent elsewhere comes to wait for a person.
    pub notify: Notify,
    /// What the server runs when an agent of any host becomes blocked.
    pub on_blocked: Option<Action>,
    /// What the server runs when an agent of any host has done its work and nobody looks.
    pub on_done: Option<Action>,
    /// How long ended panes are kept.
    pub ended: Ended,
    /// The preset for work that is heavy.
    pub heavy_preset: Option<String>,
    /// Ways to start agents, `[agent.NAME]`, by name.
    pub presets: BTreeMap<String, Preset>,
}

/// When a pane's program is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Once it has ended, it has ended.
    Never,
    /// After the host has started again.
    OnReboot,
    /// When it ends with a status other than 0 or by a signal; an agent that goes on with its conversation also after the
    /// host has started again.
    OnFailure,
    /// However it ends.
    Always,
}

impl Restart {
    /// All of them, with the name each has in the file and on the command line.
    pub const ALL: [(&'static str, Self); 4] = [
        ("never", Self::Never),
        ("on-reboot", Self::OnReboot),
        ("on-failure", Self::OnFailure),
        ("always", Self::Always),
    ];

    /// The one that a value names, or what it "must be".
    fn of(value: &source::Value) -> Result<Self, String> {
        let is = |name: &str| matches!(value, source::Value::Text(text) if text == name);
        let known = Self::ALL.iter().find(|(name, _)| is(name));
        let names = || Self::ALL.map(|(name, _)| name).join(", ");
        Ok(known.ok_or_else(|| format!("one of {}", names()))?.1)
    }

    /// The name in the file and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::OnReboot => "on-reboot",
            Self::OnFailure => "on-failure",
            Self::Always => "always",
        }
    }
}

/// How long ended panes are kept; whichever is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Days after the end.
    pub keep_days: u32,
    /// Bytes of all their journals together.
    pub keep_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            prefix: ControlKey::DEFAULT,
            command: None,
            term: "xterm-256color".to_owned(),
            scrollback: 10_000,
            journal_bytes: 16 << 20,
            restart: Restart::Never,
            listen: Vec::new(),
            secret_file: None,
            discovery: false,
            notify: Notify::All,
            on_blocked: None,
            on_done: None,
            ended: Ended { keep_days: 30, keep_bytes: 2 << 30 },
            heavy_preset: None,
            presets: BTreeMap::new(),
        }
    }
}

/// Why the configuration can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is there and can't be read.
    #[error("{} can't be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML, or a value is not what its setting takes.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
}

/// Something in the file that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is odd there.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path.display(), self.line, self.message)
    }
}

/// A configuration and where it came from.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The settings, defaults included.
    pub config: Config,
    /// The line that each setting in the file stands on, by the setting's key.
    pub lines: BTreeMap<String, usize>,
    /// Keys that were passed over.
    pub warnings: Vec<Warning>,
}

/// Reads the configuration at `path`; a file that is not there is an empty one.
///
/// # Errors
/// [`ConfigError::Read`] and [`ConfigError::Invalid`].
pub fn load(path: &Path) -> Result<Loaded, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Loaded::default()),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
    }
}

/// Reads a configuration's text; `path` is for messages.
///
/// # Errors
/// [`ConfigError::Invalid`].
pub fn parse(path: &Path, text: &str) -> Result<Loaded, ConfigError> {
    let invalid = |problem: source::Problem| ConfigError::Invalid {
        path: path.to_owned(),
        line: problem.line,
        message: problem.message,
    };
    let mut loaded = Loaded::default();
    // Where each preset begins.
    let mut presets: BTreeMap<String, usize> = BTreeMap::new();
    for entry in source::entries(text).map_err(invalid)? {
        let wrong = |message| invalid(source::Problem { line: entry.line, message });
        if let [table, name, within @ ..] = &entry.path[..]
            && table == "agent"
        {
            if !preset::is_name(name) {
                let message =
                    format!("a preset can't be called {name:?}: letters, digits, - and _");
                return Err(wrong(message));
            }
            presets.entry(name.clone()).or_insert(entry.line);
            let preset = loaded.config.presets.entry(name.clone()).or_default();
            if within.is_empty() {
                continue;
            }
            match preset.set(name, within, &entry.value).map_err(wrong)? {
                preset::Set::Done => {
                    loaded.lines.insert(entry.key, entry.line);
                }
                preset::Set::Unknown(message) => {
                    let path = path.to_owned();
                    loaded.warnings.push(Warning { path, line: entry.line, message });
                }
            }
            continue;
        }
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == entry.key) else {
            let message = unknown_key(&entry.key);
            loaded.warnings.push(Warning { path: path.to_owned(), line: entry.line, message });
            continue;
        };
        (setting.set)(&mut loaded.config, &entry.value).map_err(|wanted| {
            let message = format!("{} must be {wanted}, not {}", setting.key, entry.value);
            wrong(message)
        })?;
        loaded.lines.insert(setting.key.to_owned(), entry.line);
    }
    for (name, line) in presets {
        if let Some(preset) = loaded.config.presets.get_mut(&name) {
            let wrong = |message| invalid(source::Problem { line, message });
            preset.check(&name).map_err(wrong)?;
        }
    }
    Ok(loaded)
}

/// What to say about a key that no setting has.
fn unknown_key(key: &str) -> String {
    match nearest(key, SETTINGS.iter().map(|setting| setting.key)) {
        Some(known) => format!("unknown setting {key}; did you mean {known}?"),
        None => format!("unknown setting {key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Loaded, String> {
        parse(Path::new("config.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_and_none_are_the_defaults() {
        assert_eq!(check("").unwrap().config, Config::default());
        let none = load(Path::new("/nonexistent/config.toml")).unwrap();
        assert_eq!(none.config, Config::default());
        assert!(none.lines.is_empty() && none.warnings.is_empty());
    }

    #[test]
    fn every_setting_can_be_set() {
        let loaded = check(
            "prefix = \"C-a\"\ncommand = [\"claude\", \"-c\"]\nterm = \"tmux-256color\"\n\
             scrollback = 5\njournal_bytes = \"1MiB\"\nrestart = \"always\"\n\
             listen = [\"tls://0.0.0.0:9999\"]\nsecret_file = \"/s\"\ndiscovery = true\n\
             notify = \"bell\"\non_blocked = \"beep\"\non_done = [\"beep\", \"-l\"]\n\
             [ended]\nkeep_days = 1\nkeep_bytes = 4096\n[sling]\nheavy_preset = \"big\"\n",
        )
        .unwrap();
        assert_eq!(
            loaded.config,
            Config {
                prefix: "C-a".parse().unwrap(),
                command: Some(vec!["claude".to_owned(), "-c".to_owned()]),
                term: "tmux-256color".to_owned(),
                scrollback: 5,
                journal_bytes: 1 << 20,
                restart: Restart::Always,
                listen: vec![Address::parse("tls://0.0.0.0:9999").unwrap()],
                secret_file: Some("/s".into()),
                discovery: true,
                notify: Notify::Bell,
                on_blocked: Some(Action::Line("beep".to_owned())),
                on_done: Some(Action::Program(vec!["beep".to_owned(), "-l".to_owned()])),
                ended: Ended { keep_days: 1, keep_bytes: 4096 },
                heavy_preset: Some("big".to_owned()),
                presets: BTreeMap::new(),
            }
        );
        assert!(loaded.warnings.is_empty());
        assert_eq!(loaded.lines.len(), SETTINGS.len());
        assert_eq!(loaded.lines["ended.keep_bytes"], 15);
    }

    #[test]
    fn a_command_may_be_one_word() {
        let loaded = check("command = \"claude\"").unwrap();
        assert_eq!(loaded.config.command, Some(vec!["claude".to_owned()]));
    }

    #[test]
    fn a_command_in_one_text_has_the_words_that_a_shell_sees() {
        for (text, words) in [
            ("claude --resume", &["claude", "--resume"][..]),
            ("ssh -t thor 'cd ~/x && claude'", &["ssh", "-t", "thor", "cd ~/x && claude"]),
            ("'/opt/my agent'", &["/opt/my agent"]),
        ] {
            let loaded = check(&format!("[agent.x]\ncommand = \"{text}\"")).unwrap();
            let preset = &loaded.config.presets["x"];
            assert_eq!(preset.command.as_deref().unwrap(), words, "{text}");
        }
        let error = check("command = \"it's x\"").unwrap_err();
        assert!(error.contains("must be a program"), "{error}");
    }

    #[test]
    fn unknown_keys_are_warnings_that_name_the_nearest() {
        for (text, expected) in [
            ("prefx = 1", "config.toml:1: unknown setting prefx; did you mean prefix?"),
            (
                "\n[ended]\nkeep_day = 3",
                "config.toml:3: unknown setting ended.keep_day; did you mean ended.keep_days?",
            ),
            (
                "keep_days = 3",
                "config.toml:1: unknown setting keep_days; did you mean ended.keep_days?",
            ),
            ("colour = \"red\"", "config.toml:1: unknown setting colour"),
            ("[zzz]\nx = 1", "config.toml:2: unknown setting zzz.x"),
        ] {
            let loaded = check(text).unwrap();
            assert_eq!(
                loaded.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
                [expected]
            );
            assert_eq!(loaded.config, Config::default());
        }
    }

    #[test]
    fn wrong_values_are_errors_that_name_the_line() {
        for (text, expected) in [
            (
                "scrollback = \"many\"",
                "config.toml:1: scrollback must be a whole number of lines, not \"many\"",
            ),
            (
                "\nscrollback = -1",
                "config.toml:2: scrollback must be a whole number of lines, not -1",
            ),
            (
                "prefix = \"b\"",
                "config.toml:1: prefix must be a key with Ctrl, such as \"C-b\", not \"b\"",
            ),
            (
                "prefix = \"C-m\"",
                "config.toml:1: prefix must be another key than C-m, which terminals send for Enter, not \"C-m\"",
            ),
            (
                "restart = true",
                "config.toml:1: restart must be one of never, on-reboot, on-failure, always, not true",
            ),
            (
                "journal_bytes = \"16 potatoes\"",
                "config.toml:1: journal_bytes must be a size such as \"16MiB\", not \"16 potatoes\"",
            ),
            ("ended = 3", "config.toml:1: ended must be a table, not 3"),
            (
                "command = []",
                "config.toml:1: command must be a program, or a list of a program and its arguments, not []",
            ),
            (
                "term = \"\"",
                "config.toml:1: term must be the name of a terminal, such as \"xterm-256color\", not \"\"",
            ),
        ] {
            assert_eq!(check(text).unwrap_err(), expected, "{text}");
        }
        let syntax = check("prefix = \"C-b\"\nscrollback = = 3\n").unwrap_err();
        assert!(syntax.starts_with("config.toml:2: "), "{syntax}");
        assert!(!syntax.contains('\n'), "{syntax}");
    }

    #[test]
    fn a_preset_says_how_an_agent_is_started() {
        let loaded = check(
            "[agent.claude]\nmodel = \"opus\"\n[agent.review]\nkind = \"codex\"\nhost = \"thor\"\ncwd = \"app\"\n\
             isolation = true\nrestart = \"on-failure\"\nresume = false\nhooks = false\n\
             env = { A = \"1\", \"B C\" = \"\" }\n[agent.mine]\ncommand = [\"my-agent\", \"-x\"]\n[agent.aider]\n",
        )
        .unwrap();
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
        let presets = &loaded.config.presets;
        let kind = |name: &str| presets[name].kind.as_deref();
        assert_eq!(
            (kind("claude"), kind("aider"), kind("mine")),
            (Some("claude"), Some("aider"), None)
        );
        assert_eq!(presets["claude"].model.as_deref(), Some("opus"));
        assert!(
            presets["claude"].resume && presets["claude"].hooks && !presets["claude"].isolation
        );
        let env = [("A", "1"), ("B C", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let review = Preset {
            kind: Some("codex".into()),
            host: Some("thor".into()),
            cwd: Some("app".into()),
            isolation: true,
            restart: Some(Restart::OnFailure),
            resume: false,
            hooks: false,
            env: env.into(),
            ..Preset::default()
        };
        assert_eq!(presets["review"], review);
        assert_eq!(loaded.lines["agent.review.cwd"], 6);
        for (name, preset) in presets {
            let lines = preset.entries().into_iter().map(|(key, value)| format!("{key} = {value}"));
            let text = format!("[agent.{name}]\n{}\n", lines.collect::<Vec<_>>().join("\n"));
            assert_eq!(check(&text).unwrap().config.presets[name], *preset, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_preset_is_told_with_its_line() {
        for (text, expected) in [
            ("[agent.x]\n", "config.toml:1: agent.x needs a kind or a command"),
            ("\n[agent.x]\nmodel = \"m\"", "config.toml:3: agent.x needs a kind or a command"),
            (
                "[agent.x]\nkind = \"codex\"\ncommand = \"claude\"",
                "config.toml:2: agent.x is of kind codex, and its command starts claude",
            ),
            (
                "[agent.x]\nkind = 1",
                "config.toml:2: agent.x.kind must be the name of a kind, such as \"claude\", not 1",
            ),
            (
                "[agent.claude]\nisolation = \"yes\"",
                "config.toml:2: agent.claude.isolation must be true or false, not \"yes\"",
            ),
            (
                "[agent.claude]\nenv = \"A=1\"",
                "config.toml:2: agent.claude.env must be a table, such as { NAME = \"value\" }, not \"A=1\"",
            ),
            (
                "[agent.claude.env]\nA = 1",
                "config.toml:2: agent.claude.env.A must be a text, not 1",
            ),
            ("agent = 3", "config.toml:1: agent must be a table, not 3"),
            (
                "[agent]\nkind = \"claude\"",
                "config.toml:2: agent.kind must be a table, not \"claude\"",
            ),
            (
                "[agent.\"a b\"]\nkind = \"claude\"",
                "config.toml:2: a preset can't be called \"a b\": letters, digits, - and _",
            ),
        ] {
            assert_eq!(check(text).unwrap_err(), expected, "{text}");
        }
        let odd = check("[agent.claude]\nmodell = \"x\"\nkind.x = 1\n").unwrap();
        let warnings: Vec<String> = odd.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            [
                "config.toml:2: unknown setting agent.claude.modell; did you mean model?",
                "config.toml:3: unknown setting agent.claude.kind.x",
            ]
        );
    }

    #[test]
    fn what_show_prints_is_read_as_the_same() {
        let mut config =
            Config { command: Some(vec!["a \"b\"\\\n".to_owned()]), ..Default::default() };
        config.ended.keep_bytes = 5;
        for setting in SETTINGS {
            if let Some(value) = (setting.get)(&config) {
                let text = format!("{} = {value}", setting.key);
                let mut read = Config::default();
                let entries = source::entries(&text).unwrap();
                (setting.set)(&mut read, &entries[0].value).unwrap();
                assert_eq!((setting.get)(&read), Some(value));
            }
        }
    }
}
