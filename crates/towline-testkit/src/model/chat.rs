//! The chat completions API that many servers speak, as OpenCode speaks it to them: `POST /v1/chat/completions`.

use serde_json::{Value, json};

use super::dialect::{Answer, Asked, Call, Steps, list, reply, text};
use super::log::What;
use super::script::{CHOICES, CONTENT, FREE_COMMAND, Part, QUESTION, Reply, Tool};

pub(super) fn answer(call: &Call<'_>) -> (Asked, Answer) {
    let asked = asked(call.body);
    let answer = match reply(&asked, call.number) {
        Reply::Says(parts) => says(call, &parts),
        Reply::Limit => {
            let mut answer = refusal(429, "rate_limit_error", "Rate limit reached for requests");
            answer.headers = vec![("retry-after", "3600".into())];
            answer
        }
        Reply::Error => {
            refusal(400, "invalid_request_error", "something is wrong with this request")
        }
    };
    (asked, answer)
}

fn asked(body: &Value) -> Asked {
    let said = |message: &Value| match &message["content"] {
        Value::String(said) => said.clone(),
        _ => list(message, "content").iter().map(|part| text(part, "text")).collect(),
    };
    let messages = list(body, "messages");
    let prompt = messages.iter().rev().find(|message| text(message, "role") == "user").map(said);
    let answered = messages.last().is_some_and(|message| text(message, "role") == "tool");
    // The title of a conversation is asked for beside it, without tools.
    let aside = list(body, "tools").is_empty();
    Asked { prompt: prompt.unwrap_or_default(), answered, aside }
}

fn says(call: &Call<'_>, parts: &[Part]) -> Answer {
    let mut steps = Steps::new(|event| format!("data: {event}\n\n"));
    let id = format!("chatcmpl-{}", call.number);
    let chunk = |delta: Value, finish: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        json!({ "id": id, "object": "chat.completion.chunk", "created": 0, "model": call.body["model"], "choices": [choice] })
    };
    steps.send(&chunk(json!({ "role": "assistant", "content": "" }), None));
    let mut finish = "stop";
    for part in parts {
        match part {
            Part::Thinks(thoughts) => {
                for (pause, thought) in thoughts {
                    steps.send_after(*pause, &chunk(json!({ "reasoning_content": thought }), None));
                }
            }
            Part::Writes(words) => {
                for (pause, word) in words {
                    steps.send_after(*pause, &chunk(json!({ "content": word }), None));
                }
            }
            Part::Uses(tool) => {
                finish = "tool_calls";
                let (name, arguments) = arguments(tool);
                let function = json!({ "name": name, "arguments": arguments.to_string() });
                let call = json!({ "index": 0, "id": format!("call_{}", call.number), "type": "function", "function": function });
                steps.send(&chunk(json!({ "tool_calls": [call] }), None));
                steps.note(What::Uses(tool.clone()));
            }
        }
    }
    let mut end = chunk(json!({}), Some(finish));
    end["usage"] = json!({ "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 });
    steps.send(&end);
    steps.raw("data: [DONE]\n\n");
    steps.answer()
}

fn arguments(tool: &Tool) -> (&'static str, Value) {
    let bash = |command: &str, description: &str| json!({ "command": command, "description": description });
    match tool {
        Tool::Free => ("bash", bash(FREE_COMMAND, "Waits a moment")),
        Tool::Ask => ("bash", bash("touch made-by-a-tool && echo done", "Makes a file")),
        Tool::Edit(path) => ("write", json!({ "filePath": path, "content": CONTENT })),
        Tool::Question => {
            let options = CHOICES
                .map(|(label, description)| json!({ "label": label, "description": description }));
            let question = json!({ "question": QUESTION, "header": "Colour", "options": options });
            ("question", json!({ "questions": [question] }))
        }
    }
}

fn refusal(status: u16, kind: &str, message: &str) -> Answer {
    let code = if status == 429 { json!("rate_limit_exceeded") } else { Value::Null };
    Answer::json(status, &json!({ "error": { "message": message, "type": kind, "code": code } }))
}
