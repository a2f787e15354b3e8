//! What a program tells beside what it shows.

/// Something a program said or asked by an escape sequence.
///
/// All text is without control characters and of bounded length. None of it is to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The bell rang (several in a row count as one).
    Bell,
    /// The title has changed.
    Title(String),
    /// A desktop notification (OSC 9, OSC 777, OSC 99).
    Notification {
        /// Its title, where the sequence has one.
        title: Option<String>,
        /// Its text.
        body: String,
    },
    /// How far some work is (OSC 9;4).
    Progress {
        /// What kind of progress.
        state: ProgressState,
        /// 0 to 100, where given.
        percent: Option<u8>,
    },
    /// What the program says it does (OSC 7501, the program status protocol): `KEY=VALUE` pairs joined by colons.
    Status(String),
    /// A shell's prompt mark (OSC 133).
    Prompt(PromptMark),
    /// Text for the clipboard (OSC 52), decoded. At most 768 KiB.
    Clipboard(Vec<u8>),
    /// The working folder (OSC 7, OSC 9;9).
    WorkingDirectory(Location),
    /// An image, of which the model shows nothing.
    Image {
        /// Whose sequences it came in.
        kind: ImageKind,
        /// Bytes of these sequences.
        bytes: u64,
        /// Columns and rows that it would take, where it says so.
        cells: Option<(u16, u16)>,
    },
    /// The answer to a query: bytes to write to the program.
    Reply(Vec<u8>),
}

/// Whose sequences an image came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImageKind {
    /// DEC's sixels (DCS q).
    Sixel,
    /// Kitty's graphics protocol (APC G).
    Kitty,
    /// iTerm2's inline images (OSC 1337).
    Iterm,
}

/// The state of a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProgressState {
    /// No progress to show.
    None,
    /// Going on.
    Normal,
    /// Failed.
    Error,
    /// Going on for an unknown time.
    Indeterminate,
    /// Paused.
    Paused,
}

impl ProgressState {
    /// The number that the sequence has for it.
    pub fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Normal => 1,
            Self::Error => 2,
            Self::Indeterminate => 3,
            Self::Paused => 4,
        }
    }
}

/// The parts of a shell's prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PromptMark {
    /// The prompt begins (A).
    Prompt,
    /// The prompt ends, the command line begins (B).
    Command,
    /// The command runs, its output begins (C).
    Output,
    /// The command has ended (D), with its exit status where told.
    End(Option<i32>),
}

/// A folder on some machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The machine's name as the program gave it; may be empty.
    pub host: String,
    /// An absolute path, percent-decoded; invalid UTF-8 is replaced.
    pub path: String,
}
