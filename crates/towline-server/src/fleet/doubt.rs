//! Whether a link still is one. What is heard on it says so; where nothing is heard, it is asked, by whoever needs it and by
//! a heartbeat, and closed where it does not answer: a network that goes away tells nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use towline_client::{Connection, RequestError};

use super::peer::Peer;
use super::task::microseconds;
use crate::clock;

/// What is sent is answered so soon at most times: only past that is the link asked, so that typing costs no pings.
const SOON: Duration = Duration::from_millis(250);

/// A link on which nothing was heard for so long has missed a heartbeat: the machine slept, or the host is in trouble.
pub(super) const STALE: Duration = Duration::from_secs(12);

/// How long a link may take to answer that a command waits for, or after the machine slept. Nobody likes to wait for long
/// before a dead link is replaced; to replace a living one costs a handshake.
const PROOF: Duration = Duration::from_secs(2);

/// How long it may take to answer otherwise: a radio that was out of reach for a moment is no reason for another handshake.
const ANSWER: Duration = Duration::from_secs(5);

/// How long it may take to answer behind more than this that was sent before, in bytes: a long text over a thin link, of
/// which nobody here knows how much still waits on the way.
const LONG: (u64, Duration) = (64 * 1024, Duration::from_secs(60));

/// Who needs the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// Nobody in particular.
    Heartbeat,
    /// Somebody who types.
    Keys,
    /// A command, which waits for its answer.
    Request,
}

/// How long a link may take to answer on which nothing was heard for `silence` and so many bytes may still be on their
/// way, if a round trip has taken `rtt` before.
fn patience(need: Need, silence: Duration, under_way: u64, rtt: Duration) -> Duration {
    if under_way > LONG.0 {
        return LONG.1;
    }
    let least = match need {
        Need::Keys | Need::Heartbeat if silence < STALE => ANSWER,
        _ => PROOF,
    };
    least.max(rtt * 4)
}

/// The doubts about a peer's link.
#[derive(Debug, Default)]
pub(super) struct Doubt(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// When something was sent last that is to be answered, and how soon, while that is watched.
    sent: Option<(Instant, Need)>,
    /// The link was closed, as it did not answer.
    silent: bool,
    /// What carries it is taken for dead, too.
    dead: bool,
}

impl Doubt {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the link was closed because it did not answer. Asked once for each link.
    pub(super) fn take_silent(&self) -> bool {
        std::mem::take(&mut self.inner().silent)
    }

    /// Whether the next link is to share nothing with the last one. Asked once for each link.
    pub(super) fn take_dead(&self) -> bool {
        std::mem::take(&mut self.inner().dead)
    }
}

impl Peer {
    /// Something was sent on the link that is of no use if the link is dead: where nothing is heard soon, the link is
    /// asked, while whoever sent it waits.
    pub(super) fn doubt(self: &Arc<Self>, connection: &Connection, need: Need) {
        let now = Instant::now();
        let watched = {
            let mut doubt = self.doubt.inner();
            let need = doubt.sent.map_or(need, |(_, before)| need.max(before));
            doubt.sent.replace((now, need)).is_some()
        };
        if !watched {
            let (peer, connection) = (Arc::clone(self), connection.clone());
            tokio::spawn(async move { peer.watch(&connection).await });
        }
    }

    /// Sees to it that something is heard after what was sent last.
    async fn watch(&self, connection: &Connection) {
        loop {
            let sent = self.doubt.inner().sent;
            tokio::time::sleep(SOON).await;
            let Some((at, need)) = sent else { return };
            if connection.silence() >= at.elapsed() && !self.ask(connection, need).await {
                self.doubt.inner().sent = None;
                return;
            }
            let mut doubt = self.doubt.inner();
            if doubt.sent == sent {
                doubt.sent = None;
                return;
            }
        }
    }

    /// Asks the link whether it is one; closes it where it does not answer. Whether it is there.
    pub(super) async fn ask(&self, connection: &Connection, need: Need) -> bool {
        let silence = connection.silence();
        let patience = self.patience(connection, need);
        match connection.ping(patience).await {
            Ok(rtt) => {
                let mut known = self.known();
                known.rtt_us = microseconds(rtt);
                known.seen_at = clock::now();
                true
            }
            // A flood before it may hold the answer up; what comes is an answer, too.
            Err(RequestError::Timeout) if connection.silence() < patience => true,
            Err(RequestError::Timeout) => {
                {
                    let mut doubt = self.doubt.inner();
                    doubt.silent = true;
                    // For what a command waits for in vain, the connection below may still be good.
                    doubt.dead |= patience >= ANSWER || silence >= STALE;
                }
                connection.close();
                false
            }
            Err(_) => false,
        }
    }

    fn patience(&self, connection: &Connection, need: Need) -> Duration {
        let rtt = Duration::from_micros(self.known().rtt_us.into());
        patience(need, connection.silence(), connection.under_way(), rtt)
    }
}

/// Lets so much time pass, that in which the machine sleeps included: who waits for the next heartbeat is to wake when
/// the machine does.
pub(super) async fn pass(time: Duration) {
    #[cfg(target_os = "linux")]
    if let Ok(timer) = timer(time)
        && timer.readable().await.is_ok()
    {
        return;
    }
    tokio::time::sleep(time).await;
}

#[cfg(target_os = "linux")]
fn timer(time: Duration) -> std::io::Result<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = timerfd_create(TimerfdClockId::Boottime, flags)?;
    let once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let it_value = Timespec::try_from(time).map_err(std::io::Error::other)?;
    let times = Itimerspec { it_interval: once, it_value };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &times)?;
    towline_client::socket::watch(timer, tokio::io::Interest::READABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_as_long_as_its_use_bears() {
        let (ms, s) = (Duration::from_millis, Duration::from_secs);
        assert_eq!(patience(Need::Request, s(3), 100_000, ms(20)), LONG.1);
        for (need, silence, rtt, expected) in [
            (Need::Request, s(3), ms(20), PROOF),
            (Need::Keys, s(3), ms(20), ANSWER),
            (Need::Heartbeat, s(10), ms(20), ANSWER),
            // The machine slept.
            (Need::Heartbeat, s(12), ms(20), PROOF),
            (Need::Keys, s(3600), ms(20), PROOF),
            // A link by way of a satellite.
            (Need::Request, s(3), ms(800), ms(3200)),
            (Need::Keys, s(3), ms(800), ANSWER),
        ] {
            assert_eq!(patience(need, silence, 100, rtt), expected, "{need:?} {silence:?} {rtt:?}");
        }
    }

    #[tokio::test]
    async fn time_passes() {
        let begun = Instant::now();
        pass(Duration::from_millis(20)).await;
        assert!(begun.elapsed() >= Duration::from_millis(20));
    }
}
