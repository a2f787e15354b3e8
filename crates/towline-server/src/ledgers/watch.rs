//! Learning that files have changed: by inotify where there is one, else by looking now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// Files of a folder that are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// These.
    These(BTreeSet<OsString>),
    /// Those that end so.
    Ending(&'static str),
}

impl Names {
    fn fit(&self, name: &[u8]) -> bool {
        use std::os::unix::ffi::OsStrExt;
        match self {
            Self::These(names) => names.iter().any(|one| one.as_bytes() == name),
            Self::Ending(end) => name.ends_with(end.as_bytes()),
        }
    }
}

/// Folders, each with the files of it that are watched.
pub(super) type Folders = BTreeMap<PathBuf, Names>;

pub(super) use system::Watch;

#[cfg(target_os = "linux")]
mod system {
    use std::collections::HashMap;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;
    use towline_client::socket;

    use super::{Folders, Names, io};

    /// Room for some events; what doesn't fit is read next.
    const EVENTS: usize = 4096;

    /// Watches files.
    #[derive(Debug)]
    pub(in crate::ledgers) struct Watch {
        inotify: AsyncFd<OwnedFd>,
        names: HashMap<i32, Names>,
    }

    impl Watch {
        /// Watches nothing yet.
        ///
        /// # Errors
        /// Where the user has too many already.
        pub(in crate::ledgers) fn new() -> io::Result<Self> {
            let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
            let inotify = socket::watch(inotify, Interest::READABLE)?;
            Ok(Self { inotify, names: HashMap::new() })
        }

        /// Watches these and nothing else. Whether all of them can be.
        pub(in crate::ledgers) fn follow(&mut self, folders: &Folders) -> bool {
            // A file is written where it stands, or renamed into its place.
            let what = WatchFlags::CLOSE_WRITE
                | WatchFlags::MOVED_TO
                | WatchFlags::MOVED_FROM
                | WatchFlags::DELETE
                | WatchFlags::DELETE_SELF
                | WatchFlags::MOVE_SELF
                | WatchFlags::ONLYDIR;
            let mut now = HashMap::new();
            let mut all = true;
            for (folder, names) in folders {
                // The same again for a folder that is watched already.
                match inotify::add_watch(self.inotify.get_ref(), folder, what) {
                    Ok(watch) => {
                        now.insert(watch, names.clone());
                    }
                    Err(_) => all = false,
                }
            }
            for watch in self.names.keys().filter(|watch| !now.contains_key(watch)) {
                let _ = inotify::remove_watch(self.inotify.get_ref(), *watch);
            }
            self.names = now;
            all
        }

        /// Waits until one of the files may have changed.
        pub(in crate::ledgers) async fn changed(&self) {
            loop {
                let Ok(mut ready) = self.inotify.readable().await else {
                    return std::future::pending().await;
                };
                let (told, empty) = self.read();
                if empty {
                    ready.clear_ready();
                }
                if told {
                    return;
                }
            }
        }

        /// Reads what there is: whether any of it matters, and whether that was all.
        fn read(&self) -> (bool, bool) {
            let mut room = [MaybeUninit::uninit(); EVENTS];
            let mut reader = Reader::new(self.inotify.get_ref(), &mut room);
            let mut told = false;
            loop {
                match reader.next() {
                    Ok(event) => {
                        let lost = ReadFlags::QUEUE_OVERFLOW | ReadFlags::IGNORED;
                        let whole = lost | ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF;
                        let fits = |names: &Names| match event.file_name() {
                            Some(name) => names.fit(name.to_bytes()),
                            None => true,
                        };
                        told |= event.events().contains(ReadFlags::QUEUE_OVERFLOW)
                            || (self.names.get(&event.wd()).is_some_and(fits)
                                && (event.file_name().is_some()
                                    || event.events().intersects(whole)));
                    }
                    Err(rustix::io::Errno::INTR) => {}
                    Err(_) => return (told, true),
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::time::Duration;

    use super::{Folders, io};

    /// How often files are looked at where nobody tells of their changes.
    const LOOK: Duration = Duration::from_secs(5);

    /// Looks at files.
    #[derive(Debug)]
    pub(in crate::ledgers) struct Watch {
        any: bool,
    }

    impl Watch {
        #[allow(clippy::unnecessary_wraps, reason = "where there is inotify it can fail")]
        pub(in crate::ledgers) fn new() -> io::Result<Self> {
            Ok(Self { any: false })
        }

        pub(in crate::ledgers) fn follow(&mut self, folders: &Folders) -> bool {
            self.any = !folders.is_empty();
            true
        }

        pub(in crate::ledgers) async fn changed(&self) {
            match self.any {
                true => tokio::time::sleep(LOOK).await,
                false => std::future::pending().await,
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    async fn told(watch: &Watch) -> bool {
        tokio::time::timeout(Duration::from_millis(300), watch.changed()).await.is_ok()
    }

    #[tokio::test]
    async fn only_files_that_are_watched_are_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        for folder in [&one, &other] {
            fs::create_dir(folder).unwrap();
        }
        let these = Names::These(["issues.jsonl".into()].into());
        let mut watch = Watch::new().unwrap();
        let folders: Folders =
            [(one.clone(), these.clone()), (other.clone(), Names::Ending(".json"))].into();
        assert!(watch.follow(&folders));
        fs::write(one.join("lock"), "").unwrap();
        fs::write(other.join("x.txt"), "").unwrap();
        assert!(!told(&watch).await);
        fs::write(one.join("issues.jsonl.new"), "").unwrap();
        fs::rename(one.join("issues.jsonl.new"), one.join("issues.jsonl")).unwrap();
        assert!(told(&watch).await);
        fs::write(other.join("x.json"), "").unwrap();
        assert!(watch.follow(&folders), "the same again");
        assert!(told(&watch).await);
        // Removed and made again.
        fs::remove_dir_all(&one).unwrap();
        assert!(told(&watch).await);
        assert!(!watch.follow(&folders));
        fs::create_dir(&one).unwrap();
        assert!(watch.follow(&folders));
        fs::write(one.join("issues.jsonl"), "").unwrap();
        assert!(told(&watch).await);
        assert!(watch.follow(&[(other, Names::Ending(".json"))].into()));
        let _ = told(&watch).await;
        fs::write(one.join("issues.jsonl"), "x").unwrap();
        assert!(!told(&watch).await, "it is watched no longer");
    }
}
