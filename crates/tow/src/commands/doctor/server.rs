//! The server: whether it answers, and which version it is.

use towline_client::Connection;
use towline_protocol::v1::{self, reply, request};

use super::finding::Finding;
use crate::context::Context;

/// Looks at the server, and returns a connection where it answers. It is not started.
pub(super) async fn check(context: &Context) -> (Option<Connection>, Vec<Finding>) {
    let finding = Finding::of("server");
    let connection = match context.connect_running().await {
        Ok(Some(connection)) => connection,
        Ok(None) => return (None, vec![not_running(finding, was_stopped(context))]),
        Err(error) => {
            let fix =
                error.hints.first().cloned().unwrap_or_else(|| "tow server restart".to_owned());
            return (None, vec![finding.failed(error.message).fix(fix)]);
        }
    };
    let status = match connection.request(request::Body::Status(v1::Status {})).await {
        Ok(reply::Body::Status(status)) => status,
        Ok(_) => v1::StatusReply::default(),
        Err(error) => {
            let finding =
                finding.failed(format!("it takes connections and does not answer: {error}"));
            return (None, vec![finding.fix("tow server restart")]);
        }
    };
    let mut findings = vec![answering(finding, &status, env!("CARGO_PKG_VERSION"))];
    findings.extend(status.degraded.into_iter().map(|what| Finding::of("server").warning(what)));
    (Some(connection), findings)
}

fn was_stopped(context: &Context) -> bool {
    context.paths().is_ok_and(|paths| paths.stopped_mark().exists())
}

fn not_running(finding: Finding, stopped: bool) -> Finding {
    match stopped {
        true => finding.warning("somebody stopped it; panes run on").fix("tow server start"),
        false => finding.ok("not running: the next command starts it"),
    }
}

fn answering(finding: Finding, status: &v1::StatusReply, own: &str) -> Finding {
    if status.version == own {
        return finding.ok(format!("answers (process {}, version {own})", status.pid));
    }
    finding
        .warning(format!("it is version {}, this program is {own}", status.version))
        .fix("tow server restart")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn another_version_is_told() {
        let status = v1::StatusReply { pid: 5, version: "1.0".to_owned(), ..Default::default() };
        assert_eq!(
            answering(Finding::of("server"), &status, "1.0"),
            Finding::of("server").ok("answers (process 5, version 1.0)")
        );
        assert_eq!(answering(Finding::of("server"), &status, "1.1").status, Status::Warning);
        assert_eq!(not_running(Finding::of("server"), false).status, Status::Ok);
        assert_eq!(
            not_running(Finding::of("server"), true).fix.as_deref(),
            Some("tow server start")
        );
    }
}
