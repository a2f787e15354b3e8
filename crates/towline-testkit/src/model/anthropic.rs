//! Anthropic's Messages API, as Claude Code speaks it: `POST /v1/messages`, events with names.

use serde_json::{Value, json};

use super::dialect::{Answer, Asked, Call, Steps, list, reply, text};
use super::log::What;
use super::script::{CHOICES, CONTENT, FREE_COMMAND, Part, QUESTION, Reply, Tool};

pub(super) fn answer(call: &Call<'_>) -> (Asked, Answer) {
    let asked = asked(call.body);
    if let Some(answer) = plans(call, &asked) {
        return (asked, answer);
    }
    let answer = match reply(&asked, call.number) {
        Reply::Says(parts) => says(call, &parts, arguments),
        Reply::Limit => limit(),
        Reply::Error => {
            refusal(400, "invalid_request_error", "something is wrong with this request")
        }
    };
    (asked, answer)
}

/// The last message of the user's counts; in it are notes for the model too, and tools' answers.
fn asked(body: &Value) -> Asked {
    let aside = list(body, "tools").is_empty();
    let of_user = |message: &&Value| text(message, "role") == "user";
    let Some(message) = list(body, "messages").iter().rev().find(of_user) else {
        return Asked { aside, ..Asked::default() };
    };
    if let Some(prompt) = message["content"].as_str() {
        return Asked { prompt: prompt.into(), answered: false, aside };
    }
    let is_note = |block: &&Value| text(block, "text").starts_with("<system-reminder>");
    let blocks: Vec<&Value> =
        list(message, "content").iter().filter(|block| !is_note(block)).collect();
    // The answer of a tool that was refused comes in one message with the next prompt.
    let answered = blocks.last().is_some_and(|block| text(block, "type") == "tool_result");
    let said = blocks.iter().rev().find(|block| text(block, "type") == "text");
    Asked { prompt: said.map_or("", |block| text(block, "text")).into(), answered, aside }
}

/// On `make a plan` it writes its plan into the file that the request names for it, and then asks to go on by it. (This agent alone
/// has a mode for that.)
fn plans(call: &Call<'_>, asked: &Asked) -> Option<Answer> {
    let is_plan = |path: &str| path.contains("/plans/") && path.ends_with(".md");
    if !asked.answered {
        let wanted = !asked.aside && asked.prompt.contains("make a plan");
        let body = wanted.then(|| call.body["messages"].to_string())?;
        let mut words = body.split(|c: char| c.is_whitespace() || "\"'`\\".contains(c));
        let path = words.find(|word| word.starts_with('/') && is_plan(word))?;
        return Some(says(call, &[Part::Uses(Tool::Edit(path.to_owned()))], arguments));
    }
    let of_model = |message: &&Value| text(message, "role") == "assistant";
    let last = list(call.body, "messages").iter().rev().find(of_model)?;
    let mut used = list(last, "content").iter().map(|block| text(&block["input"], "file_path"));
    let exit = |_: &Tool| ("ExitPlanMode", json!({}));
    used.any(is_plan).then(|| says(call, &[Part::Uses(Tool::Ask)], exit))
}

fn says(call: &Call<'_>, parts: &[Part], arguments: fn(&Tool) -> (&'static str, Value)) -> Answer {
    let mut steps =
        Steps::new(|event| format!("event: {}\ndata: {event}\n\n", text(event, "type")));
    let id = format!("msg_{:08}", call.number);
    let usage = json!({ "input_tokens": 10, "output_tokens": 1 });
    steps.send(&json!({ "type": "message_start", "message": {
        "id": id, "type": "message", "role": "assistant", "model": call.body["model"], "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage } }));
    let mut stop = "end_turn";
    for (index, part) in parts.iter().enumerate() {
        let block = |steps: &mut Steps, block: Value| {
            steps.send(
                &json!({ "type": "content_block_start", "index": index, "content_block": block }),
            );
        };
        let delta =
            |delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
        let mut used = None;
        match part {
            Part::Thinks(thoughts) => {
                block(&mut steps, json!({ "type": "thinking", "thinking": "", "signature": "" }));
                for (pause, thought) in thoughts {
                    let piece = json!({ "type": "thinking_delta", "thinking": thought });
                    steps.send_after(*pause, &delta(piece));
                }
                steps.send(&delta(json!({ "type": "signature_delta", "signature": "c2ln" })));
            }
            Part::Writes(words) => {
                block(&mut steps, json!({ "type": "text", "text": "" }));
                for (pause, word) in words {
                    steps.send_after(*pause, &delta(json!({ "type": "text_delta", "text": word })));
                }
            }
            Part::Uses(tool) => {
                stop = "tool_use";
                let (name, input) = arguments(tool);
                let id = format!("toolu_{:08}", call.number);
                block(
                    &mut steps,
                    json!({ "type": "tool_use", "id": id, "name": name, "input": {} }),
                );
                let piece =
                    json!({ "type": "input_json_delta", "partial_json": input.to_string() });
                steps.send(&delta(piece));
                used = Some(tool);
            }
        }
        steps.send(&json!({ "type": "content_block_stop", "index": index }));
        if let Some(tool) = used {
            steps.note(What::Uses(tool.clone()));
        }
    }
    let delta = json!({ "stop_reason": stop, "stop_sequence": null });
    let usage = json!({ "output_tokens": 20 });
    steps.send(&json!({ "type": "message_delta", "delta": delta, "usage": usage }));
    steps.send(&json!({ "type": "message_stop" }));
    steps.answer()
}

fn arguments(tool: &Tool) -> (&'static str, Value) {
    match tool {
        Tool::Free => ("Bash", json!({ "command": FREE_COMMAND, "description": "Wait a moment" })),
        Tool::Ask => {
            let command = "touch made-by-a-tool && echo done";
            ("Bash", json!({ "command": command, "description": "Make a file" }))
        }
        Tool::Edit(path) => ("Write", json!({ "file_path": path, "content": CONTENT })),
        Tool::Question => {
            let options = CHOICES
                .map(|(label, description)| json!({ "label": label, "description": description }));
            let question = json!({ "question": QUESTION, "header": "Colour", "multiSelect": false, "options": options });
            ("AskUserQuestion", json!({ "questions": [question] }))
        }
    }
}

fn refusal(status: u16, kind: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "type": "error", "error": { "type": kind, "message": message } }))
}

/// As the limit of a subscription is told; with a key of the API it is a refusal like others.
fn limit() -> Answer {
    let mut answer =
        refusal(429, "rate_limit_error", "This request would exceed your account's rate limit.");
    let now = std::time::SystemTime::now();
    let seconds =
        now.duration_since(std::time::SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let claim = "anthropic-ratelimit-unified-representative-claim";
    answer.headers = vec![
        ("retry-after", "3600".into()),
        ("x-should-retry", "false".into()),
        ("anthropic-ratelimit-unified-status", "rejected".into()),
        ("anthropic-ratelimit-unified-reset", (seconds + 7200).to_string()),
        (claim, "five_hour".into()),
    ];
    answer
}
