//! Codex, against a provider of models of its own.

use std::path::Path;

use super::{Agent, Beginning, Habits, Place, Setup};

/// Codex.
pub(super) struct Codex;

impl Agent for Codex {
    fn kind(&self) -> &'static str {
        "codex"
    }

    fn package(&self) -> &'static str {
        "codex-linux-x64"
    }

    fn program(&self) -> &'static str {
        "codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"
    }

    fn set_up(&self, place: &Place, beginning: Beginning) -> Option<Setup> {
        let (url, work) = (&place.model, place.work.display());
        let provider = match beginning {
            Beginning::LoggedOut => String::new(),
            _ => format!(
                "model_provider = \"test\"\n\
                 [model_providers.test]\nname = \"test\"\nbase_url = \"{url}/v1\"\nwire_api = \"responses\"\nenv_key = \"TEST_KEY\"\n"
            ),
        };
        // A folder with settings of its own is asked about, where nothing is said of it.
        let trust = match beginning {
            Beginning::Untrusted => {
                place.write(&place.work.join(".codex/config.toml"), "");
                String::new()
            }
            _ => format!("[projects.\"{work}\"]\ntrust_level = \"trusted\"\n"),
        };
        // The model is a known one with plain tools. Without the last table another is offered at the start.
        let config = format!(
            "model = \"gpt-5.5\"\ncheck_for_update_on_startup = false\n{provider}\
             [analytics]\nenabled = false\n{trust}\
             [notice.model_migrations]\n\"gpt-5.5\" = \"gpt-6-sol\"\n"
        );
        place.write(Path::new(".codex/config.toml"), &config);
        Some(Setup {
            // Reading alone, so that it asks before it writes; the tool for questions is off otherwise.
            arguments: ["-s", "read-only", "--enable", "default_mode_request_user_input"]
                .map(String::from)
                .into(),
            environment: vec![("TEST_KEY".into(), "any".into())],
        })
    }

    fn habits(&self) -> Habits {
        Habits { quits: &["/quit"], chooses: "Enter", ..Habits::default() }
    }
}
