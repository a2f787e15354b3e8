//! A stream's credit: how many bytes its client has said it can take.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::Notify;

/// The least credit a stream starts with, in bytes, whatever the client asks for.
const LEAST: i64 = 64 * 1024;

/// The most credit that is believed, in bytes: what may wait in the server's memory for one stream.
const MOST: i64 = 4 * 1024 * 1024;

/// A stream's credit. It may fall below zero by one painting, which is sent whole.
#[derive(Debug)]
pub(crate) struct Window {
    credit: AtomicI64,
    more: Notify,
}

impl Window {
    pub(crate) fn new(credit: u64) -> Self {
        let credit = i64::try_from(credit).unwrap_or(MOST).clamp(LEAST, MOST);
        Self { credit: AtomicI64::new(credit), more: Notify::new() }
    }

    /// Whether anything may be sent.
    pub(crate) fn open(&self) -> bool {
        self.credit.load(Ordering::Acquire) > 0
    }

    pub(crate) fn take(&self, bytes: usize) {
        self.credit.fetch_sub(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::AcqRel);
    }

    pub(crate) fn add(&self, bytes: u64) {
        let bytes = i64::try_from(bytes).unwrap_or(MOST).min(MOST);
        let _ = self.credit.fetch_update(Ordering::AcqRel, Ordering::Acquire, |credit| {
            Some(credit.saturating_add(bytes).min(MOST))
        });
        self.more.notify_one();
    }

    /// Waits until something may be sent.
    pub(crate) async fn opened(&self) {
        while !self.open() {
            self.more.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_is_bounded_both_ways() {
        let window = Window::new(u64::MAX);
        window.add(u64::MAX);
        window.take(usize::try_from(MOST).unwrap());
        assert!(!window.open());
        window.add(1);
        assert!(window.open());
        assert!(Window::new(0).open(), "a stream without credit could never begin");
    }
}
