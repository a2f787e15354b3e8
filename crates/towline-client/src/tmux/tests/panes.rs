//! Panes: listing, starting, naming, ending them.

use super::*;
use crate::tmux::TmuxError;

#[tokio::test]
async fn without_a_server_there_are_no_panes() {
    let tmux = Tmux::new();
    let listed = tmux.driver.list().await.unwrap();
    assert_eq!(listed.panes, []);
    assert!(listed.version.unwrap().starts_with(|c: char| c.is_ascii_digit()));
    let error = tmux.driver.peek(3, 1, false).await.unwrap_err();
    assert_eq!(error, TmuxError::NoPane { host: "thor".into(), pane: 3 });
}

#[tokio::test]
async fn a_pane_is_what_it_was_asked_to_be() {
    let tmux = Tmux::new();
    let folder = tmux.folder.path().join("proj ect");
    std::fs::create_dir(&folder).unwrap();
    let request = v1::Spawn {
        project: "proj ect".into(),
        env: vec![b"A=it's; \"x\"\n".to_vec(), b"TMUX=wrong".to_vec()],
        size: Some(v1::Size { cols: 101, rows: 31 }),
        ..tmux.request(
            "",
            &["sh", "-c", "printf '<%s>' \"$A\" \"$1\"; pwd; exec cat", "sh", "a 'b' ;"],
        )
    };
    let pane = tmux.driver.spawn(&request).await.unwrap();
    assert_eq!((pane.name.as_str(), pane.session.as_str()), ("proj ect", "agents"));
    assert_eq!(pane.cwd, folder.as_os_str().as_encoded_bytes());
    assert_eq!(pane.size, Some(v1::Size { cols: 101, rows: 31 }));
    assert_eq!(pane.command, request.command);
    assert!(pane.tmux && pane.pid > 0 && pane.attached == 0);
    let expected = format!("><a 'b' ;>{}", folder.display());
    let lines = tmux.wait_for(pane.id, &expected).await;
    assert_eq!(lines[0], "<it's; \"x\"");
    let again = tmux.driver.spawn(&request).await.unwrap_err();
    assert_eq!(again.to_string(), "thor has a window proj ect already");
}

#[tokio::test]
async fn the_login_shell_sets_the_environment_where_that_is_asked_for() {
    let tmux = Tmux::new();
    std::fs::create_dir(tmux.folder.path().join("far")).unwrap();
    let program = tmux.folder.path().join("far/only-there");
    std::fs::write(&program, "#!/bin/sh\necho found $1\nexec cat\n").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let profile = "echo noise\nPATH=$HOME/far:$PATH\n";
    std::fs::write(tmux.folder.path().join(".profile"), profile).unwrap();
    let request = tmux.request("login", &["only-there", "it's"]);
    let error = tmux.driver.spawn(&request).await.unwrap_err();
    assert_eq!(error.to_string(), "thor has no program only-there");
    let request = v1::Spawn { login_env: true, ..request };
    let pane = tmux.driver.spawn(&request).await.unwrap();
    tmux.wait_for(pane.id, "found it's").await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told() {
    let tmux = Tmux::new();
    let request = v1::Spawn { project: "none".into(), ..tmux.request("", &["cat"]) };
    let error = tmux.driver.spawn(&request).await.unwrap_err();
    let expected = format!("thor has no folder {}/none", tmux.folder.path().display());
    assert_eq!(error.to_string(), expected);
    assert_eq!(tmux.panes().await, []);
}

#[tokio::test]
async fn hostile_names_are_only_names() {
    let tmux = Tmux::new();
    let first = tmux.spawn("first", &["cat"]).await.id;
    for name in HOSTILE {
        let folder = tmux.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let request = v1::Spawn {
            cwd: folder.as_os_str().as_encoded_bytes().to_vec(),
            ..tmux.request(name, &["cat", name])
        };
        // `cat NAME` ends at once; what is told is its start.
        let request = v1::Spawn { command: vec![b"cat".to_vec()], ..request };
        let pane =
            tmux.driver.spawn(&request).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(pane.name, name);
        assert_eq!(pane.cwd, request.cwd, "{name}");
        tmux.driver.kill(pane.id, 0).await.unwrap();
        tmux.driver.rename(first, name).await.unwrap();
        assert_eq!(tmux.pane(first).await.name, name);
    }
    tmux.nothing_ran();
    assert_eq!(tmux.run(&["show-options", "-s"]).matches("@towline").count(), 0);
}

#[tokio::test]
async fn hostile_arguments_and_sessions_are_only_words() {
    let tmux = Tmux::new();
    let show = ["sh", "-c", "printf '<%s>\\n' \"$@\"; exec cat", "sh"];
    let pane = tmux.spawn("words", &[&show[..], &HOSTILE].concat()).await;
    let last = format!("<{}>", HOSTILE[HOSTILE.len() - 1]);
    let lines = tmux.wait_for(pane.id, &last).await;
    let expected: Vec<String> = HOSTILE.iter().map(|word| format!("<{word}>")).collect();
    assert_eq!(lines, expected);
    for (number, session) in HOSTILE.iter().enumerate() {
        let request = |pane: usize| v1::Spawn {
            session: (*session).into(),
            ..tmux.request(&format!("s{number}-{pane}"), &["cat"])
        };
        let first = tmux.driver.spawn(&request(1)).await.unwrap();
        // tmux keeps neither `:` nor `.` in a session's name.
        assert_eq!(first.session, session.replace([':', '.'], "_"));
        let second = tmux.driver.spawn(&request(2)).await.unwrap();
        assert_eq!(second.session, first.session, "the same session");
        assert_ne!(second.window, first.window);
    }
    tmux.nothing_ran();
}

#[tokio::test]
async fn a_large_environment_goes_through_a_file_that_is_gone() {
    let tmux = Tmux::new();
    let value = "v".repeat(60_000);
    let request = v1::Spawn {
        env: vec![
            format!("BIG={value}").into_bytes(),
            format!("TMPDIR={}", tmux.folder.path().display()).into_bytes(),
        ],
        ..tmux.request("big", &["sh", "-c", "echo ${#BIG}; exec cat"])
    };
    let pane = tmux.driver.spawn(&request).await.unwrap();
    tmux.wait_for(pane.id, "60000").await;
}

#[tokio::test]
async fn names_that_others_gave_are_listed_whole() {
    let tmux = Tmux::new();
    let folder = tmux.folder.path().join("a\tb\nc é");
    std::fs::create_dir(&folder).unwrap();
    let cwd = folder.to_string_lossy().into_owned();
    tmux.run(&["new-session", "-d", "-s", "a b'c", "-n", "tab\tline\nend", "-c", &cwd, "cat"]);
    tmux.run(&["split-window", "-d", "exec sleep 1000"]);
    let panes = tmux.panes().await;
    assert_eq!(panes.len(), 2);
    assert_eq!(panes[0].session, "a b'c");
    assert_eq!(panes[0].cwd, cwd.as_bytes());
    assert_eq!((panes[0].pane, panes[1].pane), (0, 1));
    assert_eq!(panes[1].command, [&b"exec"[..], b"sleep", b"1000"]);
    assert!(panes[0].name.starts_with("tab"), "{}", panes[0].name);
    assert_eq!(panes[0].title, "");
}

#[tokio::test]
async fn an_agent_is_found_below_a_shell() {
    let tmux = Tmux::new();
    // A program of that name: what it does is no matter.
    let agent = tmux.folder.path().join("claude");
    std::fs::write(&agent, "#!/bin/sh\necho ready\nread x\n").unwrap();
    std::fs::set_permissions(&agent, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let pane = tmux.spawn("agent", &["sh", "-c", "./claude; exec cat"]).await.id;
    tmux.wait_for(pane, "ready").await;
    assert_eq!(tmux.pane(pane).await.agent.map(|agent| agent.kind).as_deref(), Some("claude"));
    tmux.driver.send(pane, &[key("Enter")]).await.unwrap();
    wait("the agent's end", async || tmux.pane(pane).await.agent.is_none().then_some(())).await;
}

#[tokio::test]
async fn a_pane_is_closed_even_if_its_program_does_not_mind_a_hangup() {
    let (tmux, pane) =
        Tmux::with(&["sh", "-c", "trap '' HUP TERM; echo ready; while :; do sleep 0.1; done"])
            .await;
    tmux.wait_for(pane, "ready").await;
    let pid = tmux.pane(pane).await.pid;
    assert_eq!(tmux.driver.kill(pane, 0).await, Ok(true));
    assert!(tmux.panes().await.is_empty());
    let gone = || !Path::new(&format!("/proc/{pid}/stat")).exists();
    wait("the program's end", async || gone().then_some(())).await;
    let error = tmux.driver.kill(pane, 0).await.unwrap_err();
    assert!(matches!(error, TmuxError::NoPane { .. }), "{error}");
}

#[tokio::test]
async fn a_signal_goes_to_what_runs_in_the_foreground() {
    let (tmux, pane) = Tmux::with(&[
        "sh",
        "-ic",
        "trap 'echo got it' INT; echo ready; sh -c 'sleep 1000'; echo next; exec cat",
    ])
    .await;
    tmux.wait_for(pane, "ready").await;
    assert_eq!(tmux.driver.kill(pane, libc::SIGINT).await, Ok(false));
    wait("what comes after", async || {
        tmux.lines(pane).await.iter().any(|line| line.contains("next")).then_some(())
    })
    .await;
    assert_eq!(tmux.driver.kill(pane, libc::SIGTERM).await, Ok(true));
}

#[tokio::test]
async fn a_pane_that_tmux_keeps_tells_how_it_ended() {
    let tmux = Tmux::new();
    tmux.run(&["new-session", "-d", "-n", "kept", "read x; exit 7"]);
    tmux.run(&["set-option", "-w", "remain-on-exit", "on"]);
    let pane = tmux.panes().await[0].id;
    let waited = tokio::spawn({
        let place_driver =
            Driver::new(Place { env: environment(tmux.folder.path()), ..Place::here("tmux") });
        async move { place_driver.wait_exit(pane).await }
    });
    tmux.driver.send(pane, &[key("Enter")]).await.unwrap();
    let exit = waited.await.unwrap().unwrap();
    // Now and then a busy tmux never learns of it.
    let at = format!("%{pane}");
    let told = tmux.run(&["display-message", "-p", "-t", &at, "#{pane_dead_status}"]);
    assert_eq!(exit.status, told.parse().ok());
    assert!(exit.status.is_none_or(|status| status == 7) && exit.at > 0, "{exit:?}");
    assert_eq!(tmux.driver.send(pane, &[key("a")]).await, Err(TmuxError::Ended { pane }));
    assert_eq!(tmux.driver.kill(pane, 0).await, Ok(true));
}
