//! `tow config`: where the configuration is, whether it is right, and what it comes to.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Map, Value, json};
use towline_client::config::{self, Config, ConfigError, Loaded, SETTINGS, Setting, SettingValue};

use crate::context::Context;
use crate::error::CommandError;
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
            if !loaded.warnings.is_empty() {
                loaded.warnings.iter().for_each(output::message);
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
    out.truncate(out.trim_end().len() + 1);
    out
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
        let text = "prefix = \"C-a\"\ncommand = [\"claude\", \"-c\"]\n[ended]\nkeep_days = 3\n";
        let loaded = config::parse(Path::new("config.toml"), text).unwrap();
        let shown = as_toml(&loaded);
        assert!(shown.contains("keep_days = 3  # set in line 4\n"), "{shown}");
        assert!(shown.contains("scrollback = 10000  # default\n"), "{shown}");
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
