//! Operating system commands.

use super::case::{Group, entry, is, replies, told};

pub(crate) const GROUP: Group = Group {
    title: "Titles, colours, clipboard, notices",
    entries: &[
        entry(
            "OSC 0 ; Pt ST, OSC 2 ; Pt ST",
            "",
            "The title, of 512 characters at most and without controls. OSC 1, the icon's name, is read over.",
            &[
                told("\x1b]0;é\x1b\\", "Title(\"é\")"),
                told("\x1b]2;a;b\x07\x1b]2;a;b\x07", "Title(\"a;b\")"),
                told("\x1b]1;icon\x07", ""),
                is("\x1b]2;a\u{9b}b\x07", |t| t.title() == "ab"),
            ],
        ),
        entry(
            "CSI 22 t, CSI 23 t",
            "XTWINOPS",
            "Keeps the title on a stack of sixteen; brings it back.",
            &[
                is("\x1b]2;a\x07\x1b[22t\x1b]2;b\x07\x1b[23t", |t| t.title() == "a"),
                is("\x1b]2;a\x07\x1b[22;2t\x1b]2;b\x07\x1b[23;0t", |t| t.title() == "a"),
                is("\x1b]2;a\x07\x1b[22;1t\x1b]2;b\x07\x1b[23;1t", |t| t.title() == "b"),
                is("\x1b]2;a\x07\x1b[23t", |t| t.title() == "a"),
            ],
        ),
        entry(
            "OSC 4 ; Ps ; Pt ST",
            "",
            "Sets one of the 256 colours, or tells it (`?`).",
            &[
                replies("\x1b]4;196;?\x07", "\x1b]4;196;rgb:ffff/0000/0000\x07"),
                replies(
                    "\x1b]4;1;#123456;2;rgb:f/8/0\x07\x1b]4;1;?;2;?\x1b\\",
                    "\x1b]4;1;rgb:1212/3434/5656\x1b\\\x1b]4;2;rgb:ffff/8888/0000\x1b\\",
                ),
                replies("\x1b]4;999;?\x07", ""),
            ],
        ),
        entry(
            "OSC 104 ; Ps ST",
            "",
            "The default again, for one colour or for all.",
            &[
                replies(
                    "\x1b]4;1;#123456\x07\x1b]104;1\x07\x1b]4;1;?\x07",
                    "\x1b]4;1;rgb:cdcd/0000/0000\x07",
                ),
                replies(
                    "\x1b]4;1;#123456\x07\x1b]104\x07\x1b]4;1;?\x07",
                    "\x1b]4;1;rgb:cdcd/0000/0000\x07",
                ),
            ],
        ),
        entry(
            "OSC 10 ; Pt ST … OSC 19 ; Pt ST",
            "",
            "Foreground, background, cursor, and others of xterm: set or told. What is told is a dark terminal's. Known are `rgb:` and `#`, no names.",
            &[
                replies("\x1b]10;?\x1b\\", "\x1b]10;rgb:e5e5/e5e5/e5e5\x1b\\"),
                replies("\x1b]11;?\x07", "\x1b]11;rgb:0000/0000/0000\x07"),
                replies("\x1b]12;#fff\x07\x1b]12;?\x07", "\x1b]12;rgb:ffff/ffff/ffff\x07"),
                replies(
                    "\x1b]17;?\x07\x1b]19;?\x07",
                    "\x1b]17;rgb:e5e5/e5e5/e5e5\x07\x1b]19;rgb:0000/0000/0000\x07",
                ),
                replies(
                    "\x1b]10;?;?\x07",
                    "\x1b]10;rgb:e5e5/e5e5/e5e5\x07\x1b]11;rgb:0000/0000/0000\x07",
                ),
            ],
        ),
        entry(
            "OSC 110 ST … OSC 119 ST",
            "",
            "Their defaults again.",
            &[
                replies(
                    "\x1b]11;#fff\x07\x1b]111\x07\x1b]11;?\x07",
                    "\x1b]11;rgb:0000/0000/0000\x07",
                ),
                replies(
                    "\x1b]10;#000\x07\x1b]110\x07\x1b]10;?\x07",
                    "\x1b]10;rgb:e5e5/e5e5/e5e5\x07",
                ),
                replies(
                    "\x1b]12;#000\x07\x1b]112\x07\x1b]12;?\x07",
                    "\x1b]12;rgb:e5e5/e5e5/e5e5\x07",
                ),
            ],
        ),
        entry(
            "OSC 7 ; Pt ST",
            "",
            "The working folder, as `file://` or `kitty-shell-cwd://`.",
            &[
                told(
                    "\x1b]7;file://box/a%20b\x07",
                    "WorkingDirectory(Location { host: \"box\", path: \"/a b\" })",
                ),
                told(
                    "\x1b]7;kitty-shell-cwd://box/a%20b\x07",
                    "WorkingDirectory(Location { host: \"box\", path: \"/a%20b\" })",
                ),
                told("\x1b]7;http://x/y\x07", ""),
            ],
        ),
        entry(
            "OSC 9 ; Pt ST",
            "",
            "A notice.",
            &[
                told(
                    "\x1b]9;done; really\x07",
                    "Notification { title: None, body: \"done; really\" }",
                ),
                told("\x1b]9;2;x\x07", ""),
            ],
        ),
        entry(
            "OSC 9 ; 4 ; Ps ; Ps ST",
            "",
            "Progress: none, going on, failed, of unknown length, paused.",
            &[
                told("\x1b]9;4;1;50\x07", "Progress { state: Normal, percent: Some(50) }"),
                told("\x1b]9;4;3\x07", "Progress { state: Indeterminate, percent: None }"),
            ],
        ),
        entry(
            "OSC 9 ; 9 ; Pt ST",
            "",
            "The working folder.",
            &[told(
                "\x1b]9;9;\"/tmp\"\x07",
                "WorkingDirectory(Location { host: \"\", path: \"/tmp\" })",
            )],
        ),
        entry(
            "OSC 777 ; notify ; Pt ; Pt ST",
            "",
            "A notice with a title.",
            &[told("\x1b]777;notify;T;B\x07", "Notification { title: Some(\"T\"), body: \"B\" }")],
        ),
        entry(
            "OSC 99 ; … ST",
            "",
            "Kitty's notices, also in parts. Buttons, icons and questions are read over.",
            &[
                told("\x1b]99;;Hello\x1b\\", "Notification { title: None, body: \"Hello\" }"),
                told(
                    "\x1b]99;i=1:d=0;T\x1b\\\x1b]99;i=1:p=body;B\x1b\\",
                    "Notification { title: Some(\"T\"), body: \"B\" }",
                ),
                told("\x1b]99;i=1:p=?;\x1b\\", ""),
            ],
        ),
        entry(
            "OSC 52 ; Pc ; Pt ST",
            "",
            "Text for the clipboard, 768 KiB at most. It is never told.",
            &[told("\x1b]52;c;aGk=\x07", "Clipboard([104, 105])"), told("\x1b]52;c;?\x07", "")],
        ),
        entry(
            "OSC 133 ; C ST",
            "",
            "A shell's prompt (A, P, N), command line (B, I), output (C), end with a status (D).",
            &[
                told("\x1b]133;A;k=i\x07\x1b]133;B\x07", "Prompt(Prompt) Prompt(Command)"),
                told(
                    "\x1b]133;C\x07\x1b]133;D;130;aid=1\x07",
                    "Prompt(Output) Prompt(End(Some(130)))",
                ),
                told(
                    "\x1b]133;P;k=s\x07\x1b]133;N\x07\x1b]133;I\x07",
                    "Prompt(Prompt) Prompt(Prompt) Prompt(Command)",
                ),
            ],
        ),
        entry(
            "OSC 633 ; C ST",
            "",
            "Visual Studio Code's form of it: A, B, C, D, and the folder (`P;Cwd=`).",
            &[
                told("\x1b]633;A\x07\x1b]633;D;1\x07", "Prompt(Prompt) Prompt(End(Some(1)))"),
                told(
                    "\x1b]633;P;Cwd=/a\\x3bb\\\\c\x07",
                    "WorkingDirectory(Location { host: \"\", path: \"/a;b\\\\c\" })",
                ),
                told("\x1b]633;E;rm;nonce\x07\x1b]633;P;IsWindows=False\x07", ""),
            ],
        ),
        entry(
            "OSC 1337 ; CurrentDir=Pt ST",
            "",
            "The working folder. What else iTerm2 knows, but for images, is read over.",
            &[
                told(
                    "\x1b]1337;CurrentDir=/tmp\x07",
                    "WorkingDirectory(Location { host: \"\", path: \"/tmp\" })",
                ),
                told("\x1b]1337;SetMark\x07", ""),
            ],
        ),
        entry(
            "OSC 7501 ; Pt ST",
            "program status",
            "What the program says that it does. A question (`?`) is answered by itself.",
            &[
                told("\x1b]7501;state=idle\x07", "Status(\"state=idle\")"),
                is("\x1b]7501;state=idle\x07", |t| t.status() == "state=idle"),
                is("\x1b]7501;state=idle\x07\x1b]7501;state=clear\x07", |t| t.status().is_empty()),
                replies("\x1b]7501;?\x07", "\x1b]7501;?\x07"),
            ],
        ),
    ],
};
