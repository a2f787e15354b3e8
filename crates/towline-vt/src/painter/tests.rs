//! A client's terminal, fed with what a painter writes, shows the model.

use super::modes::Mirrored;
use super::view::View;
use super::*;
use crate::extras::Extra;
use crate::support::{Step, apply, size, steps};
use proptest::prelude::*;

/// What is on a client's terminal, or should be.
#[derive(Debug, PartialEq)]
struct Picture {
    rows: Vec<String>,
    place: (usize, usize),
    modes: Mirrored,
}

fn picture(terminal: &Terminal, size: Size, view: View, modes: Mirrored) -> Picture {
    let screen = terminal.screen();
    let mut row = Vec::new();
    let rows = (0..usize::from(size.rows))
        .map(|line| {
            row.clear();
            view.add_row(screen, line, size, &mut row);
            row.iter().map(|cell| seen(cell, screen.extras.get(cell.style.extra))).collect()
        })
        .collect();
    Picture { rows, place: view.place(screen, size), modes }
}

/// A cell for comparing and reading. Numbers of extras differ between terminals; what they say
/// must not.
fn seen(cell: &Cell, extra: &Extra) -> String {
    let style = Style { extra: 0, ..cell.style };
    if style == Style::DEFAULT && *extra == Extra::default() {
        return cell.c.to_string();
    }
    format!("<{} {style:?} {extra:?}>", cell.c)
}

/// A client and what it is attached to.
struct Client {
    terminal: Terminal,
    painter: Painter,
    size: Size,
}

impl Client {
    fn new(size: Size) -> Self {
        let mut terminal = Terminal::new(size, 0);
        // Whatever state the user's terminal is in.
        let state = "\x1b[?1049h\x1b[31;44;7mgarbage\x1b[2;3r\x1b[?6h\x1b[4h\x1b[?7l\x1b(0\x1b[?1003h\
            \x1b[?1006h\x1b[?2004h\x1b[?25l\x1b[5 q\x1b[>3u\x1b[>4;1m\x1b=\x1b]8;;http://x\x1b\\";
        terminal.feed(state.as_bytes(), &mut Vec::new());
        if size.cols % 2 == 1 {
            terminal.feed(b"\x1b[?2027h", &mut Vec::new());
        }
        Client { terminal, painter: Painter::new(size), size: size.clamped() }
    }

    fn check(&mut self, model: &Terminal) -> usize {
        let mut out = Vec::new();
        self.painter.paint(model, &mut out);
        let mut events = Vec::new();
        self.terminal.feed(&out, &mut events);
        let seen = picture(
            &self.terminal,
            self.size,
            View::default(),
            Mirrored::of(&self.terminal.modes()),
        );
        let view = View::of(model.screen(), self.size);
        let wanted = picture(model, self.size, view, Mirrored::of(&model.modes()));
        let painted = String::from_utf8_lossy(&out);
        for (row, (seen, wanted)) in seen.rows.iter().zip(&wanted.rows).enumerate() {
            assert_eq!(seen, wanted, "row {row}, painted {painted:?}");
        }
        assert_eq!((seen.place, seen.modes), (wanted.place, wanted.modes), "painted {painted:?}");
        assert!(!self.terminal.synchronized());
        assert_eq!(events.iter().filter(|e| !matches!(e, crate::Event::Title(_))).count(), 0);
        if !model.title().is_empty() {
            assert_eq!(self.terminal.title(), model.title());
        }
        let written = out.len();
        self.painter.paint(model, &mut out);
        assert_eq!(out.len(), written, "painting again must write nothing");
        written
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn same_size(size in size(), steps in steps(50), pace in 1..5usize) {
        // Of the model's size as long as that stays.
        let mut model = Terminal::new(size, 10);
        let mut client = Client::new(size);
        for (at, step) in steps.iter().enumerate() {
            apply(&mut model, step);
            if let Step::Resize(_) = step {
                client = Client::new(model.size());
            }
            if at % pace == 0 {
                client.check(&model);
            }
        }
        client.check(&model);
    }

    #[test]
    fn another_size(
        size in size(),
        views in prop::collection::vec(size(), 1..3),
        steps in steps(40),
    ) {
        let mut model = Terminal::new(size, 10);
        for view in views {
            let mut client = Client::new(view);
            for step in &steps {
                apply(&mut model, step);
                client.check(&model);
            }
        }
    }
}

fn client_of(model: &Terminal) -> Client {
    let mut client = Client::new(model.size());
    client.check(model);
    client
}

fn feed(model: &mut Terminal, text: &str) {
    model.feed(text.as_bytes(), &mut Vec::new());
}

#[test]
fn an_echoed_character_is_one_byte() {
    let mut model = Terminal::new(Size { cols: 80, rows: 24 }, 100);
    feed(&mut model, "$ ls");
    let mut client = client_of(&model);
    feed(&mut model, "x");
    assert_eq!(client.check(&model), 1);
}

#[test]
fn a_scrolled_line_costs_its_own_bytes() {
    let mut model = Terminal::new(Size { cols: 80, rows: 24 }, 100);
    for line in 0..40 {
        feed(&mut model, &format!("this is the line with the number {line}\r\n"));
    }
    let mut client = client_of(&model);
    feed(&mut model, "one more line\r\n");
    assert!(client.check(&model) < 60);
}

#[test]
fn erasing_is_cheap() {
    let mut model = Terminal::new(Size { cols: 80, rows: 24 }, 100);
    feed(&mut model, &"x".repeat(79));
    let mut client = client_of(&model);
    feed(&mut model, "\x1b[10D\x1b[K");
    assert!(client.check(&model) < 12);
}

#[test]
fn leave_restores_the_defaults() {
    let mut model = Terminal::new(Size { cols: 20, rows: 5 }, 10);
    feed(
        &mut model,
        "\x1b[?1h\x1b=\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?1004h\x1b[5 q\x1b[?25l\x1b[>5u\x1b[>4;2m\x1b[1;7m\x1b]8;;http://x\x1b\\a",
    );
    let mut client = client_of(&model);
    let mut out = Vec::new();
    Painter::leave(&mut out);
    client.terminal.feed(&out, &mut Vec::new());
    let modes = crate::Modes { alt_screen: true, ..Default::default() };
    assert_eq!(client.terminal.modes(), modes);
    feed(&mut client.terminal, "\x1b[H!");
    assert_eq!(client.terminal.line(client.terminal.screen_start()).unwrap().ansi(), "!");
}

#[test]
fn resize_and_invalidate_paint_all() {
    let mut model = Terminal::new(Size { cols: 20, rows: 5 }, 10);
    feed(&mut model, "text");
    let mut client = client_of(&model);
    client.painter.invalidate();
    let mut out = Vec::new();
    client.painter.paint(&model, &mut out);
    assert!(String::from_utf8_lossy(&out).contains("text"));
}

#[test]
fn the_mode_of_clusters_is_left_as_it_was() {
    for (cols, mode) in [(20, "2"), (21, "1")] {
        let mut model = Terminal::new(Size { cols, rows: 3 }, 10);
        feed(&mut model, "\x1b[?2027h\u{1f468}\u{200d}\u{1f469}x\x1b[?2027l\u{2764}\u{fe0f}y");
        let mut client = client_of(&model);
        let mut events = Vec::new();
        client.terminal.feed(b"\x1b[?2027$p", &mut events);
        assert_eq!(events, [crate::Event::Reply(format!("\x1b[?2027;{mode}$y").into_bytes())]);
    }
}

#[test]
fn what_is_wide_for_a_moment_spoils_nothing() {
    let texts = [
        "\x1b[?2027h\u{231a}\u{fe0e}x",
        "\x1b[?2027h12345678\u{231a}\u{fe0e}\r\x1b[@",
        "\u{2764}\u{fe0f}\u{fe0f}x",
        "\u{2764}\u{fe0f}\u{fe0e}\u{301}x",
        "123456789\u{2764}\u{fe0f}\u{fe0f}",
    ];
    for text in texts {
        for cols in 1..12 {
            let mut model = Terminal::new(Size { cols: 10, rows: 2 }, 10);
            let mut client = Client::new(Size { cols, rows: 2 });
            for text in ["\x1b[2;3Hy\x1b[H", text, "\x1b[H\x1b[31m", text] {
                feed(&mut model, text);
                client.check(&model);
            }
        }
    }
}

#[test]
fn a_terminal_that_knows_no_clusters_shows_what_follows_in_its_place() {
    let mut model = Terminal::new(Size { cols: 20, rows: 3 }, 10);
    let mut painter = Painter::new(model.size());
    let mut client = Terminal::new(model.size(), 0);
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    for style in ["", "\x1b[31m", "\x1b[32m"] {
        feed(&mut model, &format!("\x1b[?2027h\x1b[H{style}{family}\x1b[mxyzabcdefgh"));
        let mut out = Vec::new();
        painter.paint(&model, &mut out);
        let text = String::from_utf8_lossy(&out).replace("\x1b[?2027h", "");
        feed(&mut client, &text);
        let line = client.line(client.screen_start()).unwrap().text();
        assert_eq!(line, "\u{1f468}\u{200d}xyzabcdefgh", "{text:?}");
    }
}
