//! Output that comes in pieces: the screen is what it would be in one.

use std::path::Path;

use towline_testkit::{Outer, Tow, wait_until};

use crate::{tow, trimmed};

/// All that can be cut in the middle: wide and combined characters, emoji with joiners, colours, titles, links,
/// moves, queries' strings, character sets, margins.
const TEXT: &str = concat!(
    "plain 日本語 한국어 e\u{301}a\u{308}\u{323} 👩\u{200d}👩\u{200d}👧 🇩🇪 ✓\u{fe0f}\r\n",
    "\x1b[1;31mbold red\x1b[0m \x1b[38;2;1;200;30mtrue\x1b[48;5;33mindexed\x1b[m \x1b[4:3;58:2::255:0:0mcurly\x1b[m\r\n",
    "\x1b]2;a title ü 題\x1b\\\x1b]0;another ü 題\x07after the title\r\n",
    "\x1b]8;id=1;http://example.org/ü\x1b\\link\x1b]8;;\x1b\\ text\r\n",
    "\x1b[10;20Hmoved\x1b[2A\x1b[5Dup\x1b[3Bdown\x1b[1;70Hright edge wraps here\r\n",
    "\x1b[12;14r\x1b[14;1Hone\r\ntwo\r\nthree\x1b[r\x1b[16;1H",
    "\x1b(0lqqk\x1b(B box\x1b[16;3H\x1b[2Pinserted\x1b[3@\x1b[K\r\n",
    "\x1bP+q544e\x1b\\after a string \x1b_apc\x1b\\\x1b^pm\x1b\\done\r\n",
    "tab\tstop\x1b[1;7mback\x08\x08\x1b[27mspace\x1b[m\x1b[5X\x1b7\x1b[20;1Hfar\x1b8saved\r\n",
    "\u{fffd} \u{10ffff} end\r\n",
);

/// A program that writes the file `text` in pieces of the lengths that `lengths` yields, each by a write of its own,
/// and with a moment in between where `slow`.
fn spawn(tow: &Tow, name: &str, pieces: &[&[u8]], slow: bool) {
    let folder = tow.work().join(name);
    std::fs::create_dir(&folder).unwrap();
    let mut script = String::new();
    for piece in pieces {
        let octal: String = piece.iter().map(|byte| format!("\\{byte:03o}")).collect();
        script.push_str(&format!("printf '{octal}'\n"));
        if slow {
            script.push_str("read x < /proc/uptime\n");
        }
    }
    script.push_str("touch done\nexec sleep 1000\n");
    std::fs::write(folder.join("script"), script).unwrap();
    let folder = folder.to_str().unwrap();
    let line = "stty raw -echo; while [ ! -e go ]; do sleep 0.02; done; . ./script";
    tow.ok(&["spawn", "--detach", "--name", name, "--cwd", folder, "--", "sh", "-c", line]);
}

fn go(folder: &Path) {
    std::fs::write(folder.join("go"), "").unwrap();
    wait_until("it is written", || towline_testkit::exists(&folder.join("done")));
}

fn screen(tow: &Tow, name: &str) -> Vec<String> {
    trimmed(tow.ok(&["peek", name, "--screen", "--ansi"]).lines())
}

/// Pieces of 1 to `longest` bytes, by a generator of its own so that a failure comes again.
fn random_pieces(text: &[u8], longest: usize, mut seed: u32) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = (seed >> 16) as usize % longest + 1;
        let (piece, more) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = more;
    }
    pieces
}

#[test]
fn a_text_split_at_every_byte_gives_the_same_screen() {
    let tow = tow();
    let text = TEXT.as_bytes();
    let mut splits = vec![
        ("whole", vec![text]),
        ("single", text.chunks(1).collect()),
        ("twos", text.chunks(2).collect()),
        ("sevens", text.chunks(7).collect()),
    ];
    for (name, seed) in [("random1", 1), ("random2", 2), ("random3", 3)] {
        splits.push((name, random_pieces(text, 9, seed)));
    }
    for (name, pieces) in &splits {
        spawn(&tow, name, pieces, pieces.len() > 100);
    }
    for (name, _) in &splits {
        let outer = Outer::attach(&tow, &[name], (80, 24));
        wait_until("the pane has the size", || {
            let pane = tow.pane(name);
            (pane["cols"] == 80 && pane["rows"] == 24).then_some(())
        });
        go(&tow.work().join(name));
        tow.wait_output(name, "\u{10ffff} end");
        let whole = screen(&tow, "whole");
        assert_eq!(screen(&tow, name), whole, "{name}");
        outer.wait_for("the client shows the same", |seen| seen.ansi() == whole);
        let pane = tow.pane(name);
        assert_eq!(pane["title"], "another ü 題", "{name}");
    }
    let told = tow.ok(&["peek", "whole", "--screen"]);
    for expected in
        ["日本語 한국어", "┌─inserted", "after a string done", "link text", "after the title"]
    {
        assert!(told.contains(expected), "{expected} in {told}");
    }
}

#[test]
fn broken_text_harms_nothing() {
    let tow = tow();
    // Beginnings without ends, ends without beginnings, over-long forms, halves of surrogates.
    let bytes: &[u8] = b"\xe6\x97 a \xff\xfe b \xc0\xaf c \xed\xa0\x80 d \xf0\x9f\x91 e \x9c f \xe6\r\n\x1b[31\x1b[32mgreen\x1b[999999999999;1;;;;Hg\x1b]2;never ended\x18h\x1b[?;1\x1ai\r\nend";
    for (name, pieces) in [("whole", vec![bytes]), ("single", bytes.chunks(1).collect())] {
        spawn(&tow, name, &pieces, false);
        go(&tow.work().join(name));
        tow.wait_output(name, "end$");
    }
    assert_eq!(screen(&tow, "single"), screen(&tow, "whole"));
    let outer = Outer::attach(&tow, &["single"], (80, 24));
    outer.wait_for("the client shows it", |seen| seen.ansi() == screen(&tow, "single"));
}
