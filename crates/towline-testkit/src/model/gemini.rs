//! Google's Generative Language API, as Gemini CLI speaks it: `POST /v1beta/models/M:streamGenerateContent?alt=sse`.

use serde_json::{Value, json};

use super::dialect::{Answer, Asked, Call, Steps, list, reply, text};
use super::log::What;
use super::script::{CHOICES, CONTENT, FREE_COMMAND, Part, QUESTION, Reply, Tool};

pub(super) fn answer(call: &Call<'_>) -> (Asked, Answer) {
    let streamed = call.path.ends_with(":streamGenerateContent");
    let asked = Asked { aside: !streamed, ..asked(call.body) };
    let answer = match reply(&asked, call.number) {
        _ if call.path.ends_with(":countTokens") => {
            Answer::json(200, &json!({ "totalTokens": 10 }))
        }
        _ if !streamed => aside(),
        Reply::Says(parts) => says(&parts),
        Reply::Limit => limit(),
        Reply::Error => {
            refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", json!([]))
        }
    };
    (asked, answer)
}

/// The last text of the user's that is not the program's own.
fn asked(body: &Value) -> Asked {
    let mut asked = Asked::default();
    for content in list(body, "contents").iter().filter(|content| text(content, "role") == "user") {
        for part in list(content, "parts") {
            let said = text(part, "text");
            let own = said.starts_with("<session_context>") || said.starts_with("<hook_context>");
            if part["functionResponse"].is_object() {
                asked.answered = true;
            } else if !said.is_empty() && !own {
                asked.prompt = said.to_owned();
                asked.answered = false;
            }
        }
    }
    // What a tool has answered is the last that came, where it did.
    let last = list(body, "contents").last().map_or(&[][..], |content| list(content, "parts"));
    asked.answered = last.iter().any(|part| part["functionResponse"].is_object());
    asked
}

fn chunk(parts: &Value, end: bool) -> Value {
    let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": 0 });
    if end {
        candidate["finishReason"] = json!("STOP");
    }
    let usage = json!({ "promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15 });
    json!({ "candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted", "responseId": "r1" })
}

fn says(parts: &[Part]) -> Answer {
    let mut steps = Steps::new(|event| format!("data: {event}\r\n\r\n"));
    for part in parts {
        match part {
            Part::Thinks(thoughts) => {
                for (number, (pause, thought)) in thoughts.iter().enumerate() {
                    let said = format!("**Pondering step {number}**\n{thought}");
                    let parts = json!([{ "text": said, "thought": true }]);
                    steps.send_after(*pause, &chunk(&parts, false));
                }
            }
            Part::Writes(words) => {
                for (pause, word) in words {
                    steps.send_after(*pause, &chunk(&json!([{ "text": word }]), false));
                }
            }
            Part::Uses(tool) => {
                let (name, arguments) = arguments(tool);
                let call = json!([{ "functionCall": { "name": name, "args": arguments } }]);
                steps.send(&chunk(&call, true));
                steps.note(What::Uses(tool.clone()));
                return steps.answer();
            }
        }
    }
    steps.send(&chunk(&json!([{ "text": "" }]), true));
    steps.answer()
}

fn arguments(tool: &Tool) -> (&'static str, Value) {
    let shell = |command: &str, description: &str| json!({ "command": command, "description": description });
    match tool {
        Tool::Free => ("run_shell_command", shell(FREE_COMMAND, "Waits a moment")),
        Tool::Ask => {
            ("run_shell_command", shell("touch made-by-a-tool && echo done", "Makes a file"))
        }
        Tool::Edit(path) => ("write_file", json!({ "file_path": path, "content": CONTENT })),
        Tool::Question => {
            let options = CHOICES
                .map(|(label, description)| json!({ "label": label, "description": description }));
            let question = json!({ "question": QUESTION, "header": "Colour", "type": "choice",
                "options": options, "multiSelect": false });
            ("ask_user", json!({ "questions": [question] }))
        }
    }
}

/// A model is to be chosen, or a title or a summary to be made: all of these in one object.
fn aside() -> Answer {
    let said = json!({ "reasoning": "scripted", "model_choice": "pro", "complexity_reasoning": "scripted",
        "complexity_score": 90, "title": "A scripted title", "summary": "scripted" });
    Answer::json(200, &chunk(&json!([{ "text": said.to_string() }]), true))
}

fn refusal(status: u16, code: &str, message: &str, details: Value) -> Answer {
    let error = json!({ "code": status, "status": code, "message": message, "details": details });
    Answer::json(status, &json!({ "error": error }))
}

fn limit() -> Answer {
    let violation = json!({ "quotaMetric": "generativelanguage.googleapis.com/generate_requests_per_day",
        "quotaId": "GenerateRequestsPerDayPerProjectPerModel", "quotaValue": "100" });
    let detail = json!({ "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation] });
    let message = "You exceeded your current quota, please check your plan and billing details.";
    refusal(429, "RESOURCE_EXHAUSTED", message, json!([detail]))
}
