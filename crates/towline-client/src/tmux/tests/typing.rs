//! Typing and looking.

use super::*;
use crate::tmux::TmuxError;

#[tokio::test]
async fn hostile_texts_arrive_as_they_are() {
    let (tmux, pane) = Tmux::with(&["cat", "-u"]).await;
    for hostile in HOSTILE {
        tmux.driver.send(pane, &[text(hostile), enter()]).await.unwrap();
        // Once from the terminal's echo, once from cat.
        wait(hostile, async || {
            let lines = tmux.lines(pane).await;
            (lines.iter().filter(|line| *line == hostile).count() == 2).then_some(())
        })
        .await;
    }
    tmux.nothing_ran();
    assert_eq!(tmux.run(&["list-buffers"]), "");
}

#[tokio::test]
async fn a_text_of_many_lines_and_a_large_one_arrive_whole() {
    let (tmux, pane) =
        Tmux::with(&["sh", "-c", "stty raw -echo; printf ready; head -c 300000 | cksum; exec cat"])
            .await;
    wait("raw", async || tmux.lines(pane).await.contains(&"ready".to_owned()).then_some(())).await;
    let large = "line 'one'\n".repeat(300_000 / 11 + 1);
    let large = &large[..300_000];
    tmux.driver.send(pane, &[text(large)]).await.unwrap();
    let mut sum = Command::new("cksum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut sum.stdin.take().unwrap(), large.replace('\n', "\r").as_bytes())
        .unwrap();
    let sum = String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap();
    wait("the sum", async || {
        tmux.lines(pane).await.iter().any(|line| line.contains(sum.trim())).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_paste_is_bracketed_where_the_program_asked_for_it_and_a_command_is_typed() {
    let show = "stty raw -echo; printf '\\033[?2004hready'; cat -v";
    let (tmux, pane) = Tmux::with(&["sh", "-c", show]).await;
    wait("raw", async || tmux.lines(pane).await.contains(&"ready".to_owned()).then_some(())).await;
    let raw = v1::SendStep { step: Some(Step::Raw(b"\0\xff\x01".to_vec())), calm: false };
    tmux.driver
        .send(
            pane,
            &[
                text("a\nb"),
                text("/status"),
                text(""),
                raw,
                key("C-c"),
                key("M-x"),
                key(";"),
                key("Up"),
            ],
        )
        .await
        .unwrap();
    wait("all of it", async || {
        let shown = tmux.lines(pane).await.concat();
        (shown == "ready^[[200~a^Mb^[[201~/status^@M-^?^A^C^[x;^[[A").then_some(())
    })
    .await;
}

#[tokio::test]
async fn somebody_who_scrolled_back_does_not_catch_what_is_typed() {
    let (tmux, pane) = Tmux::with(&["cat"]).await;
    tmux.run(&["copy-mode", "-t", &format!("%{pane}")]);
    tmux.driver.send(pane, &[text("q text"), key("Enter")]).await.unwrap();
    tmux.wait_for(pane, "q text").await;
}

#[tokio::test]
async fn what_can_not_be_typed_is_told_before_anything_is() {
    let (tmux, pane) = Tmux::with(&["cat"]).await;
    let error = tmux.driver.send(pane, &[text("no"), key("Entr")]).await.unwrap_err();
    assert!(matches!(error, TmuxError::Invalid(_)), "{error}");
    let long = "x".repeat(5000);
    let error = tmux.driver.send(pane, &[text("no"), text(&long)]).await.unwrap_err();
    assert_eq!(error, TmuxError::LineTooLong { bytes: 5000, most: 4095 });
    tmux.run(&["select-pane", "-d", "-t", &format!("%{pane}")]);
    let error = tmux.driver.send(pane, &[text("no")]).await.unwrap_err();
    assert_eq!(error, TmuxError::InputOff { pane });
    assert_eq!(tmux.lines(pane).await, Vec::<String>::new());
    let error = tmux.driver.send(pane + 9, &[text("no")]).await.unwrap_err();
    assert!(matches!(error, TmuxError::NoPane { .. }), "{error}");
}

#[tokio::test]
async fn scrollback_and_screen_are_read_as_one() {
    let print = r"i=0; while [ $i -lt 60 ]; do printf '\033[3%dmline %d\033[m\n' $((i % 8)) $i; i=$((i + 1)); done; printf 'end 日本 é'; cat";
    let (tmux, pane) = Tmux::with(&["sh", "-c", print]).await;
    tmux.wait_for(pane, "end 日本 é").await;
    let peeked = tmux.driver.peek(pane, 30, false).await.unwrap();
    let expected: Vec<String> =
        (31..60).map(|n| format!("line {n}")).chain(["end 日本 é".to_owned()]).collect();
    assert_eq!(peeked.lines, expected);
    assert_eq!(peeked.first_line, 31);
    let ansi = tmux.driver.peek(pane, 2, true).await.unwrap().lines;
    assert_eq!(ansi[0].replace("\x1b[0m", "\x1b[m"), "\x1b[33mline 59\x1b[m");
    assert_eq!(tmux.driver.peek(pane, 0, false).await.unwrap().lines.len(), 24);
}
