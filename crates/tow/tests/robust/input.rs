//! What is typed arrives whole, in order, once, and as nothing but what it is.

use std::io::{Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde_json::Value;
use towline_protocol::v1::{self, client_frame, request, server_frame};
use towline_protocol::{FrameDecoder, PREAMBLE, encode_frame};
use towline_testkit::{Tow, exists, wait_until};

use crate::tow;

/// A pane in raw mode that writes what it reads into the file `typed`; with the modes that `printf` sets.
fn raw(tow: &Tow, printf: &str) -> PathBuf {
    tow.spawn("x", &format!("stty raw -echo; printf '{printf}ready'; exec cat > typed"));
    tow.wait_output("x", "ready");
    tow.work().join("typed")
}

/// Waits until a file has so many bytes, and returns them.
#[track_caller]
fn typed(file: &Path, length: usize) -> Vec<u8> {
    wait_until("all has arrived", || {
        let bytes = std::fs::read(file).ok()?;
        (bytes.len() >= length).then_some(bytes)
    })
}

/// Waits until the file holds this and nothing else.
#[track_caller]
fn check_typed(file: &Path, expected: &str) {
    let bytes = typed(file, expected.len());
    assert_eq!(bytes.escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string());
}

#[test]
fn a_line_that_would_be_cut_is_refused_and_nothing_of_it_typed() {
    let tow = tow();
    tow.spawn("x", "echo ready; while IFS= read -r x; do printf '%s\\n' \"$x\" >> lines; done");
    tow.wait_output("x", "ready");
    let long = "y".repeat(6000);
    for arguments in [vec!["send", "x", &long], vec!["send", "x", "--no-enter", &long]] {
        let told = tow.run(&arguments).expect_error(1, "4,095 bytes");
        assert!(told.stderr.contains("\nhint: "), "{told:?}");
    }
    let text = format!("short\n{long}\nshort");
    tow.run_with_input(&["send", "x", "--stdin"], text.as_bytes()).expect_error(1, "4,095 bytes");
    // As long as a line may be, in several lines.
    let longest = "z".repeat(4095);
    let text = format!("{longest}\n{longest}\n");
    tow.run_with_input(&["send", "x", "--stdin"], text.as_bytes()).expect_status(0);
    tow.ok(&["send", "x", "last"]);
    let expected = format!("{longest}\n{longest}\nlast\n");
    assert_eq!(typed(&tow.work().join("lines"), expected.len()), expected.as_bytes());
}

#[test]
fn a_long_line_arrives_whole_in_raw_mode() {
    let tow = tow();
    let file = raw(&tow, "");
    let long: String = (0..6000).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    tow.ok(&["send", "x", &long]);
    check_typed(&file, &format!("{long}\r"));
}

#[test]
fn a_megabyte_for_a_slow_reader_arrives_whole_and_in_order() {
    let tow = tow();
    // Takes 4 KiB at a time, and does something else in between.
    tow.spawn("x", "stty raw -echo; echo ready; while dd bs=4096 count=1 2>/dev/null >> typed; do read x < /proc/uptime; done");
    tow.wait_output("x", "ready");
    let text: String = (0..1024 * 1024 / 8).map(|n| format!("{n:07} ")).collect();
    tow.run_with_input(&["send", "x", "--stdin", "--no-enter"], text.as_bytes()).expect_status(0);
    let arrived = typed(&tow.work().join("typed"), text.len());
    assert!(arrived == text.as_bytes(), "{} bytes arrived", arrived.len());
}

#[test]
fn what_is_too_long_to_be_typed_is_told() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    let text = vec![b'x'; 17 * 1024 * 1024];
    let told = tow.run_with_input(&["send", "x", "--stdin"], &text).expect_error(2, "too many");
    assert!(told.stderr.contains("\nhint: "), "{told:?}");
}

#[test]
fn a_client_that_types_more_than_a_frame_holds_is_refused_and_harms_nobody() {
    let tow = tow();
    let file = raw(&tow, "");
    let mut stream = UnixStream::connect(tow.state().join("server.sock")).unwrap();
    stream.set_read_timeout(Some(towline_testkit::DEADLINE)).unwrap();
    let mut bytes = PREAMBLE.to_vec();
    let hello = v1::ClientHello { protocol_min: 1, protocol_max: 1, ..Default::default() };
    encode_frame(&hello, &mut bytes);
    let attach = v1::Attach {
        target: Some(v1::Target { text: "x".into(), ..Default::default() }),
        client: vec![7; 16],
        size: Some(v1::Size { cols: 80, rows: 24 }),
        credit: 64 * 1024,
        ..Default::default()
    };
    let attach =
        v1::Request { id: 1, body: Some(request::Body::Attach(attach)), ..Default::default() };
    let input = v1::Input { stream: 1, seq: 1, data: vec![b'x'; 2 * 1024 * 1024] };
    for body in [client_frame::Body::Request(attach), client_frame::Body::Input(input)] {
        encode_frame(&v1::ClientFrame { body: Some(body) }, &mut bytes);
    }
    stream.write_all(&bytes).unwrap();
    let mut decoder = FrameDecoder::new();
    let mut preamble = [0; PREAMBLE.len()];
    stream.read_exact(&mut preamble).unwrap();
    let mut buffer = [0; 4096];
    let mut greeted = false;
    let error = loop {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the server has closed the connection");
        decoder.extend(&buffer[..count]);
        if !greeted {
            greeted = decoder.next::<v1::ServerHello>().unwrap().is_some();
        }
        let mut frames = std::iter::from_fn(|| decoder.next::<v1::ServerFrame>().unwrap());
        let ack = frames.find_map(|frame| match frame.body {
            Some(server_frame::Body::InputAck(ack)) if greeted => Some(ack),
            _ => None,
        });
        if let Some(ack) = ack {
            break ack.error.unwrap();
        }
    };
    assert_eq!(error.kind(), v1::ErrorKind::Invalid);
    tow.ok(&["send", "x", "hello"]);
    check_typed(&file, "hello\r");
}

#[test]
fn two_long_ones_at_once_do_not_mix() {
    let tow = tow();
    let file = raw(&tow, "");
    let texts = ["a", "b", "c"].map(|letter| letter.repeat(400_000));
    std::thread::scope(|scope| {
        for text in &texts {
            let send = || tow.run_with_input(&["send", "x", "--stdin"], text.as_bytes());
            scope.spawn(move || send().expect_status(0));
        }
    });
    let arrived = String::from_utf8(typed(&file, 1_200_003)).unwrap();
    let mut parts: Vec<&str> = arrived.split_terminator('\r').collect();
    parts.sort_unstable();
    assert!(parts == texts, "the parts have {:?} bytes", parts.iter().map(|part| part.len()));
}

#[test]
fn a_paste_is_bracketed_and_nothing_in_it_ends_the_bracket() {
    let tow = tow();
    let file = raw(&tow, "\\033[?2004h");
    tow.ok(&["send", "x", "--no-enter", "two words"]);
    let mut expected = "\x1b[200~two words\x1b[201~".to_owned();
    check_typed(&file, &expected);
    let hostile = "a\x1b[201~rm -rf\x1b[20\x1b[201~1~\x03\nb\u{9b}201~c";
    tow.run_with_input(&["send", "x", "--stdin", "--no-enter"], hostile.as_bytes())
        .expect_status(0);
    // Typed, not pasted.
    tow.ok(&["send", "x", "/status"]);
    let arrived = wait_until("all has arrived", || {
        let text = String::from_utf8(std::fs::read(&file).ok()?).ok()?;
        text.ends_with("/status\r").then_some(text)
    });
    let paste = arrived.strip_prefix(&expected).unwrap().strip_suffix("/status\r").unwrap();
    let inside = paste.strip_prefix("\x1b[200~").unwrap().strip_suffix("\x1b[201~").unwrap();
    assert!(!inside.contains(|c: char| c.is_control() && c != '\r'), "{inside:?}");
    assert!(inside.starts_with("arm -rf") && inside.ends_with('c'), "{inside:?}");
    // What is no UTF-8 can't smuggle one in either.
    let hostile = b"\xff\x1b[201~reboot\r";
    tow.run_with_input(&["send", "x", "--stdin", "--no-enter"], hostile).expect_status(0);
    tow.ok(&["send", "x", "--key", "F12"]);
    expected.clear();
    let arrived = wait_until("all has arrived", || {
        let bytes = std::fs::read(&file).ok()?;
        bytes.ends_with(b"\x1b[24~").then_some(bytes)
    });
    let tail = &arrived[arrived.iter().position(|byte| *byte == 0xff).unwrap()..];
    let ends = |part: &[u8]| part.windows(6).filter(|window| window == b"\x1b[201~").count();
    assert!(ends(tail) <= 1, "{}", tail.escape_ascii());
}

#[test]
fn without_bracketed_paste_line_ends_are_enter() {
    let tow = tow();
    let file = raw(&tow, "");
    tow.run_with_input(&["send", "x", "--stdin", "--no-enter"], b"a\nb\r\nc\td").expect_status(0);
    check_typed(&file, "a\rb\rc\td");
}

#[test]
fn keys_have_the_bytes_of_the_modes_that_are_set() {
    let tow = tow();
    let keys =
        ["Up", "C-c", "M-x", "Tab", "BSpace", "Escape", "F1", "S-Tab", "Space", "PageUp", "C-Left"];
    for (name, printf, expected) in [
        ("normal", "", "\x1b[A\x03\x1bx\t\x7f\x1b\x1bOP\x1b[Z \x1b[5~\x1b[1;5D"),
        ("application", "\\033[?1h", "\x1bOA\x03\x1bx\t\x7f\x1b\x1bOP\x1b[Z \x1b[5~\x1b[1;5D"),
    ] {
        let line = format!("stty raw -echo; printf '{printf}ready'; exec cat > {name}.typed");
        tow.spawn(name, &line);
        tow.wait_output(name, "ready");
        let mut arguments = vec!["send", name];
        keys.iter().for_each(|key| arguments.extend(["--key", key]));
        tow.ok(&arguments);
        check_typed(&tow.work().join(format!("{name}.typed")), expected);
        tow.run(&["send", name, "--key", "Foo"]).expect_error(2, "Foo");
    }
}

#[test]
fn names_with_control_characters_are_refused() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    for name in ["a\x1bb", "a\nb", "a\x7f", "a\u{85}b", "a\t"] {
        let told = tow.run(&["spawn", "--detach", "--name", name, "--", "true"]);
        told.expect_error(2, "control characters");
        tow.run(&["rename", "x", name]).expect_error(2, "control characters");
    }
    tow.run(&["spawn", "--detach", "--name", "", "--", "true"]).expect_error(2, "name");
    let mut command = tow.command(&["spawn", "--detach", "--name"]);
    command.arg(std::ffi::OsStr::from_bytes(b"\xff")).args(["--", "true"]);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.starts_with("tow: ") && told.contains("UTF-8"), "{told}");
    assert_eq!(tow.panes().len(), 1);
}

#[test]
fn words_of_a_command_and_its_folder_arrive_literally() {
    let tow = tow();
    let folder: PathBuf = tow.work().join(std::ffi::OsString::from_vec(
        b"a 'folder' \"with\"\nnew line $(id) \\ \xc3\xbc \xff;&|*".to_vec(),
    ));
    std::fs::create_dir(&folder).unwrap();
    let words: [&[u8]; 9] = [
        b"plain",
        b"with space",
        b"it's",
        b"\"double\"",
        b"new\nline",
        b"$(touch pwned) `id` $HOME",
        "名前 é".as_bytes(),
        b"not \xff\xfe utf-8 \x80",
        b"",
    ];
    let script = "for word; do printf '%s\\0' \"$word\"; done > new; pwd > cwd; mv new words; exec sleep 1000";
    let mut command = tow.command(&["spawn", "--detach", "--name", "it's \"a\" name; ü", "--cwd"]);
    command.arg(&folder).args(["--", "sh", "-c", script, "sh"]);
    command.args(words.map(std::ffi::OsStr::from_bytes));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    wait_until("it has run", || exists(&folder.join("words")));
    let got = std::fs::read(folder.join("words")).unwrap();
    let expected: Vec<u8> = words.iter().flat_map(|word| [word, &b"\0"[..]].concat()).collect();
    assert_eq!(got.escape_ascii().to_string(), expected.escape_ascii().to_string());
    let cwd = std::fs::read(folder.join("cwd")).unwrap();
    assert_eq!(cwd.strip_suffix(b"\n").unwrap(), folder.as_os_str().as_bytes());
    // The rest, by whatever way it is shown.
    let check = || {
        let list: Value = tow.json(&["list", "--json"]);
        let pane = &list["panes"][0];
        assert_eq!(pane["name"], "it's \"a\" name; ü");
        let command: Vec<&str> =
            pane["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(
            command[3..12],
            [
                "sh",
                "plain",
                "with space",
                "it's",
                "\"double\"",
                "new\nline",
                "$(touch pwned) `id` $HOME",
                "名前 é",
                "not \u{fffd}\u{fffd} utf-8 \u{fffd}"
            ]
        );
        assert!(pane["cwd"].as_str().unwrap().contains("new line $(id) \\ ü \u{fffd};&|*"));
        for arguments in [&["list"][..], &["info", "it's \"a\" name; ü"]] {
            let text = tow.ok(arguments);
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
        assert_eq!(tow.ok(&["list"]).lines().count(), 2, "each pane is one line");
    };
    check();
    tow.kill_server();
    check();
    assert!(!folder.join("pwned").exists() && !tow.work().join("pwned").exists());
    let target = output.stdout.strip_suffix(b"\n").unwrap();
    tow.ok(&["kill", "--", std::str::from_utf8(target).unwrap()]);
}

#[test]
fn a_title_can_not_reach_the_terminal_of_who_lists() {
    let tow = tow();
    tow.spawn("x", r"printf '\033]2;evil\033\\\033]2;a\tb\302\233c\007'; printf '\033]2;\302\205evil\177\007'; exec sleep 1000");
    wait_until("the title is there", || {
        tow.pane("x")["title"].as_str().filter(|title| title.contains("evil")).map(drop)
    });
    for arguments in [&["list", "--color", "always"][..], &["info", "x"], &["list", "--json"]] {
        let text = tow.ok(arguments).replace("\x1b[", "");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
}
