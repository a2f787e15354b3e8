//! Scripts down a shell's standard input, and each one's output framed in what comes back.
//!
//! A shell's output may hold anything: what start-up files print, what a pane shows. So each script's output is told
//! from all else by 128 random bits that only this one script knows.

use memchr::memmem;

/// More output of one script than this is not waited for to end.
pub(super) const OUTPUT_MAX: usize = 64 * 1024 * 1024;

/// What a script printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) output: Vec<u8>,
    pub(super) status: i32,
}

/// A number that nobody can guess, as text: of `bytes` bytes.
pub(super) fn nonce(bytes: usize) -> Result<String, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(random[..bytes.min(16)].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A script as it is written to the shell. Nothing in it can read what follows on the shell's standard input.
pub(super) fn framed(nonce: &str, script: &[u8]) -> Vec<u8> {
    let begin = format!("printf '%s\\n' '{nonce}<'\n{{\n");
    // The nonce is an argument of a builtin only, so no process list shows it.
    let end = format!("\n}} </dev/null\nprintf '\\n%s%d\\n' '{nonce}>' \"$?\"\n");
    [begin.as_bytes(), script, end.as_bytes()].concat()
}

/// What a shell printed and nobody has taken yet.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// Where the search for a mark goes on.
    searched: usize,
    begun: bool,
}

impl Frames {
    /// Adds what was read.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Forgets what is there: no script runs, so it is nobody's.
    pub(super) fn discard(&mut self) {
        *self = Self::default();
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// The answer of the script with this nonce, once it is complete. What came before its beginning is dropped.
    pub(super) fn next(&mut self, nonce: &str) -> Option<Answer> {
        if !self.begun {
            let end = self.find(format!("{nonce}<\n").as_bytes())?.1;
            self.cut(end);
            self.begun = true;
        }
        let (start, end) = self.find(format!("\n{nonce}>").as_bytes())?;
        let line = self.buffer[end..].iter().position(|byte| *byte == b'\n')?;
        let status = std::str::from_utf8(&self.buffer[end..end + line]).ok();
        let status = status.and_then(|text| text.parse().ok()).unwrap_or(-1);
        let output = self.buffer[..start].to_vec();
        self.cut(end + line + 1);
        self.begun = false;
        Some(Answer { output, status })
    }

    /// Where a mark begins and ends. Where it isn't there yet, the next search begins where it may begin.
    fn find(&mut self, mark: &[u8]) -> Option<(usize, usize)> {
        let from = self.searched.min(self.buffer.len());
        match memmem::find(&self.buffer[from..], mark) {
            Some(at) => {
                self.searched = from + at;
                Some((from + at, from + at + mark.len()))
            }
            None => {
                self.searched = self.buffer.len().saturating_sub(mark.len()).max(from);
                None
            }
        }
    }

    fn cut(&mut self, end: usize) {
        self.buffer.drain(..end);
        self.searched = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_in_noise_however_they_are_cut() {
        let stream = b"motd\nab<ab<\none\n\nab>0\nstray ab>9\ncd<\n\ncd>12\n";
        for step in 1..stream.len() {
            let mut frames = Frames::default();
            let mut answers = Vec::new();
            let mut nonces = ["ab", "cd"].iter();
            let mut nonce = nonces.next();
            for part in stream.chunks(step) {
                frames.feed(part);
                while let Some(answer) = nonce.and_then(|nonce| frames.next(nonce)) {
                    answers.push((String::from_utf8(answer.output).unwrap(), answer.status));
                    nonce = nonces.next();
                }
            }
            assert_eq!(answers, [("one\n".to_owned(), 0), (String::new(), 12)], "{step}");
        }
    }

    #[test]
    fn a_script_can_not_read_what_follows_it() {
        use std::io::Write;
        let mut child = std::process::Command::new("sh")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&framed("n1", b"cat; echo x; (exit 7)")).unwrap();
        stdin.write_all(&framed("n2", b"printf 'no line end'")).unwrap();
        drop(stdin);
        let mut frames = Frames::default();
        frames.feed(&child.wait_with_output().unwrap().stdout);
        assert_eq!(frames.next("n1"), Some(Answer { output: b"x\n".to_vec(), status: 7 }));
        assert_eq!(frames.next("n2"), Some(Answer { output: b"no line end".to_vec(), status: 0 }));
        assert_eq!(frames.len(), 0);
    }

    #[test]
    fn no_two_nonces_are_the_same() {
        assert_ne!(nonce(16).unwrap(), nonce(16).unwrap());
        assert_eq!(nonce(16).unwrap().len(), 32);
        assert_eq!(nonce(8).unwrap().len(), 16);
    }
}
