//! A terminal model as a view of a journal: made by replaying it, kept by applying what comes.

use std::path::Path;
use std::time::Duration;

use towline_journal::{Entry, Reader, Record};
use towline_vt::{Event, Size, Terminal};

use super::folder;
use super::kept::{self, Kept};

/// A query older than this stays unanswered: its program has given up, and the answer would look like typing.
pub(super) const QUERY_LIFE: Duration = Duration::from_secs(2);

/// Lines above the screen that the model of a running pane keeps. Enough for what people look at all the
/// time; a deeper look replays the journal, which keeps 10,000 wide lines out of memory for every pane.
pub(super) const LIVE_SCROLLBACK: usize = 1_000;

/// A terminal model and how far in the journal it has come.
pub(super) struct Model {
    pub(super) terminal: Terminal,
    /// The offset of the next byte to be fed.
    pub(super) fed: u64,
    /// A program has begun in it before.
    started: bool,
    /// When the entry that was applied last was printed, where that was output and nothing has been applied at its end.
    /// Entries without bytes can't be told apart by their offset.
    output_at: Option<u64>,
}

/// Something the terminal did while an entry was applied.
pub(super) struct Happening {
    pub(super) event: Event,
    /// When the program printed what caused it.
    pub(super) time: u64,
    /// A number for an answer to a query: it rises from one query to the next, and a replay of the same
    /// journal gives each query the same one. The offset of the entry it ended in, plus its place among
    /// that entry's events, plus one (zero means "none yet" to the holder); an event takes a byte at least.
    pub(super) number: u64,
}

impl Model {
    pub(super) fn new(size: Size, scrollback: usize) -> Self {
        Self { terminal: Terminal::new(size, scrollback), fed: 0, started: false, output_at: None }
    }

    /// The model to be kept for later; `None` after an entry without bytes, which has no offset of its own.
    pub(super) fn keep(&self) -> Option<Kept> {
        let time = self.output_at?;
        Some(Kept { offset: self.fed, time, record: self.terminal.save() })
    }

    /// Applies the next entry of the journal.
    pub(super) fn apply(&mut self, entry: &Entry<'_>, happened: &mut Vec<Happening>) {
        self.output_at = matches!(entry.record, Record::Output(_)).then_some(entry.time);
        match entry.record {
            Record::Output(bytes) => {
                let mut events = Vec::new();
                self.terminal.feed(bytes, &mut events);
                happened.extend(numbered(events, entry));
            }
            Record::Resize { cols, rows } => self.terminal.resize(Size { cols, rows }),
            Record::Start { cols, rows } => {
                self.terminal.resize(Size { cols, rows });
                if self.started {
                    self.terminal.restart();
                }
                self.started = true;
            }
            Record::Gap { to } => self.gap(entry.offset, to),
            Record::Exit(_) => {}
        }
        self.fed = self.fed.max(entry.end());
    }

    /// As [`apply`](Self::apply), with a look at the terminal so often that no line scrolls out of the model
    /// unseen.
    pub(super) fn apply_looking(
        &mut self,
        entry: &Entry<'_>,
        happened: &mut Vec<Happening>,
        mut look: impl FnMut(&Terminal),
    ) {
        let Record::Output(bytes) = entry.record else {
            self.apply(entry, happened);
            return look(&self.terminal);
        };
        let mut events = Vec::new();
        // A byte makes a line at most.
        for piece in bytes.chunks(LIVE_SCROLLBACK) {
            self.terminal.feed(piece, &mut events);
            look(&self.terminal);
        }
        happened.extend(numbered(events, entry));
        self.output_at = Some(entry.time);
        self.fed = self.fed.max(entry.end());
    }

    /// The bytes from `from` to `to` are lost: what the screen shows can't be known.
    pub(super) fn gap(&mut self, from: u64, to: u64) {
        self.terminal.mark_gap(to.saturating_sub(from));
        self.started = true;
        self.output_at = None;
        self.fed = to;
    }
}

fn numbered(events: Vec<Event>, entry: &Entry<'_>) -> impl Iterator<Item = Happening> {
    let (offset, time) = (entry.offset, entry.time);
    let number = move |(event, place)| Happening { event, time, number: offset + place };
    events.into_iter().zip(1..).map(number)
}

/// A model replayed from a journal.
pub(super) struct Loaded {
    pub(super) model: Model,
    /// Stands where the model is; yields what comes after.
    pub(super) reader: Reader,
    /// What came before was no longer kept, or was damaged.
    pub(super) gap: bool,
    /// What happened lately enough to matter still.
    pub(super) recent: Vec<Happening>,
    /// Where the model that was kept had come to; 0 where the whole journal was replayed.
    pub(super) kept: u64,
}

/// As [`load_while`], up to an offset; the reader yields what comes after. Begins with the model that is kept in the pane's folder,
/// where one is.
///
/// # Errors
/// The journal's, where it can't be read at all.
pub(super) fn load_up_to(
    folder: &Path,
    scrollback: usize,
    end: u64,
) -> Result<Loaded, towline_journal::Error> {
    let mut reader = Reader::open(&folder::journal(folder))?;
    let answered = crate::clock::now().saturating_sub(QUERY_LIFE.as_micros() as u64);
    let range = (reader.first_offset(), end);
    let mut loaded = match kept::load(folder, range, answered, scrollback) {
        Some((terminal, fed)) => {
            reader.seek(fed)?;
            let model = Model { terminal, fed, started: true, output_at: None };
            let loaded = go_on(model, reader, false, |_, entry| entry.offset < end)?;
            Loaded { kept: fed, ..loaded }
        }
        None => begin(reader, scrollback, |_, entry| entry.offset < end)?,
    };
    loaded.reader.seek(loaded.model.fed)?;
    Ok(loaded)
}

/// Replays the journal in `dir`, up to its present end or the first entry for which `go_on` is false. Takes about a
/// tenth of a second for 16 MiB: not for a thread that has other things to do.
///
/// # Errors
/// The journal's, where it can't be read at all.
pub(super) fn load_while(
    dir: &Path,
    scrollback: usize,
    more: impl FnMut(&Model, &Entry<'_>) -> bool,
) -> Result<Loaded, towline_journal::Error> {
    begin(Reader::open(dir)?, scrollback, more)
}

/// Replays from the oldest entry on.
fn begin(
    reader: Reader,
    scrollback: usize,
    more: impl FnMut(&Model, &Entry<'_>) -> bool,
) -> Result<Loaded, towline_journal::Error> {
    let first = reader.first_offset();
    let (cols, rows) = reader.size_at_start();
    let mut model = Model::new(Size { cols, rows }, scrollback);
    if first > 0 {
        model.gap(0, first);
    }
    go_on(model, reader, first > 0, more)
}

/// Replays from where the reader stands.
fn go_on(
    mut model: Model,
    mut reader: Reader,
    mut gap: bool,
    mut more: impl FnMut(&Model, &Entry<'_>) -> bool,
) -> Result<Loaded, towline_journal::Error> {
    let mut happened = Vec::new();
    while let Some(entry) = reader.next()? {
        if !more(&model, &entry) {
            break;
        }
        gap |= matches!(entry.record, Record::Gap { .. });
        model.apply(&entry, &mut happened);
        if crate::clock::since(entry.time) > QUERY_LIFE {
            happened.clear();
        }
    }
    Ok(Loaded { model, reader, gap, recent: happened, kept: 0 })
}
