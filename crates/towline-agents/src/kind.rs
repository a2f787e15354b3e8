//! Which agent a process is, by its name and its arguments.

/// The kinds of agents that are known, as they are called in lists and configuration.
pub const KINDS: [&str; 9] =
    ["claude", "codex", "gemini", "opencode", "aider", "cursor", "amp", "goose", "copilot"];

/// The programs that are looked for where a pane is started without a command, in this order.
pub const PREFERRED: [&str; 4] = ["claude", "codex", "gemini", "opencode"];

/// Program names, and the kind that each is.
const PROGRAMS: [(&str, &str); 9] = [
    ("claude", "claude"),
    ("codex", "codex"),
    ("gemini", "gemini"),
    ("opencode", "opencode"),
    ("aider", "aider"),
    ("cursor-agent", "cursor"),
    ("amp", "amp"),
    ("goose", "goose"),
    ("copilot", "copilot"),
];

/// Folders of packages whose main script may have any name (`cli.js`, `index.js`).
const PACKAGES: [(&str, &str); 9] = [
    ("/@anthropic-ai/claude-code/", "claude"),
    ("/@openai/codex/", "codex"),
    ("/@google/gemini-cli/", "gemini"),
    ("/opencode-ai/", "opencode"),
    ("/aider/__main__", "aider"),
    ("/.local/share/cursor-agent/", "cursor"),
    ("/cursor-agent/versions/", "cursor"),
    ("/@sourcegraph/amp/", "amp"),
    ("/@github/copilot/", "copilot"),
];

/// Programs that run a script, which is then what counts.
const INTERPRETERS: [&str; 11] =
    ["node", "nodejs", "bun", "deno", "python", "sh", "bash", "dash", "zsh", "ksh", "ruby"];

/// Their options that take a value as a word of its own.
const WITH_VALUE: [&str; 9] = [
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "--conditions",
    "-W",
    "-X",
    "--env-file",
];

/// Words after an agent's name with which it is a server or a helper of another program, and nobody's conversation.
const NO_AGENT: [(&str, &[&str]); 5] = [
    ("claude", &["mcp", "update", "doctor", "install"]),
    ("codex", &["mcp", "mcp-server", "app-server", "exec-server", "login", "logout", "completion"]),
    ("gemini", &["extension", "extensions", "gemma", "hook", "hooks", "mcp", "skill", "skills"]),
    ("opencode", &["serve", "web", "upgrade", "auth", "models"]),
    ("cursor", &["login", "logout", "update", "status", "mcp"]),
];

/// Names that other programs have too, and with what their first word begins where they are an agent; without a word
/// they are one as well. (Another `goose` migrates databases, another `copilot` deploys containers.)
const ONLY_WITH: [(&str, &[&str]); 2] =
    [("goose", &["session", "run", "web", "acp", "project"]), ("copilot", &["-"])];

/// The kind of agent that a process is, by its name (`comm`) and its argument vector; `None` where it is none that is
/// known. The vector may be one that was split at blanks.
pub fn kind_of<S: AsRef<str>>(comm: &str, argv: &[S]) -> Option<&'static str> {
    let words: Vec<&str> = argv.iter().map(AsRef::as_ref).collect();
    let (found, rest) = found(comm, &words)?;
    let word = rest.first().copied().unwrap_or("");
    let excluded = NO_AGENT.iter().any(|(kind, verbs)| *kind == found && verbs.contains(&word));
    let foreign = ONLY_WITH.iter().any(|(kind, verbs)| {
        let known = verbs.iter().any(|verb| word.starts_with(verb));
        *kind == found && !word.is_empty() && !known
    });
    (!excluded && !foreign).then_some(found)
}

/// The kind of agent that a command starts, and where its own arguments begin.
pub(crate) fn program(command: &[String]) -> Option<(&'static str, usize)> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    kind_of("", &words)?;
    let (kind, rest) = found("", &words)?;
    Some((kind, words.len() - rest.len()))
}

/// The program that is started for a kind of agent.
pub fn program_of(kind: &str) -> Option<&'static str> {
    PROGRAMS.iter().find(|(_, known)| *known == kind).map(|(program, _)| *program)
}

/// A command that installs an agent of this kind, for those that one is known for.
pub fn how_to_install(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "claude" => "npm install -g @anthropic-ai/claude-code",
        "codex" => "npm install -g @openai/codex",
        "gemini" => "npm install -g @google/gemini-cli",
        "opencode" => "npm install -g opencode-ai",
        "amp" => "npm install -g @sourcegraph/amp",
        "copilot" => "npm install -g @github/copilot",
        "aider" => "python3 -m pip install aider-chat",
        _ => return None,
    })
}

/// The kind, and the words after what names it.
fn found<'a>(comm: &str, words: &'a [&'a str]) -> Option<(&'static str, &'a [&'a str])> {
    let first = words.first().copied().unwrap_or("");
    let program = base(first);
    let rest = words.get(1..).unwrap_or_default();
    if is_interpreter(program) {
        return script(rest);
    }
    let by_path = || package(first).or_else(|| versioned(first));
    if let Some(kind) = named(program).or_else(by_path) {
        return Some((kind, rest));
    }
    // A program may have put anything in place of its arguments; the name stays what was started. One that
    // interprets scripts has the script's name here when the script's first line started it.
    named(base(comm)).map(|kind| (kind, rest))
}

/// What an interpreter runs: the first word that is no option.
fn script<'a>(words: &'a [&'a str]) -> Option<(&'static str, &'a [&'a str])> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match *word {
            // `python -m aider`
            "-m" => {
                let module = words.get(at + 1)?.split('.').next()?;
                return named(module).map(|kind| (kind, &words[at + 2..]));
            }
            // A program text is no script, whatever it says.
            "-c" | "-e" | "--eval" | "-p" | "--print" => return None,
            // `deno run x`, `bun run x`
            "run" => at += 1,
            option if WITH_VALUE.contains(&option) => at += 2,
            option if option.starts_with('-') => at += 1,
            path => {
                let kind = package(path).or_else(|| named(stem(base(path))))?;
                return Some((kind, &words[at + 1..]));
            }
        }
    }
    None
}

fn is_interpreter(program: &str) -> bool {
    // python3, python3.12, bash-5.2
    let plain = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    INTERPRETERS.contains(&plain)
}

fn named(program: &str) -> Option<&'static str> {
    // Nix keeps the program proper as `.claude-wrapped`, beside a script of the name.
    let plain = program.strip_prefix('.').and_then(|name| name.strip_suffix("-wrapped"));
    let program = plain.unwrap_or(program);
    PROGRAMS.iter().find(|(name, _)| *name == program).map(|(_, kind)| *kind)
}

fn package(path: &str) -> Option<&'static str> {
    PACKAGES.iter().find(|(folder, _)| path.contains(folder)).map(|(_, kind)| *kind)
}

/// `…/claude/versions/2.1.0`: a program whose file is called after its version.
fn versioned(path: &str) -> Option<&'static str> {
    let (folder, _) = path.split_once("/versions/")?;
    named(base(folder))
}

/// The last part of a path; a login shell's leading `-` is no part of its name.
fn base(path: &str) -> &str {
    let path = path.strip_prefix('-').unwrap_or(path);
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(':')
}

/// A script's name without what says the language.
fn stem(name: &str) -> &str {
    let extension = [".js", ".mjs", ".cjs", ".ts", ".py", ".sh"];
    extension.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_known_however_they_were_started() {
        for (comm, args, expected) in [
            ("claude", "claude", Some("claude")),
            ("claude", "/home/me/.local/bin/claude --resume x", Some("claude")),
            ("2.1.197", "/home/me/.local/share/claude/versions/2.1.197", Some("claude")),
            (".claude-wrapped", "/nix/store/x/bin/.claude-wrapped", Some("claude")),
            ("claude", "", Some("claude")),
            (
                "node",
                "node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js -c",
                Some("claude"),
            ),
            ("node", "/usr/bin/node --no-warnings /home/me/.npm/bin/codex --yolo", Some("codex")),
            ("node", "node --require x.js /usr/bin/gemini", Some("gemini")),
            ("node", "node --max-old-space-size=8192 /usr/bin/gemini", Some("gemini")),
            ("MainThread", "node /usr/lib/node_modules/@openai/codex/bin/codex.js", Some("codex")),
            ("bun", "bun run /opt/opencode.ts", Some("opencode")),
            ("opencode", "/home/me/.opencode/bin/opencode", Some("opencode")),
            ("opencode", "opencode serve --port 1", None),
            ("aider", "/usr/bin/python3 /home/me/.local/bin/aider --model x", Some("aider")),
            ("python3.12", "python3.12 -m aider", Some("aider")),
            ("python3", "python3 -m aider.main", Some("aider")),
            ("python3", "python3 -c import aider", None),
            (
                "node",
                "/home/me/.local/share/cursor-agent/versions/1/node /home/me/.local/share/cursor-agent/versions/1/index.js",
                Some("cursor"),
            ),
            ("cursor-agent", "cursor-agent", Some("cursor")),
            ("amp", "amp", Some("amp")),
            ("goose", "goose", Some("goose")),
            ("goose", "goose session --resume", Some("goose")),
            ("goose", "goose -dir migrations postgres up", None),
            ("goose", "goose postgres host=x up", None),
            ("copilot", "copilot --resume", Some("copilot")),
            ("copilot", "copilot svc deploy", None),
            ("codex", "codex app-server", None),
            ("codex", "codex resume abc", Some("codex")),
            ("claude", "claude mcp serve", None),
            ("bash", "bash /home/me/bin/claude", Some("claude")),
            ("bash", "bash -c claude", None),
            ("bash", "-bash", None),
            ("vim", "vim claude", None),
            ("grep", "grep claude x", None),
            ("node", "node /home/me/claude-code/server.js", None),
            ("node", "node", None),
            ("tmux: server", "tmux new -s claude", None),
            ("copilot-languag", "copilot-language-server --stdio", None),
            ("", "", None),
        ] {
            let argv: Vec<&str> = args.split_whitespace().collect();
            assert_eq!(kind_of(comm, &argv), expected, "{comm}: {args}");
        }
    }

    #[test]
    fn every_kind_has_a_program() {
        for kind in KINDS {
            assert!(PROGRAMS.iter().any(|(_, known)| *known == kind), "{kind}");
        }
    }
}
