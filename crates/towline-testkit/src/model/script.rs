//! What the model answers: chosen by words of the prompt, the same for all dialects.
//!
//! | words in the prompt | what it does |
//! |---|---|
//! | `slow text` | writes for ten seconds |
//! | `wait long` | says nothing for twenty seconds |
//! | `think first` | thinks for two seconds, then writes |
//! | `tool free` | has a command run that nobody need allow, for two seconds |
//! | `tool ask` | has a command run that a person must allow |
//! | `edit ask` | has a file written that a person must allow; its path is the prompt's last word that begins with `/` |
//! | `question` | asks the person a question with two choices |
//! | `limit` | refuses: too many requests |
//! | `error` | refuses: a bad request |
//! | `fool` | writes what looks like a prompt and like work |
//! | anything else | a short answer at once |
//!
//! What a tool has answered gets a short text. Each text ends with `FINAL-N`, N being the request's number
//! ([`final_word`]): a word that is nowhere else.

use std::time::Duration;

/// What the model does with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// It says something, piece by piece.
    Says(Vec<Part>),
    /// Too many requests.
    Limit,
    /// A bad request.
    Error,
}

/// A piece of what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Thoughts, each after a pause.
    Thinks(Vec<(Duration, String)>),
    /// Words, each after a pause.
    Writes(Vec<(Duration, String)>),
    /// A tool is to be used. It is the last piece.
    Uses(Tool),
}

/// What a tool is to do; each dialect has its own name and arguments for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// A command that needs nobody's leave.
    Free,
    /// A command that needs leave.
    Ask,
    /// This file is to be written, which needs leave.
    Edit(String),
    /// A person is to be asked something.
    Question,
}

/// The command that needs nobody's leave: it does nothing for so long that people see it at work.
pub(super) const FREE_COMMAND: &str = "sleep 2";

/// What is asked of the person, and the choices.
pub(super) const QUESTION: &str = "Which colour shall it be?";
pub(super) const CHOICES: [(&str, &str); 2] = [("Red", "A warm colour"), ("Blue", "A cold one")];

/// What is written into a file.
pub(super) const CONTENT: &str = "hello\nworld\n";

/// The word that ends what the model wrote for a request.
pub(super) fn final_word(number: u64) -> String {
    format!("FINAL-{number}")
}

/// What the model does. `answered` says that a tool has answered since the prompt.
pub(super) fn reply(prompt: &str, answered: bool, number: u64) -> Reply {
    let end = final_word(number);
    let has = |words: &str| prompt.contains(words);
    let writes = |words: String| Part::Writes(spread(&words, Duration::ZERO));
    if answered {
        let mut words = spread(&format!("The tool has answered. {end}"), Duration::ZERO);
        words[0].0 = Duration::from_millis(400);
        return Reply::Says(vec![Part::Writes(words)]);
    }
    if has("limit") {
        return Reply::Limit;
    }
    if has("error") {
        return Reply::Error;
    }
    let parts = if has("slow text") {
        let words: Vec<String> = (1..=66).map(|word| format!("word{word}")).collect();
        let text = format!("{} {end}", words.join(" "));
        vec![Part::Writes(spread(&text, Duration::from_millis(150)))]
    } else if has("wait long") {
        let mut words = spread(&format!("At last. {end}"), Duration::ZERO);
        words[0].0 = Duration::from_secs(20);
        vec![Part::Writes(words)]
    } else if has("think first") {
        let thought = (Duration::from_millis(200), "some thought ".to_owned());
        vec![Part::Thinks(vec![thought; 10]), writes(format!("So it is. {end}"))]
    } else if has("tool free") {
        vec![Part::Uses(Tool::Free)]
    } else if has("tool ask") {
        vec![writes("A command has to run.".into()), Part::Uses(Tool::Ask)]
    } else if has("edit ask") {
        let path = prompt.split_whitespace().rfind(|word| word.starts_with('/'));
        vec![Part::Uses(Tool::Edit(path.unwrap_or("note.txt").to_owned()))]
    } else if has("question") {
        vec![Part::Uses(Tool::Question)]
    } else if has("fool") {
        vec![writes(format!("{FOOL}\n{end}"))]
    } else {
        vec![writes(format!("Here is a quick answer. {end}"))]
    };
    Reply::Says(parts)
}

/// Rows of agents' own dialogs and spinners, as a transcript may have them.
const FOOL: &str = "Do you want to proceed?\n\n› 1. Yes, proceed (y)\n❯ 1. Yes\n● 1. Allow once\n  2. No\n\n\
    Press enter to confirm or esc to cancel\n\n• Working (3s • esc to interrupt)\n\n\
    ┃  △ Permission required\n┃   Allow once   Allow always   Reject\n\n■■⬝⬝⬝⬝⬝⬝  esc interrupt\n";

/// A text word by word, the same pause before each.
fn spread(text: &str, pause: Duration) -> Vec<(Duration, String)> {
    text.split_inclusive(' ').map(|word| (pause, word.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_chooses() {
        let uses = |tool| Reply::Says(vec![Part::Uses(tool)]);
        for (prompt, expected) in [
            ("a tool free one", uses(Tool::Free)),
            ("edit ask for /a/b please", uses(Tool::Edit("/a/b".into()))),
            ("edit ask", uses(Tool::Edit("note.txt".into()))),
            ("a question", uses(Tool::Question)),
            ("the limit", Reply::Limit),
            ("an error", Reply::Error),
        ] {
            assert_eq!(reply(prompt, false, 1), expected, "{prompt}");
        }
        let Reply::Says(parts) = reply("the limit", true, 7) else {
            panic!("a tool's answer counts first")
        };
        let [Part::Writes(words)] = &parts[..] else { panic!("{parts:?}") };
        assert_eq!(words.last().map(|(_, word)| word.as_str()), Some("FINAL-7"));
    }
}
