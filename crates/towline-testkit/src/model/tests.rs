use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::*;

/// Posts a request, and returns the status line and the rest.
fn post(model: &Model, path: &str, body: &Value) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", model.port)).expect("it listens");
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: model\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in UTF-8");
    let (head, rest) = answer.split_once("\r\n\r\n").expect("a head");
    (head.lines().next().unwrap_or("").to_owned(), rest.to_owned())
}

/// Each dialect's request with this prompt; `answered` with a tool's answer after it.
fn dialects(prompt: &str, answered: bool) -> Vec<(&'static str, Value)> {
    let (mut claude, mut codex, mut gemini, mut chat) = (
        json!([{ "role": "user", "content": [
            { "type": "text", "text": "<system-reminder>an error, a limit" }, { "type": "text", "text": prompt } ] }]),
        json!([{ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": prompt }] }]),
        json!([{ "role": "user", "parts": [{ "text": "<session_context>limit" }] }, { "role": "user", "parts": [{ "text": prompt }] }]),
        json!([{ "role": "user", "content": prompt }]),
    );
    if answered {
        let push = |list: &mut Value, item: Value| list.as_array_mut().expect("a list").push(item);
        push(
            &mut claude,
            json!({ "role": "user", "content": [{ "type": "tool_result", "content": "x" }] }),
        );
        push(&mut codex, json!({ "type": "function_call_output", "output": "x" }));
        push(
            &mut gemini,
            json!({ "role": "user", "parts": [{ "functionResponse": { "name": "x" } }] }),
        );
        push(&mut chat, json!({ "role": "tool", "content": "x" }));
    }
    vec![
        ("/v1/messages?beta=true", json!({ "model": "m", "messages": claude, "tools": [{}] })),
        ("/v1/responses", json!({ "model": "m", "input": codex })),
        ("/v1beta/models/m:streamGenerateContent?alt=sse", json!({ "contents": gemini })),
        ("/v1/chat/completions", json!({ "model": "m", "messages": chat, "tools": [{}] })),
    ]
}

#[test]
fn all_dialects_answer_by_the_prompts_words() {
    let model = Model::start();
    for (words, answered, status, said) in [
        ("be quick", false, "200", "FINAL-"),
        ("tool ask", false, "200", "made-by-a-tool"),
        ("tool ask", true, "200", "FINAL-"),
        ("edit ask /some/file", false, "200", "/some/file"),
        ("a question", false, "200", "Which colour"),
        ("the limit", false, "429", "imit"),
        ("an error", false, "400", "error"),
    ] {
        for (path, body) in dialects(words, answered) {
            let mark = model.mark();
            let (head, rest) = post(&model, path, &body);
            assert!(head.contains(status), "{path} {words}: {head}");
            assert!(rest.contains(said) || status == "429", "{path} {words}: {rest}");
            let came =
                model.wait("been asked", mark, |event| matches!(event.what, What::Came { .. }));
            assert_eq!(came.is_prompt(words), !answered, "{path} {words}: {came:?}");
            let end = model.wait_answered(came.request);
            assert!(end.at >= came.at);
        }
    }
}

#[test]
fn an_agent_that_goes_away_is_noted() {
    let model = Model::start();
    let (path, body) = dialects("slow text", false).remove(1);
    let mut stream = TcpStream::connect(("127.0.0.1", model.port)).expect("it listens");
    let body = body.to_string();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: model\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).expect("it reads");
    model.wait("begun", 0, |event| event.what == What::First);
    drop(stream);
    model.wait("lost it", 0, |event| event.what == What::Gone);
}
