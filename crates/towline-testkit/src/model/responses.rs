//! OpenAI's Responses API, as Codex speaks it: `POST /v1/responses`, events with names.

use serde_json::{Value, json};

use super::dialect::{Answer, Asked, Call, Steps, list, reply, text};
use super::log::What;
use super::script::{CHOICES, CONTENT, FREE_COMMAND, Part, QUESTION, Reply, Tool};

pub(super) fn answer(call: &Call<'_>) -> (Asked, Answer) {
    let asked = asked(call.body);
    let answer = match reply(&asked, call.number) {
        Reply::Says(parts) => says(call, &parts),
        Reply::Limit => Answer::json(
            429,
            &json!({ "error": {
            "type": "usage_limit_reached", "message": "The usage limit has been reached",
            "plan_type": "plus", "resets_in_seconds": 3600 } }),
        ),
        Reply::Error => Answer::json(
            400,
            &json!({ "error": { "message": "something is wrong with this request" } }),
        ),
    };
    (asked, answer)
}

/// The last text of the user's; what has come after it from tools is in items of their own.
fn asked(body: &Value) -> Asked {
    let input = list(body, "input");
    let of_user = |item: &Value| text(item, "type") == "message" && text(item, "role") == "user";
    let last = input.iter().rposition(of_user);
    let prompt: String = last.map_or_else(String::new, |at| {
        list(&input[at], "content").iter().map(|part| text(part, "text")).collect()
    });
    let after = last.map_or(input, |at| &input[at + 1..]);
    let answered = after.iter().any(|item| text(item, "type").ends_with("_output"));
    // The title of a conversation is asked for beside it.
    let aside = prompt.contains("task title");
    Asked { prompt, answered, aside }
}

fn says(call: &Call<'_>, parts: &[Part]) -> Answer {
    let mut steps =
        Steps::new(|event| format!("event: {}\ndata: {event}\n\n", text(event, "type")));
    let id = format!("resp_{}", call.number);
    steps.send(&json!({ "type": "response.created", "response": { "id": id } }));
    for (index, part) in parts.iter().enumerate() {
        let item_id = format!("item_{}_{index}", call.number);
        match part {
            Part::Thinks(thoughts) => {
                let item = json!({ "type": "reasoning", "id": item_id, "summary": [] });
                steps.send(&json!({ "type": "response.output_item.added", "item": item }));
                let delta = |delta: &str| {
                    json!({ "type": "response.reasoning_summary_text.delta",
                    "item_id": item_id, "summary_index": 0, "delta": delta })
                };
                steps.send(&delta("**Pondering the matter**\n\n"));
                for (pause, thought) in thoughts {
                    steps.send_after(*pause, &delta(thought));
                }
                let summary =
                    json!([{ "type": "summary_text", "text": "**Pondering the matter**" }]);
                let item = json!({ "type": "reasoning", "id": item_id, "summary": summary });
                steps.send(&json!({ "type": "response.output_item.done", "item": item }));
            }
            Part::Writes(words) => {
                let item = |content: Value| json!({ "type": "message", "role": "assistant", "id": item_id, "content": content });
                steps.send(
                    &json!({ "type": "response.output_item.added", "item": item(json!([])) }),
                );
                for (pause, word) in words {
                    let event = json!({ "type": "response.output_text.delta", "item_id": item_id,
                        "output_index": index, "content_index": 0, "delta": word });
                    steps.send_after(*pause, &event);
                }
                let whole: String = words.iter().map(|(_, word)| word.as_str()).collect();
                let content = json!([{ "type": "output_text", "text": whole }]);
                steps.send(&json!({ "type": "response.output_item.done", "item": item(content) }));
            }
            Part::Uses(tool) => {
                let mut item = call_of(tool);
                item["id"] = json!(item_id);
                item["call_id"] = json!(format!("call_{}", call.number));
                steps.send(&json!({ "type": "response.output_item.done", "item": item }));
                steps.note(What::Uses(tool.clone()));
            }
        }
    }
    let usage = json!({ "input_tokens": 100, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 20, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 120 });
    steps.send(&json!({ "type": "response.completed", "response": { "id": id, "usage": usage } }));
    steps.answer()
}

fn call_of(tool: &Tool) -> Value {
    let function = |name: &str, arguments: Value| json!({ "type": "function_call", "name": name, "arguments": arguments.to_string() });
    match tool {
        Tool::Free => function("exec_command", json!({ "cmd": FREE_COMMAND })),
        Tool::Ask => function(
            "exec_command",
            json!({
            "cmd": "touch made-by-a-tool && echo done",
            "sandbox_permissions": "require_escalated",
            "justification": "May I make a file outside of the sandbox?" }),
        ),
        Tool::Edit(path) => {
            let lines: String = CONTENT.lines().map(|line| format!("+{line}\n")).collect();
            let input = format!("*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n");
            json!({ "type": "custom_tool_call", "name": "apply_patch", "input": input })
        }
        Tool::Question => {
            let options = CHOICES
                .map(|(label, description)| json!({ "label": label, "description": description }));
            let question = json!({ "id": "colour", "header": "Colour", "question": QUESTION, "options": options });
            function("request_user_input", json!({ "questions": [question] }))
        }
    }
}
