//! What an interaction was asked, what its agent calls, and what it waits for.

use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Answer, Api, Receiver, answer, status};

const PATH: &str = "/v1/interactions";

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

pub(super) fn weather() -> Value {
    json!({ "type": "function", "name": "weather", "description": "The weather of a city", "parameters": {
        "type": "object",
        "properties": {
            "city": { "type": "string", "minLength": 3 },
            "days": { "type": "integer", "minimum": 2, "maximum": 5 },
            "unit": { "type": "string", "enum": ["celsius", "kelvin"] },
        },
        "required": ["city", "unit"],
        "additionalProperties": false,
    } })
}

pub(super) async fn create(api: &Api, body: &Value) -> Value {
    let made = api.post(PATH, body).await;
    assert_eq!(made.status, 200, "{}", made.json);
    made.json
}

pub(super) fn kinds(interaction: &Value) -> Vec<&str> {
    interaction["steps"].as_array().unwrap().iter().map(|step| step["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_it_was_asked_stands_before_its_steps_where_that_is_wanted() {
    let api = Api::start().await;
    let result = json!({ "type": "function_result", "call_id": "c", "name": "f", "result": "r" });
    let call = json!({ "type": "function_call", "id": "c", "name": "f", "arguments": {} });
    let asked = |pieces: Value| json!({ "type": "user_input", "content": pieces });
    let table = [
        (json!("hi"), vec![asked(json!([text("hi")]))]),
        (text("hi"), vec![asked(json!([text("hi")]))]),
        (json!([text("a"), text("b")]), vec![asked(json!([text("a"), text("b")]))]),
        (json!([asked(json!([text("a")]))]), vec![asked(json!([text("a")]))]),
        (json!([{ "role": "user", "content": "a" }]), vec![asked(json!([text("a")]))]),
        (
            json!([{ "role": "user", "content": [text("a")] }, { "role": "model", "content": [text("b")] }, text("c")]),
            vec![
                asked(json!([text("a")])),
                json!({ "type": "model_output", "content": [text("b")] }),
                asked(json!([text("c")])),
            ],
        ),
        (
            json!([asked(json!([text("a")])), call, result]),
            vec![asked(json!([text("a")])), call.clone(), result.clone()],
        ),
    ];
    for (input, expected) in table {
        let made = create(&api, &json!({ "model": "m", "input": input })).await;
        assert_eq!(kinds(&made), ["model_output"], "POST gives what came of it: {input}");
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        for plain in ["", "?include_input=false", "?include_input="] {
            assert_eq!(api.get(&format!("{path}{plain}")).await.json, made, "{plain}");
        }
        let whole = api.get(&format!("{path}?include_input=true")).await.json;
        let (before, own) = whole["steps"].as_array().unwrap().split_at(expected.len());
        assert_eq!(before, expected, "{input}");
        assert_eq!(own, made["steps"].as_array().unwrap(), "{input}");
    }
    // Even while it has not answered yet.
    let made = create(&api, &json!({ "model": "m", "input": "hi", "background": true })).await;
    assert_eq!(made["steps"], json!([]));
    let path = format!("{PATH}/{}?include_input=true", made["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await.json["steps"], json!([asked(json!([text("hi")]))]));
}

#[tokio::test]
async fn an_agent_with_a_function_calls_it_and_goes_on_with_its_result() {
    let api = Api::start().await;
    let second = json!({ "type": "function", "name": "second" });
    let body = json!({ "model": "m", "input": "Rome", "tools": [{ "type": "google_search" }, weather(), second] });
    let asked = create(&api, &body).await;
    assert_eq!((&asked["status"], kinds(&asked)), (&json!("requires_action"), vec!["function_call"]));
    let call = &asked["steps"][0];
    assert_eq!(call["name"], "weather", "the first one");
    let validator = jsonschema::draft202012::new(&weather()["parameters"]).unwrap();
    assert!(validator.is_valid(&call["arguments"]), "{call}");

    let given =
        json!({ "type": "function_result", "call_id": call["id"], "name": "weather", "result": { "sun": true } });
    let mut next = json!({ "model": "m", "input": [given], "previous_interaction_id": asked["id"] });
    for tools in [Value::Null, body["tools"].clone()] {
        next["tools"] = tools;
        let done = create(&api, &next).await;
        assert_eq!((&done["status"], kinds(&done)), (&json!("completed"), vec!["model_output"]));
        assert!(done["steps"][0]["content"][0]["text"].as_str().unwrap().contains("sun"), "{done}");
    }
    // The first one stays as it was, and a new question calls again.
    let path = format!("{PATH}/{}", asked["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await.json, asked);
    next["input"] = json!("And in Athens?");
    assert_eq!(create(&api, &next).await["status"], "requires_action");
}

#[tokio::test]
async fn who_has_no_function_to_call_or_its_result_answers() {
    let api = Api::start().await;
    let result = json!({ "type": "function_result", "call_id": "c", "name": "weather", "result": "sunny" });
    let call = json!({ "type": "function_call", "id": "c", "name": "weather", "arguments": {} });
    let question = |words: &str| json!({ "type": "user_input", "content": [text(words)] });
    let output = json!({ "type": "model_output", "content": [text("sunny")] });
    let choice = |choice: Value| json!({ "tool_choice": choice });
    let allowed = |names: Value| choice(json!({ "allowed_tools": { "mode": "any", "tools": names } }));
    let (plain, function) = (json!([]), json!([weather()]));
    let built_in = json!([{ "type": "google_search" }, { "type": "code_execution" }, { "type": "url_context" }]);
    let table = [
        (json!("hi"), &plain, Value::Null, "completed"),
        (json!("hi"), &built_in, Value::Null, "completed"),
        (
            json!("hi"),
            &json!([{ "type": "mcp_server", "name": "weather", "url": "https://x" }]),
            Value::Null,
            "completed",
        ),
        (json!("hi"), &function, Value::Null, "requires_action"),
        (json!("hi"), &function, choice(json!("auto")), "requires_action"),
        (json!("hi"), &function, choice(json!("none")), "completed"),
        (json!("hi"), &function, allowed(json!(["weather"])), "requires_action"),
        (json!("hi"), &function, allowed(json!(["other"])), "completed"),
        (result.clone(), &function, Value::Null, "completed"),
        (json!([question("a"), call, result, output, question("b")]), &function, Value::Null, "requires_action"),
        (json!([question("a"), call, result]), &function, Value::Null, "completed"),
        (json!([result, text("and short")]), &function, Value::Null, "completed"),
        (json!([{ "role": "user", "content": [result] }]), &function, Value::Null, "completed"),
    ];
    for (input, tools, config, expected) in table {
        for background in [false, true] {
            let body = json!({ "model": "m", "input": input, "tools": tools, "generation_config": config,
                "background": background });
            let mut made = create(&api, &body).await;
            if background {
                api.post("/emulator/clock:advance", &json!({ "ms": 10_000 })).await;
                made = settled(&api, &made).await;
            }
            assert_eq!(made["status"], expected, "{body}");
        }
    }
    // A chosen outcome is respected.
    let body = json!({ "model": "m", "input": "hi", "tools": [weather()] }).to_string();
    let told: Answer = answer(api.request(Method::POST, PATH).header("x-emulator-outcome", "succeed").body(body)).await;
    assert_eq!(told.json["status"], "completed");
}

/// The interaction once it no longer runs. The clock is moved ahead, and what is due then is done at once.
pub(super) async fn settled(api: &Api, made: &Value) -> Value {
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    loop {
        let now = api.get(&path).await.json;
        if now["status"] != "in_progress" {
            return now;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn in_the_background_a_call_is_told_and_so_is_its_end() {
    let api = Api::start().await;
    let mut receiver = Receiver::start(|_| status(200)).await;
    let hook = json!({ "uris": [receiver.url("/hook")] });
    let mut body =
        json!({ "model": "m", "input": "Rome", "tools": [weather()], "background": true, "webhook_config": hook });
    for (event, state) in [("interaction.requires_action", "requires_action"), ("interaction.completed", "completed")] {
        let made = create(&api, &body).await;
        assert_eq!(made["status"], "in_progress");
        api.post("/emulator/clock:advance", &json!({ "ms": 10_000 })).await;
        let told: Value = serde_json::from_slice(&receiver.next().await.body).unwrap();
        assert_eq!((&told["type"], &told["data"]["id"]), (&json!(event), &made["id"]));
        let done = settled(&api, &made).await;
        assert_eq!(done["status"], state);
        let call = json!({ "type": "function_result", "call_id": done["steps"][0]["id"], "result": "sunny" });
        body["input"] = json!([call]);
        body["previous_interaction_id"] = made["id"].clone();
    }
}

#[tokio::test]
async fn one_that_is_idle_has_not_ended() {
    let api = Api::start().await;
    let mut receiver = Receiver::start(|_| status(200)).await;
    let hook = json!({ "uris": [receiver.url("/hook")], "user_metadata": { "emulator_outcome": "idle" } });
    let body = json!({ "agent": "a", "input": "hi", "background": true, "webhook_config": hook });
    let made = create(&api, &body).await;
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    api.post("/emulator/clock:advance", &json!({ "ms": 10_000 })).await;
    assert_eq!(settled(&api, &made).await["status"], "idle");
    let job = &api.get("/emulator/jobs").await.json["jobs"][0];
    assert_eq!((&job["state"], &job["ended"], &job["next"]), (&json!("idle"), &Value::Null, &Value::Null));
    assert!(receiver.is_quiet().await, "the catalog has no event for it");
    // A stream reports the state, and does not wait for ever.
    let stream = api.request(Method::GET, &format!("{path}?stream=true")).send().await.unwrap().text().await.unwrap();
    assert!(stream.contains("\"status\":\"idle\"") && stream.ends_with("data: [DONE]\n\n"), "{stream}");

    let ended = api.post("/emulator/jobs:finish", &json!({ "name": made["id"], "outcome": "succeed" })).await;
    assert_eq!(ended.json["state"], "succeeded", "{}", ended.json);
    let told: Value = serde_json::from_slice(&receiver.next().await.body).unwrap();
    assert_eq!(told["type"], "interaction.completed");

    let other = create(&api, &json!({ "model": "m", "input": "hi", "background": true })).await;
    let finish = json!({ "name": other["id"], "outcome": "idle" });
    assert_eq!(api.post("/emulator/jobs:finish", &finish).await.json["state"], "idle");
    let path = format!("{PATH}/{}", other["id"].as_str().unwrap());
    assert_eq!(api.post(&format!("{path}/cancel"), &json!({})).await.json["status"], "cancelled");
    let refused = answer(
        api.request(Method::POST, PATH)
            .header("x-emulator-outcome", "idle")
            .body(json!({ "model": "m", "input": "hi" }).to_string()),
    );
    assert_eq!(refused.await.status, 400, "at once there is no time for it");
}
