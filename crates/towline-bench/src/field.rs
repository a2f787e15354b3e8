//! Rounds: every contender in each, one after the other, in a turning order.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::interrupt;
use crate::report::Failure;
use crate::rig::Contender;

/// At most one line of progress in this time: some rounds take milliseconds.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// The contenders of one measurement, each with what it needs for all rounds.
///
/// One that fails drops out and the others go on.
pub(crate) struct Field<R> {
    measure: &'static str,
    last_progress: Option<Instant>,
    entrants: Vec<(Contender, R)>,
    /// Who dropped out, and why.
    pub(crate) failures: Vec<Failure>,
}

/// What the rounds gave.
pub(crate) struct Samples<T>(Vec<(Contender, T)>);

/// Values per contender.
pub(crate) type Values = Vec<(Contender, f64)>;

impl<R> Field<R> {
    /// Prepares each contender.
    pub(crate) fn start(
        measure: &'static str,
        contenders: &[Contender],
        mut prepare: impl FnMut(Contender) -> Result<R>,
    ) -> Result<Self> {
        let mut field =
            Self { measure, last_progress: None, entrants: Vec::new(), failures: Vec::new() };
        for &contender in contenders {
            field.note(contender, "preparing");
            match prepare(contender) {
                Ok(rig) => field.entrants.push((contender, rig)),
                Err(error) => field.fail(contender, &error)?,
            }
        }
        Ok(field)
    }

    /// Lets each contender that is left do `sample` so many times, interleaved.
    pub(crate) fn rounds<T>(
        &mut self,
        rounds: u32,
        mut sample: impl FnMut(Contender, &mut R) -> Result<T>,
    ) -> Result<Samples<T>> {
        let mut samples = Vec::new();
        for round in 0..rounds {
            if self.entrants.is_empty() {
                break;
            }
            // Whoever is first finds the machine as the last one left it: take turns at that.
            if round > 0 {
                self.entrants.rotate_left(1);
            }
            let mut left = Vec::new();
            for (contender, mut rig) in std::mem::take(&mut self.entrants) {
                self.progress(contender, round + 1, rounds);
                match sample(contender, &mut rig) {
                    Ok(taken) => {
                        samples.push((contender, taken));
                        left.push((contender, rig));
                    }
                    Err(error) => self.fail(contender, &error)?,
                }
            }
            self.entrants = left;
        }
        Ok(Samples(samples))
    }

    /// Records a failure; an error if it is that a signal came.
    fn fail(&mut self, contender: Contender, error: &anyhow::Error) -> Result<()> {
        interrupt::check()?;
        let failure = Failure { measure: self.measure, contender, why: format!("{error:#}") };
        self.note(contender, &failure.why);
        self.failures.push(failure);
        Ok(())
    }

    /// Says which round it is, where rounds are long enough for that to be of use.
    fn progress(&mut self, contender: Contender, round: u32, rounds: u32) {
        if self.last_progress.is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL) {
            self.last_progress = Some(Instant::now());
            self.note(contender, &format!("round {round} of {rounds}"));
        }
    }

    /// Progress goes to standard error, where losing it does no harm.
    fn note(&self, contender: Contender, what: &str) {
        let _ = writeln!(std::io::stderr(), "{}: {}: {what}", self.measure, contender.name());
    }
}

impl<T> Samples<T> {
    /// One number of each sample.
    pub(crate) fn values(&self, value: impl Fn(&T) -> f64) -> Values {
        self.some_values(|sample| Some(value(sample)))
    }

    /// One number of each sample that has it.
    pub(crate) fn some_values(&self, value: impl Fn(&T) -> Option<f64>) -> Values {
        self.0.iter().filter_map(|(contender, sample)| Some((*contender, value(sample)?))).collect()
    }
}
