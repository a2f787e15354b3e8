use std::path::Path;

use towline_ledger::{Actor, LedgerError, New};

use super::*;

/// A far side in the same process.
struct Near {
    ledgers: BTreeMap<String, Ledger>,
    /// Asked before each swap.
    meanwhile: Box<dyn FnMut(usize)>,
    /// Fails after so many swaps were done.
    fails_after: usize,
    swaps: usize,
}

impl Far for Near {
    async fn swap(
        &mut self,
        puts: &BTreeMap<String, Put>,
    ) -> Result<BTreeMap<String, Vec<u8>>, DispatchError> {
        (self.meanwhile)(self.swaps);
        self.swaps += 1;
        let mut other = BTreeMap::new();
        for (name, put) in puts {
            self.ledgers[name].rewrite::<DispatchError>(|issues| {
                if digest(&[issues.bytes()]) != put.expect {
                    other.insert(name.clone(), issues.bytes().to_vec());
                    return Ok(None);
                }
                Ok(put.text.clone())
            })?;
        }
        match self.swaps > self.fails_after {
            true => Err(DispatchError::refused("the link broke")),
            false => Ok(other),
        }
    }
}

struct Pair {
    _folder: tempfile::TempDir,
    records: Records,
    record: Record,
    near: Ledger,
    far: Near,
}

fn pair() -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let ledger =
        |side: &str| Ledger::init(folder.path().join(side).join(".beads"), "demo").unwrap();
    let (near, far) = (ledger("near"), ledger("far"));
    let records = Records::at(folder.path().join("x"));
    let mut record = records.between(folder.path(), "thor").unwrap();
    record.ledgers.insert("demo".into(), near.folder().to_owned());
    records.write(&record, None).unwrap();
    let far = Near {
        ledgers: [("demo".to_owned(), far)].into(),
        meanwhile: Box::new(|_| ()),
        fails_after: usize::MAX,
        swaps: 0,
    };
    Pair { _folder: folder, records, record, near, far }
}

fn create(ledger: &Ledger, title: &str) -> String {
    let new = New { title: title.into(), ..New::default() };
    let actor = Actor("me".into());
    let made = ledger
        .change(&actor, |change| Ok::<_, LedgerError>(change.create(&new)?.id().into_owned()));
    made.unwrap()
}

fn text(ledger: &Ledger) -> Vec<u8> {
    std::fs::read(ledger.file()).unwrap()
}

fn titles(ledger: &Ledger) -> Vec<String> {
    let issues = ledger.read().unwrap();
    let mut titles: Vec<String> =
        issues.iter().map(|brief| brief.issue().title().into_owned()).collect();
    titles.sort();
    titles
}

fn run(pair: &mut Pair) -> Result<Exchanged, DispatchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(exchange(&pair.records, &pair.record, &mut pair.far, Timestamp::now()))
}

impl Pair {
    fn far(&self) -> Ledger {
        self.far.ledgers["demo"].clone()
    }
}

#[test]
fn both_sides_have_what_either_wrote() {
    let mut pair = pair();
    create(&pair.near, "here");
    create(&pair.far(), "there");
    let exchanged = run(&mut pair).unwrap();
    assert_eq!(titles(&pair.near), ["here", "there"]);
    assert_eq!(text(&pair.near), text(&pair.far()));
    assert_eq!(exchanged.came["demo"].delta.added.len(), 1);
    assert_eq!(exchanged.went, 1);
    let settled = exchanged.settled.unwrap();
    assert_eq!(settled.here, digest(&[text(&pair.near)]));
    assert_eq!(settled.there, digest(&[text(&pair.far())]));

    // Only one side has changed: one round trip each.
    for (ledger, title) in [(pair.near.clone(), "a"), (pair.far(), "b")] {
        create(&ledger, title);
        let before = pair.far.swaps;
        run(&mut pair).unwrap();
        assert_eq!(pair.far.swaps - before, if title == "a" { 1 } else { 2 });
        assert_eq!(text(&pair.near), text(&pair.far()));
    }
    let modified = || std::fs::metadata(pair.near.file()).unwrap().modified().unwrap();
    let before = modified();
    let again = {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(exchange(&pair.records, &pair.record, &mut pair.far, Timestamp::now()))
    };
    assert!(again.unwrap().came.is_empty());
    assert_eq!(modified(), before, "nothing is written where nothing has changed");
}

#[test]
fn what_the_far_side_writes_in_between_is_not_lost() {
    let mut pair = pair();
    create(&pair.near, "here");
    let far = pair.far();
    pair.far.meanwhile = Box::new(move |swap| {
        if swap < 3 {
            create(&far, &format!("there {swap}"));
        }
    });
    run(&mut pair).unwrap();
    assert_eq!(titles(&pair.near), ["here", "there 0", "there 1", "there 2"]);
    assert_eq!(text(&pair.near), text(&pair.far()));
}

#[test]
fn what_is_written_here_in_between_is_due_next() {
    let mut pair = pair();
    create(&pair.near, "first");
    let near = pair.near.clone();
    pair.far.meanwhile = Box::new(move |swap| {
        if swap == 0 {
            create(&near, "second");
        }
    });
    let settled = run(&mut pair).unwrap().settled.unwrap();
    assert_eq!(titles(&pair.near), ["first", "second"]);
    assert_eq!(titles(&pair.far()), ["first"]);
    assert_ne!(settled.here, digest(&[text(&pair.near)]), "so that it is seen to be due");
    run(&mut pair).unwrap();
    assert_eq!(text(&pair.near), text(&pair.far()));
}

#[test]
fn a_link_that_breaks_anywhere_leaves_nothing_out() {
    let mut pair = pair();
    create(&pair.near, "a");
    create(&pair.far(), "b");
    for breaks in 0..3 {
        pair.far.fails_after = pair.far.swaps + breaks;
        let broke = run(&mut pair).is_err();
        assert_eq!(broke, breaks < 2);
        pair.far.fails_after = usize::MAX;
        run(&mut pair).unwrap();
        assert_eq!(text(&pair.near), text(&pair.far()));
        create(&pair.near, &format!("c{breaks}"));
        create(&pair.far(), &format!("d{breaks}"));
    }
    run(&mut pair).unwrap();
    assert_eq!(titles(&pair.near), ["a", "b", "c0", "c1", "c2", "d0", "d1", "d2"]);
}

#[test]
fn a_deletion_reaches_the_other_side() {
    let mut pair = pair();
    let id = create(&pair.near, "a");
    create(&pair.near, "b");
    run(&mut pair).unwrap();
    let actor = Actor("me".into());
    pair.far()
        .change(&actor, |change| change.delete(&id, "not needed").map(|_| ()))
        .unwrap_or_else(|error: LedgerError| panic!("{error}"));
    run(&mut pair).unwrap();
    assert!(pair.near.read().unwrap().find(&id).unwrap().is_tombstone());
}

#[test]
fn broken_lines_stop_it_and_stay() {
    let mut pair = pair();
    create(&pair.near, "a");
    run(&mut pair).unwrap();
    let far = pair.far().file();
    let broken = [text(&pair.far()), b"{\"id\":\"demo-x\n".to_vec()].concat();
    std::fs::write(&far, &broken).unwrap();
    let error = run(&mut pair).unwrap_err();
    assert!(
        error.to_string().starts_with("line 2 of the ledger of demo on thor can't be read"),
        "{error}"
    );
    assert_eq!(std::fs::read(&far).unwrap(), broken);
    assert_eq!(titles(&pair.near), ["a"]);
}

#[test]
fn a_far_side_that_never_rests_is_given_up() {
    let mut pair = pair();
    let far = pair.far();
    pair.far.meanwhile = Box::new(move |swap| {
        create(&far, &format!("there {swap}"));
    });
    assert!(run(&mut pair).unwrap_err().to_string().contains("keeps writing"));
    assert!(Path::new(&pair.near.file()).exists());
}
