//! Changes, follows, attaching, and a shell that goes.

use super::*;
use crate::tmux::TmuxError;

#[tokio::test]
async fn changes_are_told_and_the_client_that_watches_is_no_person() {
    let (tmux, pane) = Tmux::with(&["cat"]).await;
    tmux.run(&["new-session", "-d", "-s", "other", "-x", "70", "-y", "20", "cat"]);
    let before =
        tmux.run(&["list-windows", "-a", "-F", "#{window_id} #{window_width}x#{window_height}"]);
    let mut changes = tmux.driver.changes();
    let clients = async || {
        let clients = tmux.run(&["list-clients", "-F", "#{client_control_mode}"]);
        (clients == "1").then_some(())
    };
    wait("the client", clients).await;
    assert!(tmux.panes().await.iter().all(|pane| pane.attached == 0));
    assert_eq!(
        tmux.run(&["list-windows", "-a", "-F", "#{window_id} #{window_width}x#{window_height}"]),
        before
    );
    // Each is told; what came together may be told once.
    let until = async |changes: &mut crate::tmux::Changes, done: &dyn Fn(&[v1::Pane]) -> bool| {
        tokio::time::timeout(DEADLINE, async {
            loop {
                changes.next().await.unwrap();
                if done(&tmux.panes().await) {
                    return;
                }
            }
        })
        .await
        .expect("a change is told");
    };
    tmux.run(&["split-window", "-d", "-t", "other:", "cat"]);
    until(&mut changes, &|panes| panes.len() == 3).await;
    tmux.driver.rename(pane, "renamed").await.unwrap();
    until(&mut changes, &|panes| panes.iter().any(|pane| pane.name == "renamed")).await;
    tmux.run(&["kill-session", "-t", "other"]);
    until(&mut changes, &|panes| panes.len() == 1).await;
    drop(changes);
    wait("the client's end", async || tmux.run(&["list-clients"]).is_empty().then_some(())).await;
}

#[tokio::test]
async fn a_server_that_begins_later_is_noticed() {
    let tmux = Tmux::new();
    let mut changes = tmux.driver.changes();
    changes.next().await.unwrap();
    tmux.run(&["new-session", "-d", "cat"]);
    tokio::time::timeout(DEADLINE, async {
        while tmux.panes().await.is_empty() {
            changes.next().await.unwrap();
        }
        // And its end.
        tmux.run(&["kill-server"]);
        while !tmux.panes().await.is_empty() {
            changes.next().await.unwrap();
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_last_rows_are_told_when_they_change() {
    let (tmux, pane) = Tmux::with(&["cat"]).await;
    let request = v1::Follow { lines: 2, redraw: true, ..v1::Follow::default() };
    let mut rows = tmux.driver.follow(pane, &request);
    let first = rows.next().await.unwrap().unwrap();
    assert_eq!(first.lines, Vec::<String>::new());
    tmux.driver.send(pane, &[text("one"), key("Enter")]).await.unwrap();
    let until = async |rows: &mut crate::tmux::Follow, lines: &[&str]| {
        while rows.next().await.unwrap().unwrap().lines != lines {}
    };
    until(&mut rows, &["one", "one"]).await;
    // A second one shares the shell.
    let mut others = tmux.driver.follow(pane, &request);
    until(&mut others, &["one", "one"]).await;
    tmux.driver.kill(pane, 0).await.unwrap();
    while rows.next().await.is_some() {}
    while others.next().await.is_some() {}
}

#[tokio::test]
async fn each_row_is_told_once() {
    // More than tmux keeps (2,000 rows), but not at once.
    let script = "for i in $(seq 30); do echo old $i; done; read x; n=0; \
        while [ $n -lt 3 ]; do for i in $(seq 1500); do echo new $n $i; done; n=$((n + 1)); read x; done; \
        printf last";
    let (tmux, pane) = Tmux::with(&["sh", "-c", script]).await;
    tmux.wait_for(pane, "old 30").await;
    let mut rows = tmux.driver.follow(pane, &v1::Follow { lines: 2, ..v1::Follow::default() });
    let mut told = Vec::new();
    let until = async |rows: &mut crate::tmux::Follow, told: &mut Vec<String>, last: &str| {
        while told.last().is_none_or(|line| line != last) {
            let followed = rows.next().await.expect("it goes on").unwrap();
            assert!(!followed.gap, "{} rows, the last {:?}", told.len(), told.last());
            told.extend(followed.lines);
        }
    };
    until(&mut rows, &mut told, "old 30").await;
    for n in 0..3 {
        tmux.driver.send(pane, &[key("Enter")]).await.unwrap();
        until(&mut rows, &mut told, &format!("new {n} 1500")).await;
    }
    tmux.driver.send(pane, &[key("Enter")]).await.unwrap();
    while let Some(followed) = rows.next().await {
        told.extend(followed.unwrap().lines);
    }
    let olds = ["old 29", "old 30"].map(str::to_owned).into_iter();
    let news = (0..3).flat_map(|n| (1..=1500).map(move |i| format!("new {n} {i}")));
    let expected: Vec<String> = olds.chain(news).collect();
    told.retain(|line| !line.is_empty() && line != "last");
    let differ = told.iter().zip(&expected).find(|(told, expected)| told != expected);
    assert_eq!((told.len(), differ), (expected.len(), None));
}

#[tokio::test]
async fn a_pane_is_attached_to_on_a_terminal() {
    let (tmux, first) = Tmux::with(&["sh", "-c", "echo this is first; cat"]).await;
    let second = tmux.spawn("second", &["sh", "-c", "echo this is second; cat"]).await.id;
    // Another tmux server is the terminal.
    let outer = |pane: u64, arguments: &[&str]| {
        let output = Command::new("tmux")
            .args(["-u", "-L", &format!("outer{pane}"), "-f", "/dev/null"])
            .args(arguments)
            .envs(environment(tmux.folder.path()))
            .env_remove("TMUX")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for (pane, shown) in [(second, "this is second"), (first, "this is first")] {
        let argv = tmux.driver.attach_argv(pane, false).await.unwrap();
        let argv: Vec<&str> =
            argv.iter().map(|word| if word == ";" { "\\;" } else { word }).collect();
        outer(
            pane,
            &[&["new-session", "-d", "-x", "80", "-y", "24", "env", "-u", "TMUX"], &argv[..]]
                .concat(),
        );
        wait(shown, async || outer(pane, &["capture-pane", "-p"]).contains(shown).then_some(()))
            .await;
        assert_eq!(tmux.pane(pane).await.attached, 1);
        outer(pane, &["kill-server"]);
    }
}

#[tokio::test]
async fn a_shell_that_was_killed_is_opened_anew() {
    let (tmux, pane) = Tmux::with(&["cat"]).await;
    // What the pane is told to type ends the shell that carries it: nobody knows then.
    let lost = tmux.driver.kill_shell().await;
    assert_eq!(lost, TmuxError::ChannelLost { host: "thor".into() });
    assert_eq!(tmux.panes().await.len(), 1);
    tmux.driver.close().await;
    assert_eq!(tmux.pane(pane).await.id, pane);
}

#[tokio::test]
async fn a_host_without_tmux_says_so() {
    let driver = Driver::new(Place { host: "thor".into(), ..Place::here("/no/such/tmux") });
    let listed = driver.list().await.unwrap();
    assert_eq!((listed.panes.len(), listed.version), (0, None));
    let error = driver.peek(1, 1, false).await.unwrap_err();
    assert_eq!(error.to_string(), "thor has no tmux");
    let nobody =
        Place { host: "thor".into(), argv: vec!["/no/such/shell".into()], ..Place::here("") };
    let error = Driver::new(nobody).list().await.unwrap_err();
    assert!(error.to_string().starts_with("cannot run /no/such/shell"), "{error}");
    let silent = Place {
        argv: vec!["sh".into(), "-c".into(), "echo why >&2; exit 1".into()],
        ..Place::here("")
    };
    assert_eq!(Driver::new(silent).list().await.unwrap_err().to_string(), "why");
}

#[tokio::test]
async fn who_follows_later_is_shown_what_another_has_seen() {
    let (tmux, pane) = Tmux::with(&["sh", "-c", "echo one; cat"]).await;
    tmux.wait_for(pane, "one").await;
    let request = v1::Follow { lines: 2, redraw: true, ..v1::Follow::default() };
    for _ in 0..3 {
        let mut rows = tmux.driver.follow(pane, &request);
        let first = tokio::time::timeout(DEADLINE, rows.next()).await.expect("it is shown");
        assert_eq!(first.unwrap().unwrap().lines, ["one"]);
    }
}
