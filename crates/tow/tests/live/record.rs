//! Recording walks, for the tests of the rules: what the agents print, with what was so and what their hooks told.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;

use serde_json::Value;
use towline_testkit::Tow;
use towline_testkit::real::{self, AGENTS, Agent};

use crate::cast::{self, Happened};
use crate::installed;
use crate::judge::{Right, check, is_quiet};
use crate::walk::{self, NARROW, WIDE};
use crate::watch::now;

/// Where recordings are kept, a folder for each kind of agent.
const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../towline-agents/tests/recorded");

/// How hard recordings are packed: they are made seldom.
const LEVEL: i32 = 19;

/// Recorded agents have their home and their work here: it is on their screens, so it says nothing of the machine.
const NEUTRAL: &str = "/tmp/demo";

/// Records all agents; only the kind that `TOWLINE_RECORD` names, where it names one.
pub(crate) fn all() {
    let Some(installed) = installed() else { return };
    let wanted = std::env::var("TOWLINE_RECORD").unwrap_or_default();
    let one = AGENTS.iter().any(|agent| agent.kind() == wanted);
    for agent in AGENTS.iter().filter(|agent| !one || agent.kind() == wanted) {
        let file = |name: &str| Some(Path::new(RECORDINGS).join(agent.kind()).join(name));
        for (size, name) in [(WIDE, "wide.cast.zst"), (NARROW, "narrow.cast.zst")] {
            check(agent.kind(), &walk::ready(*agent, &installed, size, file(name)));
        }
        for (way, name) in
            [(walk::UNTRUSTED, "trust.cast.zst"), (walk::LOGGED_OUT, "login.cast.zst")]
        {
            check(agent.kind(), &walk::begins(*agent, &installed, WIDE, way, file(name)));
        }
    }
}

/// What a pane prints, with times.
type Pieces = mpsc::Receiver<(u64, Vec<u8>)>;

/// A recording that goes on.
pub(crate) struct Recording {
    file: PathBuf,
    title: String,
    size: (u16, u16),
    /// Hooks' events are written here while it goes on.
    events: PathBuf,
    happened: Vec<(u64, Happened)>,
    /// What the pane prints, with times.
    output: Option<(Child, Pieces)>,
}

impl Recording {
    /// Where an agent that is recorded is, fresh.
    pub(crate) fn folder(kind: &str) -> PathBuf {
        let folder = Path::new(NEUTRAL).join(kind);
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    pub(crate) fn new(file: PathBuf, agent: &dyn Agent, size: (u16, u16), folder: &Path) -> Self {
        let title = format!("{} {}", agent.kind(), real::version(agent));
        let events = folder.join("events");
        Self { file, title, size, events, happened: Vec::new(), output: None }
    }

    /// The variable by which `tow agent-event` is told to write down what it hears.
    pub(crate) fn events_variable(&self) -> (String, String) {
        ("TOW_EVENTS_FILE".into(), self.events.to_str().expect("a plain path").to_owned())
    }

    /// Records what a pane prints from its beginning on.
    pub(crate) fn follow(&mut self, tow: &Tow, pane: &str) {
        let mut command = tow.command(&["peek", pane, "--raw", "--follow"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the pane is followed");
        let mut output = child.stdout.take().expect("the stream is a pipe");
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 64 * 1024];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if tell.send((now(), buffer[..count].to_vec())).is_err() {
                    break;
                }
            }
        });
        self.output = Some((child, told));
    }

    /// Something is so since then. What is not `timed` may have been so before, or come later.
    pub(crate) fn truth(&mut self, at: u64, right: Right, timed: bool) {
        let words = right.iter().map(|(state, reason)| match reason {
            Some(reason) => format!("{state} {reason}"),
            None => state.to_string(),
        });
        let words = words.collect::<Vec<_>>().join(" / ");
        let marker = format!("{} {words}", if timed { "is" } else { "may be" });
        self.happened.push((at, Happened::Marked(marker)));
    }

    /// Ends it, and writes its file.
    pub(crate) fn write(mut self) {
        let busy = !is_quiet();
        if let Some((mut child, told)) = self.output.take() {
            let _ = child.kill();
            let _ = child.wait();
            self.happened.extend(told.iter().map(|(at, bytes)| (at, Happened::Printed(bytes))));
        }
        for line in fs::read_to_string(&self.events).unwrap_or_default().lines() {
            let event: Value = serde_json::from_str(line).expect("each line is an event");
            let at = event["at"].as_u64().expect("each event has its time");
            self.happened.push((at, Happened::Marked(format!("hook {}", event["event"]))));
        }
        let happened = self.happened;
        let text = cast::text(&self.title, self.size, busy, happened);
        for path in
            [env!("CARGO_MANIFEST_DIR"), env!("CARGO_TARGET_TMPDIR"), env!("CARGO_BIN_EXE_tow")]
        {
            assert!(
                !text.contains(path),
                "{}: a path of this machine: {path}",
                self.file.display()
            );
        }
        fs::create_dir_all(self.file.parent().expect("it is in a folder"))
            .expect("the checkout can be written");
        // Agents draw the same over and over: nine tenths and more of it are saved.
        let packed = zstd::encode_all(text.as_bytes(), LEVEL).expect("memory takes it");
        fs::write(&self.file, packed).expect("the checkout can be written");
        // Others may be recorded beside it.
        let _ = self.events.parent().map(fs::remove_dir_all);
        let _ = fs::remove_dir(NEUTRAL);
    }
}
