//! Messages as JSON, as Gas Town prints them.

use serde::Serialize;
use towline_ledger::mail::Mail;

/// A message.
#[derive(Debug, Serialize)]
pub(crate) struct MailJson<'a> {
    id: &'a str,
    from: &'a str,
    to: &'a str,
    subject: &'a str,
    body: &'a str,
    timestamp: Option<String>,
    read: bool,
    priority: &'static str,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    thread_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reply_to: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    wisp: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    cc: &'a [String],
}

impl<'a> From<&'a Mail> for MailJson<'a> {
    fn from(mail: &'a Mail) -> Self {
        Self {
            id: &mail.id,
            from: &mail.from,
            to: &mail.to,
            subject: &mail.subject,
            body: &mail.body,
            timestamp: mail.at.map(|at| at.to_string()),
            read: mail.read,
            priority: mail.urgency.name(),
            kind: &mail.kind,
            thread_id: &mail.thread,
            reply_to: &mail.reply_to,
            pinned: mail.pinned,
            wisp: mail.wisp,
            cc: &mail.cc,
        }
    }
}

/// Several.
pub(crate) fn all(mails: &[Mail]) -> Vec<MailJson<'_>> {
    mails.iter().map(MailJson::from).collect()
}
