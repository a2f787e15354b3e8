//! A new window: its name, its folder, its program and that program's environment.

use towline_protocol::v1;

use super::list::is_nobody;
use super::quote;
use super::script::{CANNOT_START, NO_FOLDER, Script};
use super::setup::Found;
use super::{Place, TmuxError};

/// The session that windows go into unless told otherwise.
pub(super) const SESSION: &str = "agents";

/// The size of a session that nobody is attached to, as terminals have since the VT100.
const SIZE: (u32, u32) = (80, 24);

/// A longer command goes through a file: tmux takes all words of a command together up to 16 KiB.
const COMMAND_MAX: usize = 8 * 1024;

/// A new window, as far as it is known before the host is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// What it is called.
    pub(super) name: String,
    /// The session.
    pub(super) session: String,
    /// The folder, with `~` for the home.
    pub(super) folder: Vec<u8>,
    /// Its columns and rows, where the session is new.
    size: (u32, u32),
    /// A script that becomes the program.
    run: Vec<u8>,
    /// Whether the login shell's environment comes first.
    login: bool,
    /// The command as a shell would take it, for lists.
    shown: Vec<u8>,
    /// The command's first word.
    program: Vec<u8>,
}

/// What a request asks for.
///
/// # Errors
/// A name or a text that can't be had, a project without a folder to look in.
pub(super) fn window(
    place: &Place,
    found: &Found,
    request: &v1::Spawn,
) -> Result<Window, TmuxError> {
    let folder = folder(place, request)?;
    let nul = |text: &&Vec<u8>| text.contains(&0);
    if request.command.iter().chain(&request.env).chain([&folder]).any(|text| nul(&text)) {
        let message = "a command, an environment or a folder can't hold a NUL byte";
        return Err(TmuxError::Invalid(message.into()));
    }
    let name = match request.name.as_str() {
        "" => default_name(&folder),
        name => name.to_owned(),
    };
    let session = if request.session.is_empty() { SESSION } else { &request.session };
    check_name(&name)?;
    check_name(session)?;
    // To tmux these two end a session's name in a target, so it puts `_` in their place.
    let session = session.replace([':', '.'], "_");
    let size = request.size.as_ref().map_or(SIZE, |size| {
        let side = |value: u32, usual: u32| if value == 0 { usual } else { value.min(10_000) };
        (side(size.cols, SIZE.0), side(size.rows, SIZE.1))
    });
    let words: Vec<String> = request
        .command
        .iter()
        .map(|word| String::from_utf8_lossy(&quote::sh(word)).into_owned())
        .collect();
    Ok(Window {
        name,
        session,
        folder,
        size,
        run: run(found, request),
        login: request.login_env,
        shown: words.join(" ").into_bytes(),
        program: request.command.first().cloned().unwrap_or_default(),
    })
}

/// The folder of the pane: a project's, or the one that is named.
fn folder(place: &Place, request: &v1::Spawn) -> Result<Vec<u8>, TmuxError> {
    let project = request.project.as_str();
    if project.is_empty() {
        return Ok(if request.cwd.is_empty() { b"~".to_vec() } else { request.cwd.clone() });
    }
    if project.starts_with(['/', '~']) {
        return Ok(project.as_bytes().to_vec());
    }
    match &place.projects {
        Some(projects) => Ok(format!("{}/{project}", projects.trim_end_matches('/')).into_bytes()),
        None => Err(TmuxError::Invalid(format!(
            "where projects lie on {} is not known: give a whole path, or set projects in hosts.toml",
            place.host
        ))),
    }
}

/// A name that people can type and tmux can keep.
///
/// # Errors
/// Where it is empty or holds a control character.
pub(super) fn check_name(name: &str) -> Result<(), TmuxError> {
    if name.trim().is_empty() {
        return Err(TmuxError::Invalid("a name can't be empty".into()));
    }
    match name.chars().any(char::is_control) {
        true => Err(TmuxError::Invalid("a name can't hold a control character".into())),
        false => Ok(()),
    }
}

/// The folder's own name, made into one that can be typed.
fn default_name(folder: &[u8]) -> String {
    let text = String::from_utf8_lossy(folder);
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let last = if last == "~" { "home" } else { last };
    let name: String =
        last.chars().map(|c| if c.is_control() { '_' } else { c }).take(50).collect();
    let name = name.trim_start_matches(['%', '=']);
    if name.trim().is_empty() { "root".into() } else { name.to_owned() }
}

/// Variables of whoever asks that mean nothing, or something else, in a pane of tmux.
fn is_foreign(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    let ours = [&b"TOWLINE_"[..], b"TMUX", b"SSH_"];
    let own: [&[u8]; 10] = [
        b"TERM",
        b"COLORTERM",
        b"TERM_PROGRAM",
        b"TERM_PROGRAM_VERSION",
        b"COLUMNS",
        b"LINES",
        b"PWD",
        b"OLDPWD",
        b"SHLVL",
        b"_",
    ];
    ours.iter().any(|start| name.starts_with(start)) || own.contains(&name)
}

fn is_name(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    !name.is_empty() && !name[0].is_ascii_digit() && name.iter().all(plain)
}

/// The script that becomes the program. It tells by an option of the window whether there is such a program: with
/// what the login shell's start-up files put into PATH, only it knows.
fn run(found: &Found, request: &v1::Spawn) -> Vec<u8> {
    let tell = |what: &str| {
        format!("{} set-option -w -t \"$TMUX_PANE\" @towline-began {what}", found.tmux())
    };
    let mut script = b"unset TOWLINE_RUN\n".to_vec();
    for pair in request.env.iter().filter(|pair| !is_foreign(pair)) {
        let Some(at) = pair.iter().position(|byte| *byte == b'=') else { continue };
        let (name, value) = (&pair[..at], &pair[at + 1..]);
        if is_name(name) {
            script.extend([b"export ", name, b"=", &quote::sh(value), b"\n"].concat());
        }
    }
    if request.command.is_empty() {
        let show = format!(
            "{} set-option -w -t \"$TMUX_PANE\" -- @towline-command \"$tow_a\"",
            found.tmux()
        );
        // The first agent that is there, else the login shell.
        let (agents, begun) = (AGENTS.join(" "), tell("1"));
        script.extend(
            format!(
                r#"for tow_a in {agents}; do
if command -v "$tow_a" >/dev/null 2>&1; then {show}; {begun}; exec "$tow_a"; fi
done
{begun}
exec "${{SHELL:-/bin/sh}}" -l
"#
            )
            .bytes(),
        );
        return script;
    }
    let words: Vec<Vec<u8>> = request.command.iter().map(quote::sh).collect();
    let program = &words[0];
    script.extend([b"if command -v ", &program[..], b" >/dev/null 2>&1; then\n"].concat());
    script.extend(tell("1").bytes());
    script.extend([b"\nexec ", &words.join(&b' ')[..], b"\nfi\n"].concat());
    script.extend(tell("0").bytes());
    // Who asked takes the pane away; until then the window tells why.
    script.extend(b"\nsleep 5\nexit 127\n");
    script
}

/// What the agents' programs are called, in the order they are looked for.
const AGENTS: [&str; 9] =
    ["claude", "codex", "gemini", "opencode", "aider", "cursor-agent", "amp", "goose", "copilot"];

/// Runs the script that is its first word, or is in the file that is its second. Under the login shell where the
/// third says so: whichever that is, it is given one fixed command that all of them read alike.
const BOOT: &str = r#"TOWLINE_RUN=$1
if [ -n "$2" ]; then TOWLINE_RUN=$(cat "$2"); rm -f "$2"; fi
[ -n "$3" ] || eval "$TOWLINE_RUN"
export TOWLINE_RUN
tow_run='exec sh -c '"'"'eval "$TOWLINE_RUN"'"'"
case ${SHELL:=/bin/sh} in
*csh) exec "$SHELL" -i -c "$tow_run" ;;
*) exec "$SHELL" -i -l -c "$tow_run" ;;
esac"#;

/// The script that makes the window and prints its pane's id. `session` is tmux's id of the session, where it is
/// there. `word` is a name that no option has: what people have named goes to tmux through options, since names are
/// formats to it, in which `#(…)` runs a command; an option's value is not read again.
pub(super) fn script(found: &Found, window: &Window, session: Option<&str>, word: &str) -> Vec<u8> {
    let tmux = found.tmux();
    let mut script = Script::default();
    let folder = in_home(&window.folder);
    script.line(
        [b"cd -- ", &folder[..], b" 2>/dev/null || exit ", NO_FOLDER.to_string().as_bytes()]
            .concat(),
    );
    let (mut run, mut file) = (quote::tmux(&window.run), b"''".to_vec());
    if window.run.len() > COMMAND_MAX {
        script.line("umask 077; tow_file=$(mktemp \"${TMPDIR:-/tmp}/towline.XXXXXX\") || exit 1");
        script.line(
            [b"printf '%s' ", &quote::sh(&window.run)[..], b" >\"$tow_file\" || exit 1"].concat(),
        );
        (run, file) = (b"''".to_vec(), b"\"$tow_file\"".to_vec());
    }
    let login: &[u8] = if window.login { b"1" } else { b"''" };
    let program =
        [b" -- sh -c ", &quote::tmux(BOOT)[..], b" sh ", &run, b" ", &file, b" ", login].concat();
    let options = [
        format!("{tmux} start-server \\; set-option -s -- @{word}-name ").into_bytes(),
        quote::tmux(&window.name),
        format!(" \\; set-option -s -- @{word}-session ").into_bytes(),
        quote::tmux(&window.session),
        b" \\; ".to_vec(),
    ]
    .concat();
    let make = match session {
        Some(id) => format!("new-window -d -P -F '#{{pane_id}}' -t '{id}:' -n '#{{@{word}-name}}'"),
        None => format!(
            "new-session -E -d -P -F '#{{pane_id}}' -s '#{{@{word}-session}}' -n '#{{@{word}-name}}' -x {} -y {}",
            window.size.0, window.size.1
        ),
    };
    script.line([b"tow_pane=$(", &options[..], make.as_bytes(), &program, b" 2>&1)"].concat());
    script.line("tow_status=$?");
    script.line(format!(
        "{tmux} set-option -s -u @{word}-name \\; set-option -s -u @{word}-session >/dev/null 2>&1"
    ));
    script.line("if [ $tow_status -ne 0 ]; then printf '%s\\n' \"$tow_pane\"; exit 1; fi");
    let set = |option: &str| format!("set-option -w -t \"$tow_pane\" {option}").into_bytes();
    let mut options = vec![set("automatic-rename off"), set("allow-rename off")];
    if !window.shown.is_empty() {
        options.push([set("-- @towline-command "), quote::tmux(&window.shown)].concat());
    }
    let options = options.join(&b" \\; "[..]);
    script.line([tmux.as_bytes(), b" ", &options, b" 2>/dev/null"].concat());
    // Until it is known whether the program is there; start-up files may take their time.
    script.line(format!(
        r##"tow_n=0
while [ $tow_n -lt 60 ]; do
  tow_began=$({tmux} display-message -p -t "$tow_pane" '#{{pane_id}}#{{@towline-began}}' 2>/dev/null)
  case $tow_began in
  "${{tow_pane}}1") break ;;
  "${{tow_pane}}0") {tmux} kill-pane -t "$tow_pane" 2>/dev/null; exit {CANNOT_START} ;;
  "$tow_pane") ;;
  *) break ;;
  esac
  tow_n=$((tow_n + 1)); sleep 0.05 2>/dev/null || {{ sleep 1; tow_n=$((tow_n + 20)); }}
done
printf '%s\n' "$tow_pane""##
    ));
    script.finish()
}

/// A folder as a word of a script, where `~` is the home.
fn in_home(folder: &[u8]) -> Vec<u8> {
    match folder {
        b"~" => b"\"$HOME\"".to_vec(),
        [b'~', b'/', rest @ ..] => [b"\"$HOME\"/", &quote::sh(rest)[..]].concat(),
        folder => quote::sh(folder),
    }
}

/// Whether nothing was made because a session came or went, or the server ended, since the sessions were listed.
pub(super) fn is_outrun(status: i32, output: &[u8]) -> bool {
    let said = String::from_utf8_lossy(output);
    let words = ["duplicate session", "can't find session", "can't find window"];
    let made = said.lines().any(|line| line.starts_with('%'));
    let outrun = is_nobody(&said) || words.iter().any(|words| said.contains(words));
    status == 1 && !made && outrun
}

/// The failure that a script's status means.
pub(super) fn failure(place: &Place, window: &Window, status: i32, output: &[u8]) -> TmuxError {
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect::<String>()
    };
    match status {
        NO_FOLDER => TmuxError::NoFolder { host: place.host.clone(), folder: text(&window.folder) },
        CANNOT_START => TmuxError::CannotStart(format!(
            "{} has no program {}",
            place.host,
            text(&window.program)
        )),
        _ => super::script::refused(place, output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(projects: Option<&str>) -> Place {
        Place { host: "thor".into(), projects: projects.map(str::to_owned), ..Place::here("tmux") }
    }

    fn request(project: &str, cwd: &str) -> v1::Spawn {
        v1::Spawn { project: project.into(), cwd: cwd.into(), ..v1::Spawn::default() }
    }

    #[test]
    fn a_project_lies_in_the_hosts_folder_of_projects() {
        for (projects, project, cwd, expected, name) in [
            (Some("~/p/"), "app", "", "~/p/app", "app"),
            (Some("/p"), "/other/app", "", "/other/app", "app"),
            (Some("/p"), "~/x y", "", "~/x y", "x y"),
            (None, "", "/a/=b", "/a/=b", "b"),
            (None, "", "/", "/", "root"),
            (None, "", "", "~", "home"),
        ] {
            let window =
                window(&place(projects), &Found::default(), &request(project, cwd)).unwrap();
            assert_eq!(String::from_utf8_lossy(&window.folder), expected);
            assert_eq!((window.name.as_str(), window.session.as_str()), (name, "agents"));
        }
        assert!(window(&place(None), &Found::default(), &request("app", "")).is_err());
    }

    #[test]
    fn names_with_control_characters_are_refused() {
        for (name, good) in
            [("a b", true), ("a:b.c", true), ("", false), (" ", false), ("a\n", false)]
        {
            assert_eq!(check_name(name).is_ok(), good, "{name:?}");
        }
    }

    #[test]
    fn only_what_means_something_there_gets_into_the_environment() {
        for (pair, foreign) in [
            ("A=1", false),
            ("TERM=x", true),
            ("TMUX=x", true),
            ("SSH_AUTH_SOCK=x", true),
            ("TOWLINE_PANE=1", true),
            ("TERMINAL=x", false),
        ] {
            assert_eq!(is_foreign(pair.as_bytes()), foreign, "{pair}");
        }
        assert!(is_name(b"A_1") && !is_name(b"1A") && !is_name(b"A-B") && !is_name(b""));
    }
}
