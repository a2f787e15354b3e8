//! Where slung work is to be done: by options, the convoy's preset, labels and configuration. Pure.

use towline_client::config::Config;
use towline_client::target::LOCAL_HOST;

use crate::commands::spawn::agent::no_preset;
use crate::error::CommandError;

/// The label of issues that need power.
const HEAVY: &str = "heavy";

/// What a person gave.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Given<'a> {
    pub(crate) preset: Option<&'a str>,
    pub(crate) heavy: bool,
    pub(crate) host: Option<&'a str>,
}

/// Where the work is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Where {
    /// The preset that the worker's agent is started by.
    pub(crate) preset: Option<String>,
    /// The host; `None`: this one.
    pub(crate) host: Option<String>,
}

/// Decides: an option comes before the convoy's preset, that before the label. `--host` overrides the preset's host, and `local` is
/// here.
///
/// # Errors
/// A preset that there isn't.
pub(crate) fn decide(
    given: Given<'_>,
    labels: &[String],
    convoy: Option<&str>,
    config: &Config,
) -> Result<Where, CommandError> {
    let heavy = config.heavy_preset.as_deref();
    if given.heavy && given.preset.is_none() && heavy.is_none() {
        return Err(CommandError::usage("which preset is for heavy work isn't configured")
            .hint("heavy_preset = \"NAME\"    below [sling] in the configuration")
            .hint("$EDITOR \"$(tow config path)\""));
    }
    let labelled = labels.iter().any(|label| label == HEAVY);
    let preset =
        given.preset.or(heavy.filter(|_| given.heavy)).or(convoy).or(heavy.filter(|_| labelled));
    let of_preset = match preset {
        Some(name) => match config.presets.get(name) {
            Some(preset) => preset.host.as_deref(),
            None => return Err(no_preset(name, config)),
        },
        None => None,
    };
    let host = given.host.or(of_preset).filter(|host| *host != LOCAL_HOST);
    Ok(Where { preset: preset.map(str::to_owned), host: host.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use towline_client::config::Preset;

    use super::*;

    #[test]
    fn options_come_before_the_convoy_and_the_label() {
        let mut config = Config::default();
        let on = |host: &str| Preset { host: Some(host.into()), ..Preset::default() };
        config.presets.insert("big".into(), on("thor"));
        config.presets.insert("far".into(), on("odin"));
        config.presets.insert("here".into(), Preset::default());
        let none = Given::default();
        assert!(decide(Given { heavy: true, ..none }, &[], None, &config).is_err());
        // Without a preset for it the label says nothing.
        let heavy = ["heavy".to_owned()];
        assert_eq!(decide(none, &heavy, None, &config).unwrap(), Where::default());
        config.heavy_preset = Some("big".into());
        for (given, labels, convoy, preset, host) in [
            (none, &[][..], None, None, None),
            (none, &heavy[..], None, Some("big"), Some("thor")),
            (none, &heavy[..], Some("far"), Some("far"), Some("odin")),
            (Given { heavy: true, ..none }, &[][..], Some("far"), Some("big"), Some("thor")),
            (Given { preset: Some("here"), ..none }, &heavy[..], Some("far"), Some("here"), None),
            (Given { host: Some("local"), ..none }, &heavy[..], None, Some("big"), None),
            (Given { host: Some("odin"), ..none }, &heavy[..], None, Some("big"), Some("odin")),
            (Given { host: Some("odin"), ..none }, &[][..], None, None, Some("odin")),
        ] {
            let expected =
                Where { preset: preset.map(str::to_owned), host: host.map(str::to_owned) };
            assert_eq!(decide(given, labels, convoy, &config).unwrap(), expected, "{given:?}");
        }
        assert!(decide(Given { preset: Some("bih"), ..none }, &[], None, &config).is_err());
        assert!(decide(none, &[], Some("gone"), &config).is_err());
    }
}
