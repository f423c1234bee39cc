//! Interactions that are followed while they run, and those that wait for the results of functions.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::interactions::{create, kinds, settled, weather};
use super::job_events::advance;
use crate::rig::{Api, Receiver, status};

const PATH: &str = "/v1/interactions";

/// A stream, read event by event.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    async fn open(api: &Api, path: &str) -> Self {
        let response = api.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next event, once it has come; `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned();
                self.text = rest.to_owned();
                return (data != "[DONE]").then(|| serde_json::from_str(&data).unwrap());
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn rest(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

const AGENT: [&str; 7] = [
    "thought",
    "google_search_call",
    "google_search_result",
    "thought",
    "code_execution_call",
    "code_execution_result",
    "model_output",
];

async fn research(api: &Api) -> (Value, String) {
    let body = json!({ "agent": "deep-research-preview", "input": "How far is Pollux?", "background": true });
    let made = create(api, &body).await;
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    (made, path)
}

#[tokio::test]
async fn the_steps_of_an_agent_come_while_it_runs() {
    let api = Api::start().await;
    let (made, path) = research(&api).await;
    let mut stream = Stream::open(&api, &format!("{path}?stream=true")).await;
    assert_eq!(stream.next().await.unwrap()["event_type"], "interaction.created");
    assert_eq!(stream.next().await.unwrap()["event_type"], "interaction.status_update");
    advance(&api, 500).await;
    let mut told = Vec::new();
    let mut seen = Vec::new();
    for _ in 0..9 {
        advance(&api, 250).await;
        // The stream waits for what comes by then, and so does the test.
        told.push(stream.next().await.unwrap());
        let now = api.get(&path).await.json;
        assert_eq!(now["status"], "in_progress");
        assert_ne!(now["updated"], now["created"]);
        seen.push(kinds(&now).len());
        assert!(AGENT.starts_with(&kinds(&now)), "{now}");
    }
    assert!(seen.is_sorted() && seen[0] < 2 && *seen.last().unwrap() >= 6, "{seen:?}");
    advance(&api, 250).await;
    told.extend(stream.rest().await);
    let done = settled(&api, &made).await;
    assert_eq!((&done["status"], kinds(&done)), (&json!("completed"), AGENT.to_vec()));
    let last = told.last().unwrap();
    assert_eq!(
        (&last["event_type"], &last["interaction"]["status"]),
        (&json!("interaction.completed"), &json!("completed"))
    );
    assert_eq!(done["steps"][2]["call_id"], done["steps"][1]["id"]);
    assert!(done["usage"]["total_thought_tokens"].as_u64().unwrap() > 0);

    // From after any of them, without a gap or a double.
    let all = Stream::open(&api, &format!("{path}?stream=true")).await.rest().await;
    assert_eq!(all[2..], told);
    let text: String = all.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!(text, done["steps"][6]["content"][0]["text"].as_str().unwrap());
    for (index, event) in all.iter().enumerate() {
        let from = format!("{path}?stream=true&last_event_id={}", event["event_id"].as_str().unwrap());
        assert_eq!(Stream::open(&api, &from).await.rest().await, all[index + 1..]);
    }
}

#[tokio::test]
async fn a_stream_goes_on_where_another_ended() {
    let api = Api::start().await;
    let (_, path) = research(&api).await;
    let mut first = Stream::open(&api, &format!("{path}?stream=true")).await;
    advance(&api, 500).await;
    advance(&api, 1300).await;
    let mut told = Vec::new();
    for _ in 0..7 {
        told.push(first.next().await.unwrap());
    }
    drop(first);
    let from = format!("{path}?stream=true&last_event_id={}", told[6]["event_id"].as_str().unwrap());
    let mut second = Stream::open(&api, &from).await;
    told.push(second.next().await.unwrap());
    // Stopped in the middle: what was told stays, and is told alike.
    assert_eq!(api.post(&format!("{path}/cancel"), &json!({})).await.json["status"], "cancelled");
    told.extend(second.rest().await);
    let all = Stream::open(&api, &format!("{path}?stream=true")).await.rest().await;
    assert_eq!(all, told);
    let last = all.last().unwrap();
    assert_eq!((&last["event_type"], &last["status"]), (&json!("interaction.status_update"), &json!("cancelled")));
    let ids: Vec<String> = (1..=all.len()).map(|number| format!("evt_{number}")).collect();
    assert_eq!(all.iter().map(|event| event["event_id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert!(!kinds(&api.get(&path).await.json).is_empty());

    // One that was idle in between.
    let (made, path) = research(&api).await;
    advance(&api, 500).await;
    advance(&api, 1300).await;
    for outcome in ["idle", "succeed"] {
        let finish = json!({ "name": made["id"], "outcome": outcome });
        assert_eq!(api.post("/emulator/jobs:finish", &finish).await.status, 200);
        let all = Stream::open(&api, &format!("{path}?stream=true")).await.rest().await;
        match outcome {
            "idle" => told = all,
            _ => assert!(all.starts_with(&told) && all.len() > told.len() + 1, "{all:?}"),
        }
    }

    // One that is deleted ends its streams, and so does the end of the emulator.
    let (_, path) = research(&api).await;
    let mut stream = Stream::open(&api, &format!("{path}?stream=true")).await;
    assert!(stream.next().await.is_some() && stream.next().await.is_some());
    assert_eq!(api.delete(&path).await.status, 200);
    assert_eq!(stream.next().await, None);
    let (_, path) = research(&api).await;
    let mut stream = Stream::open(&api, &format!("{path}?stream=true")).await;
    assert!(stream.next().await.is_some() && stream.next().await.is_some());
    api.service.stop().await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn several_calls_wait_for_all_their_results() {
    let api = Api::start().await;
    let mut receiver = Receiver::start(|_| status(200)).await;
    let second = json!({ "type": "function", "name": "second" });
    let hook = |metadata: Value| json!({ "uris": [receiver.url("/hook")], "user_metadata": metadata });
    let mut body = json!({ "model": "m", "input": "Rome", "tools": [weather(), second], "background": true,
        "webhook_config": hook(json!({ "emulator_calls": 3 })) });
    let again = hook(json!({ "emulator_outcome": "require_action" }));
    let last = hook(json!({}));
    let made = create(&api, &body).await;
    advance(&api, 10_000).await;
    let asked = settled(&api, &made).await;
    assert_eq!((&asked["status"], kinds(&asked)), (&json!("requires_action"), vec!["function_call"; 3]));
    let names: Vec<_> = asked["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["weather", "second", "weather"]);
    let ids: Vec<&Value> = asked["steps"].as_array().unwrap().iter().map(|step| &step["id"]).collect();
    let result = |id: &Value, result: &str| json!({ "type": "function_result", "call_id": id, "result": result });
    let whole = [result(ids[0], "sunny"), result(ids[1], "two"), result(ids[2], "rain")];
    body["previous_interaction_id"] = asked["id"].clone();
    for (given, says) in [
        (json!([result(&json!("call_none"), "x")]), "has no pending call 'call_none'"),
        (json!([whole[0]]), "also waits for the results of: '"),
        (json!([whole[0], whole[1], whole[2], whole[2]]), "is answered twice"),
        (json!([{ "type": "function_result", "result": "x" }]), "'function_result.call_id'"),
        (json!([{ "type": "user_input", "content": [whole[1]] }]), "also waits"),
    ] {
        body["input"] = given;
        let refused = api.post(PATH, &body).await;
        assert_eq!((refused.status, &refused.json["error"]["code"]), (400, &json!("invalid_request")), "{body}");
        assert!(refused.message().contains(says), "{}", refused.message());
    }
    body["input"] = json!(whole);
    body["webhook_config"] = again;
    let made = create(&api, &body).await;
    advance(&api, 10_000).await;
    let twice = settled(&api, &made).await;
    assert_eq!((&twice["status"], kinds(&twice)), (&json!("requires_action"), vec!["function_call"]));
    body["previous_interaction_id"] = twice["id"].clone();
    body["input"] = json!([result(&twice["steps"][0]["id"], "at last")]);
    body["webhook_config"] = last;
    let made = create(&api, &body).await;
    advance(&api, 10_000).await;
    let done = settled(&api, &made).await;
    assert_eq!(
        (&done["status"], &done["steps"][0]["content"][0]["text"]),
        (&json!("completed"), &json!("Echo: at last"))
    );
    let mut events = Vec::new();
    for _ in 0..3 {
        events.push(receiver.next().await.json()["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(events, ["interaction.requires_action", "interaction.requires_action", "interaction.completed"]);
    assert_eq!(api.get(PATH).await.status, 405, "they cannot be listed");
}
