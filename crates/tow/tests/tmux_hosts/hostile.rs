//! Names and texts that would do something if anybody read them as more than that.

use towline_testkit::{Setup, wait_until};

use crate::loki;

const HOSTILE: [&str; 14] = [
    "'; touch x; '",
    "$(touch x)",
    "`touch x`",
    "\"; touch x; \"",
    "-t",
    "C-c",
    "Enter",
    "trailing;",
    ";",
    "#(touch x)",
    "#{pane_id} #S",
    "a:b.c",
    "%H $HOME back\\slash",
    "日本 é 🙂",
];

#[test]
fn names_and_texts_are_literal_on_the_whole_way() {
    let fleet = loki(Setup::tmux().shell("bash"));
    let host = fleet.host_named("loki");
    for name in HOSTILE {
        host.project(name);
        let folder = host.projects().join(name);
        let options = [format!("--name={name}"), format!("--cwd={}", folder.display())];
        let words = ["--", "sh", "-c", "echo \"<$1>\"; exec cat", "sh", name];
        let spawn = ["spawn", "--on", "loki", "-d", "--json", &options[0], &options[1]];
        let pane = fleet.tow.json(&[&spawn[..], &words].concat());
        let id = format!("loki:{}", pane["id"].as_str().unwrap());
        assert_eq!(pane["name"], name);
        assert_eq!(pane["cwd"], folder.to_str().unwrap());
        fleet.tow.ok(&["send", &id, "--", name]);
        wait_until(name, || {
            let shown = fleet.tow.ok(&["peek", &id]);
            let lines: Vec<&str> = shown.lines().collect();
            // What the program was given, the terminal's echo, and what came of it.
            (lines == [&format!("<{name}>"), name, name]).then_some(())
        });
        let exact = format!("loki:={name}");
        assert_eq!(fleet.tow.json(&["info", &exact, "--json"])["id"], pane["id"]);
        fleet.tow.ok(&["rename", &id, "--", &format!("{name}!")]);
        fleet.tow.ok(&["kill", &format!("loki:={name}!")]);
    }
    let found = host.sh("find . -name x").expect_status(0);
    assert_eq!(found.stdout, "");
}

#[test]
fn a_long_text_arrives_whole() {
    let fleet = loki(Setup::tmux());
    crate::spawn(&fleet, "app", "stty raw -echo; printf ready; head -c 200000 | cksum; exec cat");
    fleet.tow.wait_output("loki:app", "ready");
    let text = "line 'of' $(text)\n".repeat(200_000 / 18 + 1);
    let text = &text.as_bytes()[..200_000];
    fleet.tow.run_with_input(&["send", "loki:app", "--stdin", "--no-enter"], text).expect_status(0);
    let typed: Vec<u8> =
        text.iter().map(|byte| if *byte == b'\n' { b'\r' } else { *byte }).collect();
    std::fs::write(fleet.tow.work().join("typed"), typed).unwrap();
    let sum = std::process::Command::new("cksum")
        .stdin(std::fs::File::open(fleet.tow.work().join("typed")).unwrap())
        .output();
    let sum = String::from_utf8(sum.unwrap().stdout).unwrap();
    fleet.tow.wait_output("loki:app", sum.trim());
    let long = "x".repeat(5000);
    crate::spawn(&fleet, "lines", "cat");
    fleet
        .tow
        .run(&["send", "loki:lines", &long])
        .expect_error(1, "longer than the program's terminal takes");
}
