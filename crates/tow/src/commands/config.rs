//! `tow config`: where the configuration is, whether it is right, and what it comes to.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Map, Value, json};
use towline_client::config::{
    self, Config, ConfigError, Loaded, PRESET_KEYS, SETTINGS, Setting, SettingValue,
};
use towline_client::rule_files;

use crate::commands::spawn::agent::kinds;
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  $EDITOR \"$(tow config path)\"    change the settings
  tow config check                what is wrong with them
  tow config show                 what they come to, defaults included";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print where the configuration's file is, or would be
    #[command(after_help = "Examples:\n  $EDITOR \"$(tow config path)\"")]
    Path,
    /// Check the file, and tell its unknown settings
    #[command(after_help = "Examples:\n  tow config check && tow server restart")]
    Check,
    /// Print every setting as it is in effect, as TOML with comments
    #[command(
        after_help = "Examples:\n  tow config show > \"$(tow config path)\"    begin with all defaults"
    )]
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let path = context.paths()?.config();
    match args.verb {
        Verb::Path => output::line(path.to_string_lossy())?,
        Verb::Check => {
            let loaded = config::load(&path)?;
            let rules = context.paths()?.agents();
            let troubles = rule_files::troubles(&rules);
            troubles.iter().for_each(output::message);
            loaded.warnings.iter().for_each(output::message);
            let unknown = unknown_kinds(&loaded, &kinds(&rules));
            unknown
                .iter()
                .for_each(|line| output::message(format_args!("{}:{line}", path.display())));
            if !troubles.is_empty() || !unknown.is_empty() {
                return Ok(ExitCode::from(ErrorKind::Usage.exit_status()));
            }
            if !loaded.warnings.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
            context.say(match path.exists() {
                true => format!("{}: {} settings, all right", path.display(), loaded.lines.len()),
                false => format!("{} is not there: everything is at its default", path.display()),
            });
        }
        Verb::Show { json } => {
            let loaded = config::load(&path)?;
            loaded
                .warnings
                .iter()
                .for_each(|warning| context.say(format_args!("warning: {warning}")));
            match json {
                true => output::json(&as_json(&loaded.config))?,
                false => output::print(as_toml(&loaded))?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string()).hint("tow config check")
    }
}

fn as_toml(loaded: &Loaded) -> String {
    let mut out = String::new();
    let mut table = "";
    for setting in SETTINGS {
        let (within, key) = split(setting);
        if within != table {
            out.push_str(&format!("[{within}]\n\n"));
            table = within;
        }
        let from = match loaded.lines.get(setting.key) {
            Some(line) => format!("set in line {line}"),
            None => "default".to_owned(),
        };
        out.push_str(&format!("# {}\n", setting.about));
        match (setting.get)(&loaded.config) {
            Some(value) => out.push_str(&format!("{key} = {value}  # {from}\n\n")),
            None => out.push_str(&format!("# {key} = {}\n\n", setting.example.unwrap_or("…"))),
        }
    }
    out.push_str(&presets(loaded));
    out.truncate(out.trim_end().len() + 1);
    out
}

/// The presets, or in comments how one is written.
fn presets(loaded: &Loaded) -> String {
    let presets = &loaded.config.presets;
    let mut out = String::new();
    for (name, preset) in presets {
        out.push_str(&format!("[agent.{name}]\n"));
        for (key, value) in preset.entries() {
            let from = match loaded.lines.get(&format!("agent.{name}.{key}")) {
                Some(line) => format!("  # set in line {line}"),
                None if key == "env" => String::new(),
                None => "  # default".to_owned(),
            };
            out.push_str(&format!("{key} = {value}{from}\n"));
        }
        out.push('\n');
    }
    if presets.is_empty() {
        out.push_str("# A way to start an agent, for `tow spawn --preset NAME`:\n# [agent.NAME]\n");
        for key in PRESET_KEYS {
            out.push_str(&format!("# {}: {}\n", key.key, key.about));
        }
        out.push_str("# env: Variables of its environment, such as { NAME = \"value\" }.\n");
    }
    out
}

/// The presets whose kind nobody knows, as `LINE: what`.
fn unknown_kinds(loaded: &Loaded, known: &[String]) -> Vec<String> {
    let unknown = loaded.config.presets.iter().filter_map(|(name, preset)| {
        // Another host may know kinds by rules of its own.
        let kind = preset.kind.as_ref().filter(|_| preset.host.is_none())?;
        let line = loaded.lines.get(&format!("agent.{name}.kind"))?;
        (!known.contains(kind)).then(|| format!("{line}: no kind of agent is called {kind:?}"))
    });
    unknown.collect()
}

fn as_json(config: &Config) -> Value {
    let mut tables: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for setting in SETTINGS {
        let (within, key) = split(setting);
        let value = (setting.get)(config).map_or(Value::Null, |value| match value {
            SettingValue::Text(text) | SettingValue::Other(text) => json!(text),
            SettingValue::Number(number) => json!(number),
            SettingValue::Flag(flag) => json!(flag),
            SettingValue::List(items) => json!(items),
        });
        tables.entry(within).or_default().insert(key.to_owned(), value);
    }
    let presets = config.presets.iter().map(|(name, preset)| {
        let entry = json!({
            "kind": preset.kind,
            "command": preset.command,
            "env": preset.env,
            "host": preset.host,
            "cwd": preset.cwd,
            "isolation": preset.isolation,
            "restart": preset.restart.map(config::Restart::name),
            "resume": preset.resume,
            "model": preset.model,
            "hooks": preset.hooks,
        });
        (name.clone(), entry)
    });
    tables.insert("agent", presets.collect());
    let mut root = tables.remove("").unwrap_or_default();
    root.extend(tables.into_iter().map(|(table, values)| (table.to_owned(), values.into())));
    root.into()
}

/// A setting's table, empty for none, and its key in there.
fn split(setting: &Setting) -> (&'static str, &'static str) {
    setting.key.rsplit_once('.').unwrap_or(("", setting.key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_is_shown_is_a_configuration_with_the_same_effect() {
        let text = "prefix = \"C-a\"\ncommand = [\"claude\", \"-c\"]\n[ended]\nkeep_days = 3\n\
                    [agent.x]\nkind = \"codex\"\nenv = { A = \"1\" }\n";
        let loaded = config::parse(Path::new("config.toml"), text).unwrap();
        let shown = as_toml(&loaded);
        assert!(shown.contains("keep_days = 3  # set in line 4\n"), "{shown}");
        assert!(shown.contains("scrollback = 10000  # default\n"), "{shown}");
        assert!(shown.contains("[agent.x]\nkind = \"codex\"  # set in line 6\n"), "{shown}");
        assert_eq!(unknown_kinds(&loaded, &["codex".to_owned()]), [""; 0]);
        assert_eq!(unknown_kinds(&loaded, &[]), ["6: no kind of agent is called \"codex\""]);
        let again = config::parse(Path::new("config.toml"), &shown).unwrap();
        assert_eq!(again.config, loaded.config);
        assert!(again.warnings.is_empty());
    }

    #[test]
    fn every_setting_is_in_the_json() {
        let shown = as_json(&Config::default());
        for setting in SETTINGS {
            let pointer = format!("/{}", setting.key.replace('.', "/"));
            assert!(shown.pointer(&pointer).is_some(), "{pointer} in {shown}");
        }
        assert_eq!(shown["command"], Value::Null);
        assert_eq!(shown["ended"]["keep_days"], 30);
    }
}
