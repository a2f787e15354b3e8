//! Gemini CLI, with a key of the API.

use std::path::Path;

use super::{Agent, Beginning, Habits, Place, Setup};

/// Gemini CLI.
pub(super) struct Gemini;

impl Agent for Gemini {
    fn kind(&self) -> &'static str {
        "gemini"
    }

    fn package(&self) -> &'static str {
        "@google/gemini-cli"
    }

    fn program(&self) -> &'static str {
        ".bin/gemini"
    }

    fn set_up(&self, place: &Place, beginning: Beginning) -> Option<Setup> {
        // How it logs in is asked for where nothing is chosen.
        let auth = match beginning {
            Beginning::LoggedOut => "",
            _ => r#""security": { "auth": { "selectedType": "gemini-api-key" } },"#,
        };
        // Without a model it would ask another one first which to use.
        let settings = format!(
            r#"{{ {auth}
  "general": {{ "enableAutoUpdate": false, "enableAutoUpdateNotification": false }},
  "privacy": {{ "usageStatisticsEnabled": false }},
  "model": {{ "name": "gemini-2.5-pro" }}
}}
"#
        );
        place.write(Path::new(".gemini/settings.json"), &settings);
        // Every command is asked for otherwise.
        let policy = "[[rule]]\ntoolName = \"run_shell_command\"\ncommandPrefix = \"sleep\"\ndecision = \"allow\"\npriority = 100\n";
        place.write(Path::new(".gemini/policies/test.toml"), policy);
        if beginning != Beginning::Untrusted {
            let trusted = format!("{{ {:?}: \"TRUST_FOLDER\" }}\n", place.work.to_string_lossy());
            place.write(Path::new(".gemini/trustedFolders.json"), &trusted);
        }
        let mut environment = vec![("GOOGLE_GEMINI_BASE_URL".to_owned(), place.model.clone())];
        if beginning != Beginning::LoggedOut {
            environment.push(("GEMINI_API_KEY".into(), "any".into()));
        }
        Some(Setup { arguments: Vec::new(), environment })
    }

    fn habits(&self) -> Habits {
        // The dialog about a limit stays until it is answered: `2` gives the prompt up.
        Habits { limit_keys: &["2"], ..Habits::default() }
    }
}
