//! Which agent `tow spawn` is to start: by its kind, or by a preset of the configuration.

use std::ffi::OsString;
use std::path::Path;

use towline_client::config::{self, Config, Preset, nearest};
use towline_client::rule_files;
use towline_protocol::v1;

use crate::context::Context;
use crate::error::CommandError;
use crate::quote::shell_quoted;

/// What the verb takes about agents.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Agents")]
#[group(skip)]
pub(crate) struct Args {
    /// Start this kind of agent, or this preset, in place of a command
    #[arg(long, value_name = "KIND", conflicts_with_all = ["preset", "argv"])]
    pub(super) agent: Option<String>,

    /// Start what [agent.NAME] of the configuration says, in place of a command
    #[arg(long, value_name = "NAME", conflicts_with = "argv")]
    pub(super) preset: Option<String>,

    /// The model the agent is to use
    #[arg(long, value_name = "MODEL")]
    pub(super) model: Option<String>,

    /// Give the agent a configuration folder of its own, with your login and settings in it
    #[arg(long)]
    pub(super) isolated: bool,

    /// Continue this conversation of the agent's
    #[arg(long, value_name = "ID")]
    pub(super) resume: Option<String>,

    /// Start the agent without hooks: it is only looked at
    #[arg(long)]
    pub(super) no_hooks: bool,
}

impl Args {
    /// A kind of agent or a preset, and a model.
    pub(crate) fn chosen(
        agent: Option<String>,
        preset: Option<String>,
        model: Option<String>,
    ) -> Self {
        Self { agent, preset, model, ..Self::default() }
    }
}

/// What is to be started, as far as options and configuration say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Choice {
    /// The kind of agent; empty where it is seen from the command.
    pub(super) kind: String,
    /// The program and its arguments; empty: the agent's own, or what a pane runs otherwise.
    pub(super) command: Vec<OsString>,
    /// `KEY=VALUE` pairs.
    pub(super) env: Vec<OsString>,
    pub(super) host: Option<String>,
    pub(super) cwd: Option<String>,
    pub(super) restart: Option<config::Restart>,
    pub(super) start: Option<v1::AgentStart>,
}

/// Puts options and configuration together. `here` is a start on this host.
///
/// # Errors
/// A kind or a preset that there is not.
pub(super) fn choose(
    context: &Context,
    args: &Args,
    on: Option<&str>,
) -> Result<Choice, CommandError> {
    let start = v1::AgentStart {
        isolated: args.isolated,
        model: args.model.clone().unwrap_or_default(),
        conversation: args.resume.clone().unwrap_or_default(),
        no_hooks: args.no_hooks,
        ..v1::AgentStart::default()
    };
    let plain = |kind: &str| Choice {
        kind: kind.to_owned(),
        start: (start != v1::AgentStart::default()).then(|| start.clone()),
        ..Choice::default()
    };
    let config = context.config()?;
    let choice = match (&args.agent, &args.preset) {
        (None, None) => return Ok(plain("")),
        (_, Some(name)) => match config.presets.get(name) {
            Some(preset) => of(name, preset, start),
            None => return Err(no_preset(name, &config)),
        },
        (Some(kind), None) => match config.presets.get(kind) {
            Some(preset) => of(kind, preset, start),
            None => plain(kind),
        },
    };
    // Another host may know kinds by rules of its own.
    let here =
        on.or(choice.host.as_deref()).is_none_or(|host| host == towline_client::target::LOCAL_HOST);
    if here && !choice.kind.is_empty() && context.is_own() {
        let known = kinds(&context.paths()?.agents());
        if !known.contains(&choice.kind) {
            let presets = config.presets.keys().cloned();
            return Err(no_kind(&choice.kind, known.into_iter().chain(presets).collect()));
        }
    }
    Ok(choice)
}

/// A preset, with the options of the command line on top.
fn of(name: &str, preset: &Preset, given: v1::AgentStart) -> Choice {
    let text = |given: String, preset: &Option<String>| match given.is_empty() {
        true => preset.clone().unwrap_or_default(),
        false => given,
    };
    let pairs = preset.env.iter().map(|(key, value)| OsString::from(format!("{key}={value}")));
    let command = preset.command.clone().unwrap_or_default();
    let shown = towline_agents::kind_of("", &command).is_some();
    Choice {
        // Where the command doesn't show it.
        kind: preset.kind.clone().filter(|_| !shown).unwrap_or_default(),
        command: command.into_iter().map(OsString::from).collect(),
        env: pairs.collect(),
        host: preset.host.clone(),
        cwd: preset.cwd.clone(),
        restart: preset.restart,
        start: Some(v1::AgentStart {
            isolated: given.isolated || preset.isolation,
            model: text(given.model, &preset.model),
            preset: name.to_owned(),
            forgetful: !preset.resume,
            no_hooks: given.no_hooks || !preset.hooks,
            conversation: given.conversation,
        }),
    }
}

/// The kinds of agents that are known on this host.
pub(crate) fn kinds(rules: &Path) -> Vec<String> {
    let mut kinds: Vec<String> = towline_agents::KINDS.map(str::to_owned).into();
    for (_, read) in rule_files::all(rules) {
        kinds.extend(read.ok().map(|rules| rules.kind).filter(|kind| !kinds.contains(kind)));
    }
    kinds
}

fn no_kind(kind: &str, known: Vec<String>) -> CommandError {
    let error = CommandError::usage(format!("no kind of agent and no preset is called {kind:?}"));
    match nearest(kind, known.iter().map(String::as_str)) {
        Some(meant) => error.hint(format!("did you mean {meant}?")),
        None => error.hint("tow agents list    shows those that are known"),
    }
}

/// The configuration has no such preset.
pub(crate) fn no_preset(name: &str, config: &Config) -> CommandError {
    let error = CommandError::usage(format!("the configuration has no preset [agent.{name}]"));
    if let Some(meant) = nearest(name, config.presets.keys().map(String::as_str)) {
        return error.hint(format!("did you mean {meant}?"));
    }
    if towline_agents::KINDS.contains(&name) {
        return error.hint(format!("tow spawn --agent {}", shell_quoted(name)));
    }
    match config.presets.is_empty() {
        true => error.hint("$EDITOR \"$(tow config path)\"    is where presets are written"),
        false => {
            let names: Vec<&str> = config.presets.keys().map(String::as_str).collect();
            error.hint(format!("there are {}", names.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_before_the_preset() {
        let preset = Preset {
            kind: Some("claude".into()),
            command: Some(vec!["wrapper".into()]),
            env: [("A".to_owned(), "1 2".to_owned())].into(),
            host: Some("thor".into()),
            isolation: true,
            resume: false,
            model: Some("opus".into()),
            ..Preset::default()
        };
        let choice = of("review", &preset, v1::AgentStart::default());
        let start = v1::AgentStart {
            isolated: true,
            model: "opus".into(),
            preset: "review".into(),
            forgetful: true,
            ..v1::AgentStart::default()
        };
        assert_eq!(
            choice,
            Choice {
                kind: "claude".into(),
                command: vec!["wrapper".into()],
                env: vec!["A=1 2".into()],
                host: Some("thor".into()),
                start: Some(start.clone()),
                ..Choice::default()
            }
        );
        let given =
            v1::AgentStart { model: "haiku".into(), no_hooks: true, ..v1::AgentStart::default() };
        let expected = v1::AgentStart { model: "haiku".into(), no_hooks: true, ..start };
        assert_eq!(of("review", &preset, given).start, Some(expected));
        let shown = Preset { command: Some(vec!["claude".into()]), ..preset };
        assert_eq!(of("review", &shown, v1::AgentStart::default()).kind, "");
    }

    #[test]
    fn what_was_meant_is_named() {
        let known = || ["claude", "codex", "review"].map(str::to_owned).to_vec();
        assert_eq!(no_kind("cluade", known()).hints, ["did you mean claude?"]);
        assert_eq!(no_kind("reviw", known()).hints, ["did you mean review?"]);
        assert_eq!(
            no_kind("zzz", known()).hints,
            ["tow agents list    shows those that are known"]
        );
        let mut config = Config::default();
        assert_eq!(no_preset("claude", &config).hints, ["tow spawn --agent claude"]);
        config.presets.insert("review".into(), Preset::default());
        assert_eq!(no_preset("reviews", &config).hints, ["did you mean review?"]);
        assert_eq!(no_preset("x", &config).hints, ["there are review"]);
    }
}
