//! The master side of the pane's pseudo-terminal.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{
    InputModes, OptionalActions, Winsize, tcgetattr, tcgetpgrp, tcsetattr, tcsetwinsize,
};

use crate::canonical::LineMode;
use crate::input::Terminal;
use crate::linux::signal_group;

/// The master of a pseudo-terminal; reads and writes don't block.
pub(crate) struct Pty(OwnedFd);

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadEnd {
    /// The buffer is full; there may be more.
    Full,
    /// There is nothing more now.
    Dry,
    /// No process has the terminal open.
    HungUp,
}

impl Pty {
    /// A new pseudo-terminal of this size in columns and rows, and its slave side.
    pub(crate) fn open(size: (u16, u16)) -> io::Result<(Self, OwnedFd)> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let slave = ioctl_tiocgptpeer(&master, flags)?;
        let mut termios = tcgetattr(&slave)?;
        // So that erasing takes away whole characters, as in any terminal of today.
        termios.input_modes |= InputModes::IUTF8;
        tcsetattr(&slave, OptionalActions::Now, &termios)?;
        fcntl_setfl(&master, fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
        let pty = Self(master);
        pty.set_size(size)?;
        Ok((pty, slave))
    }

    pub(crate) fn set_size(&self, (cols, rows): (u16, u16)) -> io::Result<()> {
        let size = Winsize { ws_col: cols, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(tcsetwinsize(&self.0, size)?)
    }

    /// Reads until `buffer` is full or there is nothing more. A read gives a page at most, so several
    /// are needed for one record of a useful length.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> (usize, ReadEnd) {
        let mut length = 0;
        while length < buffer.len() {
            match rustix::io::read(&self.0, &mut buffer[length..]) {
                Ok(0) => return (length, ReadEnd::HungUp),
                Ok(count) => length += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return (length, ReadEnd::Dry),
                // EIO: the slave is closed.
                Err(_) => return (length, ReadEnd::HungUp),
            }
        }
        (length, ReadEnd::Full)
    }

    /// Sends a signal to the foreground process group, or if there is none to that of `leader`.
    pub(crate) fn signal(&self, leader: i32, signal: i32) {
        let group = tcgetpgrp(&self.0).map_or(0, |group| group.as_raw_nonzero().get());
        if signal_group(group, signal).is_err() {
            // Neither has anyone left who could be told.
            let _ = signal_group(leader, signal);
        }
    }
}

impl Terminal for Pty {
    fn line_mode(&self) -> Option<LineMode> {
        LineMode::new(&tcgetattr(&self.0).ok()?)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.0, bytes)?)
    }
}

impl AsFd for Pty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
