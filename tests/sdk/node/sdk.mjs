// Google's JavaScript SDK, unmodified, against the emulator: node sdk.mjs ORIGIN API_KEY COMMAND [ARGUMENT...]
//
// The variable SDK names the package, where it is not @google/genai: another version of it under a name of its own.
// Prints one JSON object, or ends with the assertion that failed.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const PACKAGE = process.env.SDK ?? "@google/genai";
const { ApiError, GoogleGenAI, JobState } = await import(PACKAGE);
const [origin, apiKey, command, ...given] = process.argv.slice(2);
const model = "gemini-3-flash";
const MILLISECONDS_TO_WAIT = 20_000;
const HOUR = 3_600_000;

const client = (key = apiKey) =>
  new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: origin, retryOptions: { attempts: 1 } } });

/** A call to what the service does not have. */
const control = async (method, path, body) => {
  const options = { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) };
  const response = await fetch(`${origin}/emulator/${path}`, options);
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.json();
};

/** Reads until it is done. */
const until = async (read, done) => {
  const end = Date.now() + MILLISECONDS_TO_WAIT;
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    assert.ok(Date.now() < end, `too late: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** The error of this name: the classes of webhooks and interactions are not exported. */
const raises = async (name, status, call) => {
  try {
    await call();
  } catch (error) {
    assert.deepEqual([error.constructor.name, error.status], [name, status], `${error.stack}`);
    return error;
  }
  assert.fail(`no ${name}`);
};

const all = async (pager) => {
  const items = [];
  for await (const item of await pager) items.push(item);
  return items;
};

/** A folder that is gone afterwards. */
const inFolder = async (work) => {
  const folder = mkdtempSync(join(tmpdir(), "pollux-sdk-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Text, arguments, status and id that a stream has told. */
const told = async (stream) => {
  const events = [];
  for await (const event of await stream) events.push(event);
  const kinds = events.map(({ event_type }) => event_type);
  assert.deepEqual([kinds[0], kinds.at(-1)], ["interaction.created", "interaction.completed"]);
  const deltas = events.filter(({ event_type }) => event_type === "step.delta").map(({ delta }) => delta);
  const all = (name) => deltas.map((delta) => delta[name] ?? "").join("");
  const { status, id } = events.at(-1).interaction;
  return { text: all("text"), called: all("arguments"), status, id, ids: events.map(({ event_id }) => event_id) };
};

const weather = {
  type: "function",
  name: "weather",
  description: "The weather of a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer", minimum: 2 } },
    required: ["city"],
  },
};

const prompt = (text) => ({ contents: [{ role: "user", parts: [{ text }] }] });

const commands = {
  async webhooks(uri) {
    const api = client().webhooks;
    const subscribed_events = ["batch.succeeded", "interaction.completed"];
    const made = [];
    for (let n = 0; n < 3; n += 1) made.push(await api.create({ name: `n${n}`, uri, subscribed_events }));
    const [first] = made;
    assert.match(first.id, /^[a-z0-9]{36}$/);
    assert.match(first.new_signing_secret, /^whsec_/);
    assert.deepEqual([first.name, first.uri, first.state], ["n0", uri, "enabled"]);
    assert.deepEqual(first.subscribed_events, subscribed_events);

    const got = await api.get(first.id);
    assert.equal(got.new_signing_secret, undefined);
    assert.equal(got.signing_secrets[0].truncated_secret, `whsec_...${first.new_signing_secret.slice(-4)}`);

    const page = await api.list({ page_size: 2 });
    const rest = await api.list({ page_size: 2, page_token: page.next_page_token });
    assert.deepEqual([page.webhooks.length, rest.webhooks.length, rest.next_page_token], [2, 1, undefined]);
    const listed = [...page.webhooks, ...rest.webhooks].map(({ id }) => id);
    assert.deepEqual(listed.sort(), made.map(({ id }) => id).sort());

    let changed = await api.update(first.id, { update_mask: "name", name: "renamed", state: "disabled" });
    assert.deepEqual([changed.name, changed.state], ["renamed", "disabled"]);
    changed = await api.update(first.id, { subscribed_events: ["batch.failed"] });
    assert.deepEqual([changed.name, changed.subscribed_events], ["renamed", ["batch.failed"]]);

    assert.ok(await api.ping(made[1].id));
    assert.ok(await api.ping(made[1].id, { body: {} }));

    const { now } = await control("GET", "clock");
    const { secret } = await api.rotateSigningSecret(first.id);
    const secrets = (await api.get(first.id)).signing_secrets;
    const active = secrets.filter((one) => one.expire_time === undefined);
    assert.deepEqual(active.map((one) => one.truncated_secret), [`whsec_...${secret.slice(-4)}`]);
    const [old] = secrets.filter((one) => one.expire_time !== undefined);
    const grace = new Date(old.expire_time) - new Date(now);
    assert.ok(grace >= 24 * HOUR && grace < 24.02 * HOUR, `${grace}`);
    const revocation_behavior = "revoke_previous_secrets_immediately";
    const last = (await api.rotateSigningSecret(first.id, { revocation_behavior })).secret;
    const left = (await api.get(first.id)).signing_secrets.map((one) => one.truncated_secret.slice(-4));
    assert.deepEqual(left, [last.slice(-4)]);

    await api.delete(first.id);
    await raises("NotFoundError", 404, () => api.get(first.id));
    return { pinged: made[1].id, secret: made[1].new_signing_secret };
  },

  async wrong_calls() {
    const api = client();
    const uri = "https://example.com/hook";
    const invalid = client("wrong");
    assert.match((await raises("BadRequestError", 400, () => invalid.webhooks.list())).message, /API key not valid/);
    const error = await raises("ApiError", 400, () => invalid.batches.get({ name: "batches/none" }));
    assert.ok(error instanceof ApiError);
    assert.match(error.message, /API key not valid/);

    const { webhooks } = api;
    for (const call of ["get", "delete", "ping", "rotateSigningSecret"])
      await raises("NotFoundError", 404, () => webhooks[call]("nobodyknowsthisone"));
    await raises("NotFoundError", 404, () => api.interactions.get("nobodyknowsthisone"));
    const wrongEvent = () => webhooks.create({ uri, subscribed_events: ["batch.completed"] });
    assert.match((await raises("BadRequestError", 400, wrongEvent)).message, /batch\.succeeded.*video\.generated/s);
    const webhook_config = { uris: [uri] };
    const noBackground = () => api.interactions.create({ model, input: "hi", webhook_config });
    assert.match((await raises("BadRequestError", 400, noBackground)).message, /background=true is required/);
    await raises("ApiError", 404, () => api.batches.get({ name: "batches/none" }));

    await control("PATCH", "settings", { faults: { too_many_requests: 1 } });
    await raises("ApiError", 429, () => api.batches.get({ name: "batches/none" }));
    await raises("RateLimitError", 429, () => webhooks.list());
    await control("PATCH", "settings", { faults: { too_many_requests: 0 } });
    return {};
  },

  async batches(uri) {
    const api = client();
    const keys = ["a", "b", "c"];
    const hooked = (userMetadata) => ({ uris: [uri], userMetadata });
    const finished = ({ name }) =>
      until(
        () => api.batches.get({ name }),
        ({ state }) => ![JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING].includes(state),
      );

    return inFolder(async (folder) => {
      const path = join(folder, "requests.jsonl");
      writeFileSync(path, keys.map((key) => `${JSON.stringify({ key, request: prompt(key) })}\n`).join(""));
      const uploaded = await api.files.upload({ file: path, config: { mimeType: "application/jsonl" } });
      const webhookConfig = hooked({ from: "file" });
      const config = { displayName: "from a file", webhookConfig };
      let file = await api.batches.create({ model, src: { fileName: uploaded.name }, config });
      assert.match(file.name, /^batches\//);
      file = await finished(file);
      assert.deepEqual([file.state, file.displayName], [JobState.JOB_STATE_SUCCEEDED, "from a file"]);
      const downloadPath = join(folder, "results.jsonl");
      await api.files.download({ file: file.dest.fileName, downloadPath });
      const lines = readFileSync(downloadPath, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(lines.map(({ key }) => key), keys);
      for (const { response } of lines) assert.ok(response.candidates[0].content.parts[0].text);
      // Its id is longer than the Files service lets anyone delete.
      const refused = await raises("ApiError", 400, () => api.files.delete({ name: file.dest.fileName }));
      assert.match(refused.message, /cannot be more than 40 characters/);
      assert.equal((await api.files.get({ name: file.dest.fileName })).name, file.dest.fileName);

      const src = [prompt("one"), prompt("two")];
      let inline = await api.batches.create({ model, src, config: { webhookConfig: hooked({ from: "inline" }) } });
      inline = await finished(inline);
      assert.equal(inline.state, JobState.JOB_STATE_SUCCEEDED);
      const answers = inline.dest.inlinedResponses.map(({ response }) => response.candidates[0].content.parts[0].text);
      assert.deepEqual(answers.map((answer) => typeof answer), ["string", "string"]);

      const never = { webhookConfig: hooked({ emulator_outcome: "never" }) };
      const cancelled = await api.batches.create({ model, src, config: never });
      await api.batches.cancel({ name: cancelled.name });
      assert.equal((await finished(cancelled)).state, JobState.JOB_STATE_CANCELLED);

      const made = [file.name, inline.name, cancelled.name];
      const listed = (await all(api.batches.list({ config: { pageSize: 2 } }))).map(({ name }) => name);
      assert.deepEqual(listed.sort(), [...made].sort());
      await api.batches.delete({ name: cancelled.name });
      await raises("ApiError", 404, () => api.batches.get({ name: cancelled.name }));
      return { file: file.name, output_file: file.dest.fileName, inline: inline.name, cancelled: cancelled.name };
    });
  },

  async interactions(uri) {
    const api = client().interactions;
    const create = (user_metadata) =>
      api.create({ model, input: "hi", background: true, webhook_config: { uris: [uri], user_metadata } });
    const finished = ({ id }) => until(() => api.get(id), ({ status }) => !["in_progress", "queued"].includes(status));

    const made = await create({ from: "background" });
    assert.deepEqual(made.webhook_config, { uris: [uri], user_metadata: { from: "background" } });
    const done = await finished(made);
    assert.equal(done.status, "completed");
    assert.ok(done.output_text);
    const waiting = await finished(await create({ emulator_outcome: "require_action" }));
    assert.deepEqual([waiting.status, waiting.steps.at(-1).type], ["requires_action", "function_call"]);
    const failed = await finished(await create({ emulator_outcome: "fail" }));
    assert.equal(failed.status, "failed");
    const running = await create({ emulator_outcome: "never" });
    assert.equal((await api.cancel(running.id)).status, "cancelled");
    await api.delete(running.id);
    await raises("NotFoundError", 404, () => api.get(running.id));
    return { completed: made.id, failed: failed.id, requires_action: waiting.id, cancelled: running.id };
  },

  /** A function is called and its result is answered; what was asked is read back. */
  async tools(uri) {
    const api = client().interactions;
    const types = ({ steps }) => steps.map(({ type }) => type);
    const hooked = (user_metadata) => ({ background: true, webhook_config: { uris: [uri], user_metadata } });
    const rests = ({ id }) => until(() => api.get(id), ({ status }) => !["in_progress", "queued"].includes(status));
    const result = ({ id, status, steps }) => {
      const call = steps.at(-1);
      assert.deepEqual([status, call.type, call.name], ["requires_action", "function_call", "weather"]);
      assert.ok(typeof call.arguments.city === "string" && call.arguments.days >= 2, JSON.stringify(call));
      const given = { type: "function_result", call_id: call.id, name: call.name, result: "sunny" };
      return { model, input: [given], previous_interaction_id: id, tools: [weather] };
    };

    const done = await api.create(result(await api.create({ model, input: "Rome?", tools: [weather] })));
    assert.deepEqual([done.status, types(done)], ["completed", ["model_output"]]);
    assert.match(done.output_text, /sunny/);
    assert.deepEqual(types(await api.get(done.id, { include_input: true })), ["function_result", "model_output"]);
    const searched = await api.create({ model, input: "Rome?", tools: [{ type: "google_search" }] });
    assert.deepEqual([searched.status, types(await api.get(searched.id))], ["completed", ["model_output"]]);
    const [first] = (await api.get(searched.id, { include_input: true })).steps;
    assert.deepEqual([first.type, first.content.map(({ text }) => text)], ["user_input", ["Rome?"]]);

    const asked = await rests(await api.create({ model, input: "Rome?", tools: [weather], ...hooked({ n: 1 }) }));
    const answered = await rests(await api.create({ ...result(asked), ...hooked({ n: 2 }) }));
    assert.equal(answered.status, "completed");
    const idle = await rests(await api.create({ model, input: "hi", ...hooked({ emulator_outcome: "idle" }) }));
    assert.equal(idle.status, "idle");
    assert.equal((await api.cancel(idle.id)).status, "cancelled");
    return { requires_action: asked.id, completed: answered.id, cancelled: idle.id };
  },

  async streams(uri) {
    const api = client().interactions;
    const input = "What is the distance to the star Pollux, in light years and in parsecs? ".repeat(3);
    const first = await told(api.create({ model, input, stream: true }));
    assert.deepEqual([first.text, first.status], [`Echo: ${input.trim()}`, "completed"]);
    assert.deepEqual(await told(api.get(first.id, { stream: true })), first);
    const rest = [];
    const resumed = await api.get(first.id, { stream: true, last_event_id: first.ids[4] });
    for await (const { event_id } of resumed) rest.push(event_id);
    assert.deepEqual(rest, first.ids.slice(5));
    const called = await told(api.create({ model, input: "Rome?", tools: [weather], stream: true }));
    assert.deepEqual([called.status, called.text], ["requires_action", ""]);
    assert.ok(JSON.parse(called.called).city);
    const webhook_config = { uris: [uri], user_metadata: { from: "stream" } };
    const made = await told(api.create({ model, input: "hi", background: true, stream: true, webhook_config }));
    assert.deepEqual([made.status, made.text], ["completed", "Echo: hi"]);
    return { completed: made.id };
  },

  async files() {
    const api = client().files;
    // Larger than the 8 MiB pieces in which the SDK uploads.
    const size = 9 * 1024 * 1024;
    const mimeType = "application/octet-stream";
    const large = await api.upload({ file: new Blob([new Uint8Array(size)]), config: { mimeType, displayName: "large" } });
    const names = [large.name];
    for (let n = 0; n < 2; n += 1) {
      names.push((await api.upload({ file: new Blob(["x"]), config: { mimeType: "text/plain" } })).name);
    }
    const got = await api.get({ name: large.name });
    assert.deepEqual([got.displayName, got.mimeType, Number(got.sizeBytes)], ["large", mimeType, size]);
    assert.deepEqual([got.state, got.source], ["ACTIVE", "UPLOADED"]);
    const listed = (await all(api.list({ config: { pageSize: 2 } }))).map(({ name }) => name);
    assert.deepEqual(listed.sort(), [...names].sort());
    await api.delete({ name: large.name });
    await assert.rejects(() => api.get({ name: large.name }), ApiError);
    return { left: (await all(api.list())).length };
  },

  /** Not offered by this SDK version for the Gemini API; it says so without a request. */
  async no_video() {
    const made = client().models.generateVideos({ model: "veo-3.1-generate-preview", source: { prompt: "a cat" } });
    const error = await made.then(() => assert.fail("it is offered"), (refused) => refused);
    return { said: error.message };
  },

  async create_webhook(uri, event) {
    const made = await client().webhooks.create({ name: "receiver", uri, subscribed_events: [event] });
    return { id: made.id, secret: made.new_signing_secret };
  },

  async rotate(webhook, revocation_behavior) {
    return { secret: (await client().webhooks.rotateSigningSecret(webhook, { revocation_behavior })).secret };
  },
};

const installed = dirname(createRequire(import.meta.url).resolve(PACKAGE));
const sdk = JSON.parse(readFileSync(join(installed, "../../package.json"), "utf8")).version;
console.log(JSON.stringify({ sdk, ...(await commands[command](...given)) }));
