//! One attach, from the first frame to the last: the loop that joins the parts.

mod link;

use std::time::{Duration, Instant};

use towline_client::StreamItem;
use towline_client::config::Notify;
use towline_protocol::v1::{self, client_frame};

use super::desktop::Desktop;
use super::farewell::AttachEnd;
use super::newcomer;
use super::notice::Notice;
use super::overlay::{self, Size};
use super::retry::{Backoff, Verdict, after_loss, after_refusal};
use super::scanner::{Event, HOLD, Scanner};
use super::screen::Screen;
use super::signals::{Signals, Wake};
use super::terminal::Terminal;
use super::told::{self, News, Told};
use super::typed::{Taken, Typed};
use super::{AttachOptions, colors};
use crate::context::Context;
use crate::error::CommandError;
use crate::pane::target::{by_id, host_of};
use crate::request::random_id;
use link::{Again, First, Link, Request};

/// Bytes read from the terminal at once: as many as one frame carries.
const READ: usize = towline_protocol::STREAM_CHUNK;

/// How long after a detach what was typed last may take to arrive.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What an attach led to.
pub(super) enum Opened<'a> {
    /// The pane is shown here.
    Here(Box<Session<'a>>),
    /// Another command shows it.
    Elsewhere(Box<v1::AttachBy>),
}

/// One attach.
pub(super) struct Session<'a> {
    context: &'a Context,
    terminal: &'a Terminal,
    options: AttachOptions,
    pane: v1::Pane,
    /// This attach's input, as the pane's holder knows it.
    client: [u8; 16],
    size: Size,
    link: Link<'a>,
    scanner: Scanner,
    /// When what the scanner holds is given up.
    hold: Option<Instant>,
    typed: Typed,
    /// When something of what was typed last arrived.
    progress: Instant,
    screen: Screen,
    help: bool,
    notice: Notice,
    /// Agents elsewhere that come to wait, and how the person is told of them.
    told: Told,
    notify: Notify,
    desktop: Desktop,
    bell: bool,
    /// Sequences of the client's own that show nothing.
    asides: Vec<u8>,
    /// What is drawn over the pane has to be drawn again.
    dirty: bool,
    backoff: Backoff,
}

/// Whether this client runs in the pane that it is to show.
pub(crate) fn is_inside(context: &Context, pane: &v1::Pane) -> bool {
    let is = |name: &str, value: &std::ffi::OsStr| {
        std::env::var_os(name).is_some_and(|own| own == value)
    };
    let socket = context.socket().unwrap_or_default();
    pane.host.is_empty()
        && is("TOWLINE_PANE", format!("%{}", pane.id).as_ref())
        && is("TOWLINE_SOCKET", socket.as_os_str())
}

/// What the loop woke up for.
enum Step {
    Wake(Wake),
    Typed(std::io::Result<usize>),
    Wrote(std::io::Result<usize>),
    Item(Option<StreamItem>),
    Again(Again),
    Told(Box<v1::Pane>),
    Time,
}

impl<'a> Session<'a> {
    /// Attaches. Nothing is done to the terminal yet.
    pub(super) async fn open(
        context: &'a Context,
        terminal: &'a Terminal,
        target: v1::Target,
        options: AttachOptions,
    ) -> Result<Opened<'a>, CommandError> {
        let client = random_id()?;
        let size = terminal.size();
        let request = attach_request(target, client, false, size, options);
        let (attached, stream) = match link::first(context, &request).await? {
            First::Attached(attached, stream) => (*attached, stream),
            First::Elsewhere(by) => return Ok(Opened::Elsewhere(by)),
        };
        let pane = attached.pane.unwrap_or_default();
        if is_inside(context, &pane) {
            return Err(CommandError::usage(format!("this is in the pane {} itself", pane.name))
                .hint("attach from another terminal: here it would show itself in itself"));
        }
        let now = Instant::now();
        let mut notice = Notice::default();
        if context.paths().is_ok_and(|paths| newcomer::count(&paths.state_dir)) {
            notice.say(overlay::newcomer(options.prefix), now);
        }
        let notify = context.config().map_or(Notify::All, |config| config.notify);
        let told = news(context, notify, &stream);
        Ok(Opened::Here(Box::new(Self {
            context,
            terminal,
            options,
            pane,
            client,
            size,
            link: Link::Up(stream),
            scanner: Scanner::new(options.prefix),
            hold: None,
            typed: Typed::default(),
            progress: now,
            screen: Screen::new(),
            help: false,
            notice,
            told,
            notify,
            desktop: Desktop::here(),
            bell: false,
            asides: Vec::new(),
            dirty: false,
            backoff: Backoff::new(),
        })))
    }

    /// Runs until something ends it.
    ///
    /// # Errors
    /// Where the way to the pane is lost for good.
    pub(super) async fn run(&mut self, signals: &mut Signals) -> Result<AttachEnd, CommandError> {
        let mut buffer = vec![0; READ];
        // The window may have changed between the request and the signals' handlers.
        self.resize();
        loop {
            self.settle();
            let end = match self.next(signals, &mut buffer).await {
                Step::Wake(Wake::End(signal)) => return Ok(AttachEnd::Signal(signal)),
                Step::Wake(Wake::Resized) => {
                    self.resize();
                    None
                }
                Step::Wake(Wake::Continued) => {
                    self.take_back();
                    None
                }
                // The terminal is gone: as if it had said so by the signal.
                Step::Typed(Ok(0) | Err(_)) | Step::Wrote(Err(_)) => {
                    return Ok(AttachEnd::Signal(rustix::process::Signal::HUP.as_raw()));
                }
                Step::Typed(Ok(count)) => {
                    let events = self.scanner.feed(&buffer[..count]);
                    self.obey(events)
                }
                Step::Wrote(Ok(count)) => {
                    self.screen.wrote(count);
                    None
                }
                Step::Item(item) => self.receive(item)?,
                Step::Again(again) => self.returned(again)?,
                Step::Told(pane) => {
                    self.tell(&pane);
                    None
                }
                Step::Time => self.tick(),
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// What happens next. What a person does comes before what the server says.
    async fn next(&mut self, signals: &mut Signals, buffer: &mut [u8]) -> Step {
        let up = self.link.is_up();
        let wants_keys = self.typed.wants_more(up, self.progress.elapsed());
        let waiting = self.screen.waiting();
        let deadline = self.deadline();
        tokio::select! {
            biased;
            wake = signals.next() => Step::Wake(wake),
            count = self.terminal.read(buffer), if wants_keys => Step::Typed(count),
            count = self.terminal.write(waiting), if !waiting.is_empty() => Step::Wrote(count),
            () = sleep_until(deadline) => Step::Time,
            pane = self.told.next() => Step::Told(Box::new(pane)),
            step = self.link.next() => match step {
                link::Next::Item(item) => Step::Item(item),
                link::Next::Again(again) => Step::Again(again),
            },
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let patience =
            self.typed.patience(self.link.is_up()).map(|patience| self.progress + patience);
        let patience = patience.filter(|until| *until > Instant::now());
        [self.hold, self.notice.until(), patience].into_iter().flatten().min()
    }

    fn tick(&mut self) -> Option<AttachEnd> {
        let now = Instant::now();
        if self.notice.expire(now) {
            self.repaint();
        }
        if self.hold.is_some_and(|hold| hold <= now) {
            let events = self.scanner.flush();
            return self.obey(events);
        }
        None
    }

    /// Does what was typed.
    fn obey(&mut self, events: Vec<Event>) -> Option<AttachEnd> {
        self.hold = self.scanner.holds().then(|| Instant::now() + HOLD);
        for event in events {
            match event {
                Event::Data(bytes) => self.type_in(&bytes),
                Event::Detach => return Some(AttachEnd::Detached { undelivered: 0 }),
                Event::Bell => self.bell = true,
                Event::Help => {
                    self.help = true;
                    self.dirty = true;
                    self.screen.interrupt();
                }
                Event::LeaveHelp => {
                    self.help = false;
                    self.repaint();
                }
            }
        }
        None
    }

    fn type_in(&mut self, bytes: &[u8]) {
        if self.options.read_only {
            return;
        }
        for piece in bytes.chunks(READ) {
            if self.typed.bytes() == 0 {
                self.progress = Instant::now();
            }
            match self.typed.take(piece.to_vec(), self.link.is_up()) {
                Taken::Send(seq, data) => self.link.input(seq, data),
                Taken::Kept => {}
                Taken::Refused => self.bell = true,
            }
        }
    }

    /// Takes what the stream brings, and what else of it is there already: all of it is one write.
    fn receive(&mut self, item: Option<StreamItem>) -> Result<Option<AttachEnd>, CommandError> {
        let mut next = item;
        loop {
            match next {
                Some(StreamItem::Data { data, .. }) => self.paint(data),
                Some(StreamItem::Ack(ack)) => self.acked(ack),
                Some(StreamItem::End(end)) => return self.stream_ended(end),
                Some(StreamItem::Changed) => {}
                None => {
                    let verdict = after_loss(self.link.goodbye());
                    return self.lost(verdict);
                }
            }
            next = match self.link.try_next() {
                Some(item) => Some(item),
                None => return Ok(None),
            };
        }
    }

    fn paint(&mut self, data: Vec<u8>) {
        if self.help {
            self.screen.skip(&data);
        } else {
            self.screen.paint(data);
            self.dirty |= self.notice.line().is_some();
        }
    }

    fn acked(&mut self, ack: v1::InputAck) {
        self.progress = Instant::now();
        self.typed.ack(ack.seq);
        if let Some(error) = ack.error {
            self.say(error.message);
            self.bell = true;
        }
    }

    fn stream_ended(&mut self, end: v1::StreamEnd) -> Result<Option<AttachEnd>, CommandError> {
        match (end.exit, end.error) {
            (Some(exit), _) => Ok(Some(AttachEnd::Ended(Some(exit)))),
            (None, Some(error)) => {
                self.lost(after_refusal(towline_client::RequestError::Remote(error)))
            }
            (None, None) => self.lost(Verdict::Retry(None)),
        }
    }

    /// The stream is gone.
    fn lost(&mut self, verdict: Verdict) -> Result<Option<AttachEnd>, CommandError> {
        match verdict {
            Verdict::Retry(why) => {
                self.screen.interrupt();
                self.notice.away(why.as_deref());
                self.dirty = true;
                let pause = self.backoff.pause();
                self.link = self.link_again(true, pause);
                Ok(None)
            }
            Verdict::Stopped => Ok(Some(AttachEnd::Stopped)),
            Verdict::Ended(exit) => Ok(Some(AttachEnd::Ended(exit))),
            Verdict::GiveUp(error) => Err(error),
        }
    }

    /// A try to attach again has come to an end.
    fn returned(&mut self, again: Again) -> Result<Option<AttachEnd>, CommandError> {
        let (attached, stream) = match again {
            Again::Up(attached, stream) => (*attached, stream),
            Again::Failed(verdict) => return self.lost(verdict),
        };
        let input = attached.input.unwrap_or_default();
        if input.unknown {
            let bytes = self.typed.forgotten();
            if bytes > 0 {
                self.say(format!("the last {bytes} bytes typed may not have arrived"));
            }
            self.client = random_id()?;
            self.link = self.link_again(false, Duration::ZERO);
            return Ok(None);
        }
        self.backoff.reset();
        self.told = news(self.context, self.notify, &stream);
        self.link = Link::Up(stream);
        self.pane = attached.pane.unwrap_or_else(|| std::mem::take(&mut self.pane));
        self.progress = Instant::now();
        for (seq, data) in self.typed.resume(input.last) {
            self.link.input(seq, data);
        }
        self.screen.restart();
        self.notice.back();
        self.dirty = true;
        self.resize();
        Ok(None)
    }

    fn link_again(&self, again: bool, pause: Duration) -> Link<'a> {
        let target =
            v1::Target { text: by_id(&self.pane), allow_ended: true, ..Default::default() };
        let attach = attach_request(target, self.client, again, self.size, self.options);
        Link::again(self.context, Request { attach, pane: by_id(&self.pane) }, pause)
    }

    fn resize(&mut self) {
        let size = self.terminal.size();
        if size != self.size {
            self.size = size;
            self.dirty = true;
            self.link.send(|stream| {
                client_frame::Body::ViewSize(v1::ViewSize { stream, size: Some(wire_size(size)) })
            });
        }
    }

    /// Others had the terminal: takes it over again.
    fn take_back(&mut self) {
        // Where that fails the terminal is gone, and reading it says so.
        let _ = self.terminal.enter();
        self.resize();
        self.repaint();
        self.dirty = true;
    }

    /// Asks for everything again: what was drawn over the pane is in the way.
    fn repaint(&mut self) {
        if self.help {
            self.dirty = true;
        } else {
            self.link.send(|stream| client_frame::Body::Repaint(v1::Repaint { stream }));
            self.dirty |= self.notice.line().is_some();
        }
    }

    /// Says something to the person, in a line over the bottom row.
    fn say(&mut self, text: String) {
        self.notice.say(text, Instant::now());
        self.dirty = true;
    }

    /// An agent waits for the person, who need not be told of the one that is before them.
    fn tell(&mut self, pane: &v1::Pane) {
        if told::is_same(pane, &self.pane) {
            return;
        }
        let news = News::of(pane);
        self.bell |= self.notify.rings();
        if self.notify.tells_desktop() {
            self.asides.extend(self.desktop.tell(&news));
        }
        self.say(news.line());
    }

    /// Draws what is to be drawn over the pane, writes what the terminal takes and gives credit for it.
    fn settle(&mut self) {
        if self.screen.ready() {
            if std::mem::take(&mut self.bell) {
                self.screen.draw(b"\x07");
            }
            if !self.asides.is_empty() {
                self.screen.draw(&std::mem::take(&mut self.asides));
            }
            if std::mem::take(&mut self.dirty) {
                self.draw_over();
            }
        }
        if !self.screen.waiting().is_empty() {
            // What fails here fails again, and is told, where it is waited for.
            if let Ok(count) = self.terminal.try_write(self.screen.waiting()) {
                self.screen.wrote(count);
            }
        }
        let credit = self.screen.credit();
        if credit > 0 {
            self.link.credit(credit);
        }
    }

    fn draw_over(&mut self) {
        if self.help {
            let target = self.target();
            let help =
                overlay::help(self.size, self.options.prefix, &target, self.options.read_only);
            self.screen.draw(&help);
        }
        if let Some(line) = self.notice.line() {
            self.screen.draw(&overlay::bottom_line(self.size, line));
        }
    }

    /// Whether the key that ended this may still go up on a terminal that tells of it.
    pub(super) fn sees_releases(&self) -> bool {
        self.scanner.sees_releases()
    }

    /// Ends the attach: what was typed before a detach is given a moment to arrive.
    pub(super) async fn close(&mut self, end: AttachEnd) -> AttachEnd {
        if !matches!(end, AttachEnd::Detached { .. }) {
            return end;
        }
        let arrived = async {
            while self.link.is_up() && self.typed.bytes() > 0 {
                match self.link.next().await {
                    link::Next::Item(Some(StreamItem::Ack(ack))) => self.typed.ack(ack.seq),
                    // A program that prints meanwhile is not held up.
                    link::Next::Item(Some(StreamItem::Data { data, .. })) => {
                        self.link.credit(data.len() as u64)
                    }
                    link::Next::Item(Some(StreamItem::Changed)) => {}
                    link::Next::Item(Some(StreamItem::End(_)) | None) | link::Next::Again(_) => {
                        break;
                    }
                }
            }
        };
        let _ = tokio::time::timeout(LAST_WORDS, arrived).await;
        AttachEnd::Detached { undelivered: self.typed.bytes() }
    }

    /// The line to leave behind.
    pub(super) fn farewell(&self, end: &AttachEnd) -> Option<String> {
        end.line(&self.pane.name, &self.target())
    }

    fn target(&self) -> String {
        format!("{}:{}", host_of(&self.pane), self.pane.name)
    }
}

/// Agents elsewhere that come to wait, as the person's own server tells; not that of another, who has persons of its own.
fn news(context: &Context, notify: Notify, stream: &towline_client::Stream) -> Told {
    match notify {
        Notify::Off => Told::Nothing,
        _ if context.is_own() => Told::of(stream.connection()),
        _ => Told::Nothing,
    }
}

fn attach_request(
    target: v1::Target,
    client: [u8; 16],
    again: bool,
    size: Size,
    options: AttachOptions,
) -> v1::Attach {
    let variable = |name| std::env::var(name).unwrap_or_default();
    v1::Attach {
        target: Some(target),
        client: client.to_vec(),
        again,
        size: Some(wire_size(size)),
        read_only: options.read_only,
        credit: super::screen::CREDIT,
        terminal: Some(colors::features(&variable("TERM"), &variable("COLORTERM"))),
        via: options.via.map(str::to_owned).unwrap_or_default(),
    }
}

fn wire_size(size: Size) -> v1::Size {
    v1::Size { cols: size.cols.into(), rows: size.rows.into() }
}

/// Waits until then; for ever where there is no time.
async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
