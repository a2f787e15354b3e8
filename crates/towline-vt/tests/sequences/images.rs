//! Images: read over and told of. And strings that nobody knows.

use super::case::{Case, Entry, Group, entry, lines, told};

pub(crate) const GROUP: Group = Group {
    title: "Images, and strings that mean nothing here",
    entries: &[
        entry(
            "DCS P1 ; P2 ; P3 q Pt ST",
            "sixel",
            "Read over, whatever its length; an event tells bytes and cells.",
            &[
                told(
                    "\x1bP0;1q\"1;1;20;40#0!9~-\x1b\\",
                    "Image { kind: Sixel, bytes: 20, cells: Some((3, 3)) }",
                ),
                told("\x1bPq#0~~\x1b\\", "Image { kind: Sixel, bytes: 5, cells: None }"),
                lines("a\x1bPq#0~~\x1b\\b", &["ab"]),
                lines("a\x1bPq#0~~\x18b", &["ab"]),
                told("\x1bPq#0~~\x18", ""),
                // Cut by another sequence.
                lines("a\x1bPq#0~~\x1b[3Cb", &["a   b"]),
            ],
        ),
        entry(
            "APC G Pt ST",
            "kitty graphics",
            "The same; parts count as one. Questions stay unanswered, as where images are not known.",
            &[
                told(
                    "\x1b_Ga=T,f=100,c=4,r=2;AAAA\x1b\\",
                    "Image { kind: Kitty, bytes: 23, cells: Some((4, 2)) }",
                ),
                told(
                    "\x1b_Gm=1;AAAA\x1b\\\x1b_Gm=0;AAAA\x1b\\",
                    "Image { kind: Kitty, bytes: 18, cells: None }",
                ),
                told("\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\", ""),
                told("\x1b_Ga=d\x1b\\", ""),
                lines("a\x1b_Ga=T;AA\x07AA\x1b\\b", &["ab"]),
            ],
        ),
        entry(
            "OSC 1337 ; File=Pt ST",
            "iTerm2 images",
            "The same, also in parts (MultipartFile, FilePart, FileEnd).",
            &[
                told(
                    "\x1b]1337;File=inline=1;width=4;height=2:AAAA\x07",
                    "Image { kind: Iterm, bytes: 40, cells: Some((4, 2)) }",
                ),
                told(
                    "\x1b]1337;File=inline=1;width=80px:AAAA\x07",
                    "Image { kind: Iterm, bytes: 34, cells: None }",
                ),
                told(
                    "\x1b]1337;MultipartFile=inline=1\x07\x1b]1337;FilePart=AAAA\x07\x1b]1337;FileEnd\x07",
                    "Image { kind: Iterm, bytes: 45, cells: None }",
                ),
                lines("a\x1b]1337;File=inline=1:AAAA\x07b", &["ab"]),
            ],
        ),
        entry(
            "APC Pt ST, PM Pt ST, SOS Pt ST",
            "",
            "Read over.",
            &[lines("a\x1b_x\x1b\\b\x1b^x\x1b\\c\x1bXx\x1b\\d", &["abcd"])],
        ),
        entry(
            "ESC #, ESC %, ESC SP",
            "",
            "Double height and width, other encodings, 8-bit answers: read over.",
            &[lines("a\x1b#6b\x1b%Gc\x1b Fd", &["abcd"])],
        ),
    ],
};

/// Longer than what is kept of a string, however it ends.
#[test]
fn huge_images_leave_the_screen_alone() {
    let data = "A".repeat(20_000);
    let leak = |text: String| -> &'static str { text.leak() };
    let cases: Vec<Case> = vec![
        lines(leak(format!("a\x1bPq{data}\x1b\\b")), &["ab"]),
        lines(leak(format!("a\x1b_Ga=T;{data}\x1b\\b")), &["ab"]),
        lines(leak(format!("a\x1b]1337;File=inline=1:{data}\x07b")), &["ab"]),
        lines(leak(format!("a\x1b]1337;File=inline=1:{data}\x1a\x1b[2Cb")), &["a  b"]),
        lines(leak(format!("a\x1b]2;{data}\x07b")), &["ab"]),
        lines(leak(format!("a\x1bP$q{data}")), &["a"]),
        told(
            leak(format!("\x1bPq{data}\x1b\\")),
            "Image { kind: Sixel, bytes: 20001, cells: None }",
        ),
        told(
            leak(format!("\x1b_Ga=T,c=2,r=1;{data}\x1b\\")),
            "Image { kind: Kitty, bytes: 20013, cells: Some((2, 1)) }",
        ),
        told(
            leak(format!("\x1b]1337;File=inline=1:{data}\x07")),
            "Image { kind: Iterm, bytes: 20019, cells: None }",
        ),
        told(leak(format!("\x1b]2;{data}\x07\x1b]52;c;{data}\x18")), ""),
    ];
    let wrong: Vec<String> = cases.iter().filter_map(|case| case.check().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let Entry { cases, .. } = &GROUP.entries[0];
    assert!(!cases.is_empty());
}
