//! The model against Alacritty's, in one run: how many megabytes a second each takes in, and what it holds afterwards.
//!
//! `cargo bench -p towline-vt` prints a table with the ratios that are to be reached.

#![expect(clippy::print_stdout, reason = "it prints its table")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::{Processor, StdSyncHandler};
use towline_vt::{Size, Terminal};

/// Counts what is allocated and not yet freed.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all is passed on to the system's allocator as it comes; only numbers are added up beside.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const COLS: u16 = 100;
const ROWS: u16 = 40;
const SCROLLBACK: usize = 10_000;

/// Bytes of each kind of output, and the pieces that it comes in, as a pseudo-terminal gives them.
const BYTES: usize = 8 << 20;
const PIECE: usize = 16 << 10;

/// Each is measured so often, in turns; the best counts, which is the least disturbed by other programs.
const ROUNDS: usize = 5;

struct Room;

impl Dimensions for Room {
    fn total_lines(&self) -> usize {
        usize::from(ROWS)
    }
    fn screen_lines(&self) -> usize {
        usize::from(ROWS)
    }
    fn columns(&self) -> usize {
        usize::from(COLS)
    }
}

/// A kind of output, and how many times as fast as Alacritty's model ours is to take it in.
struct Kind {
    name: &'static str,
    goal: f64,
    text: String,
}

fn main() {
    println!("{:<24} {:>12} {:>12} {:>7}  goal", "output", "Towline MB/s", "Alacritty", "ratio");
    for kind in kinds() {
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            ours = ours.min(time(|| drop(black_box(towline(&kind.text)))));
            theirs = theirs.min(time(|| drop(black_box(alacritty(&kind.text)))));
        }
        let speed = |seconds: f64| kind.text.len() as f64 / 1e6 / seconds;
        let ratio = theirs / ours;
        let reached = if ratio >= kind.goal { "reached" } else { "NOT reached" };
        println!(
            "{:<24} {:>12.0} {:>12.0} {:>7.2}  ≥ {} {reached}",
            kind.name,
            speed(ours),
            speed(theirs),
            ratio,
            kind.goal
        );
    }
    memory();
}

fn memory() {
    let text = plain(SCROLLBACK + usize::from(ROWS));
    let (ours, mut kept) = held(|| towline(&text));
    let pressed = Instant::now();
    let (pressed_size, ()) = held(|| kept.compress());
    let pressed = pressed.elapsed();
    let (theirs, _kept) = held(|| alacritty(&text));
    println!(
        "\n{SCROLLBACK} lines of {COLS} columns: {:.2} MB, compressed in {:.1} ms {:.2} MB (goal: ≤ 0.5 MB); Alacritty {:.2} MB",
        ours as f64 / 1e6,
        pressed.as_secs_f64() * 1e3,
        (ours + pressed_size) as f64 / 1e6,
        theirs as f64 / 1e6
    );
}

fn towline(text: &str) -> Terminal {
    let mut terminal = Terminal::new(Size { cols: COLS, rows: ROWS }, SCROLLBACK);
    let mut events = Vec::new();
    for piece in text.as_bytes().chunks(PIECE) {
        terminal.feed(piece, &mut events);
        events.clear();
    }
    terminal
}

fn alacritty(text: &str) -> Term<VoidListener> {
    let config = Config { scrolling_history: SCROLLBACK, ..Config::default() };
    let mut terminal = Term::new(config, &Room, VoidListener);
    let mut parser = Processor::<StdSyncHandler>::new();
    for piece in text.as_bytes().chunks(PIECE) {
        parser.advance(&mut terminal, piece);
    }
    terminal
}

fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// What something allocates and keeps, in bytes.
fn held<T>(make: impl FnOnce() -> T) -> (isize, T) {
    let before = HELD.load(Ordering::Relaxed) as isize;
    let made = make();
    (HELD.load(Ordering::Relaxed) as isize - before, made)
}

fn kinds() -> Vec<Kind> {
    vec![
        Kind { name: "plain lines", goal: 5.0, text: repeated(&plain(1000)) },
        Kind { name: "coloured lines", goal: 2.0, text: repeated(&coloured()) },
        Kind { name: "cursor movement", goal: 2.0, text: repeated(&moving()) },
        Kind { name: "full-screen repaints", goal: 2.0, text: repeated(&repaints()) },
        Kind { name: "wide text", goal: 1.5, text: repeated(&wide()) },
    ]
}

fn repeated(text: &str) -> String {
    text.repeat(BYTES / text.len() + 1)
}

const WORDS: [&str; 12] = [
    "Compiling",
    "server",
    "of",
    "the",
    "pane",
    "127.0.0.1:8080",
    "warning:",
    "src/main.rs:12",
    "test",
    "ok",
    "in",
    "a",
];

/// Lines as builds print them, none wider than the screen.
fn plain(lines: usize) -> String {
    let mut text = String::new();
    for line in 0..lines {
        let width = 30 + line * 37 % 69;
        let start = text.len();
        let mut word = line;
        while text.len() - start < width {
            text.push_str(WORDS[word * 7 % WORDS.len()]);
            text.push(' ');
            word += 1;
        }
        text.truncate(start + width);
        text.push_str("\r\n");
    }
    text
}

fn coloured() -> String {
    let mut text = String::new();
    for line in 0..1000_usize {
        for word in 0..8 {
            let color = (line + word) * 5 % 256;
            let _ =
                write!(text, "\x1b[1;38;5;{color}m{}\x1b[0m ", WORDS[(line + word) % WORDS.len()]);
        }
        text.push_str("\r\n");
    }
    text
}

fn moving() -> String {
    let mut text = String::new();
    for step in 0..5000_usize {
        let (row, col) = (step * 7 % usize::from(ROWS) + 1, step * 13 % 90 + 1);
        let _ =
            write!(text, "\x1b[{row};{col}H{}\x1b[K\x1b[{}A\x1b[2C*", step % 1000, step % 5 + 1);
    }
    text
}

/// An agent that draws its whole screen anew: boxes, a spinner, colours.
fn repaints() -> String {
    let mut text = String::new();
    for frame in 0..50_usize {
        text.push_str("\x1b[?2026h\x1b[H");
        for row in 0..usize::from(ROWS) - 1 {
            let word = WORDS[(frame + row) % WORDS.len()];
            let _ = write!(
                text,
                "\x1b[38;2;200;120;{row}m│\x1b[39m {word:<40} \x1b[2m{:<40}\x1b[22m │\x1b[K\r\n",
                frame * row
            );
        }
        let _ = write!(text, "\x1b[1m✻ Working… ({frame}s)\x1b[22m\x1b[K\x1b[?2026l");
    }
    text
}

fn wide() -> String {
    let mut text = String::new();
    for line in 0..1000_usize {
        for word in 0..8 {
            text.push_str(["終端", "模型", "한국어", "ひらがな", "é", "── "][(line + word) % 6]);
        }
        text.push_str("\r\n");
    }
    text
}
