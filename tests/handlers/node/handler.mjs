// A handler of Gemini's webhooks with Express and `standardwebhooks`: right, or with one mistake.
//
// node handler.mjs [--port N] [--secret whsec_…] [--jwks URL] [--mistake NAME]     the secret also as HANDLER_SECRET
//
// The first line says where it listens. Without --jwks it knows `v1` only. GET /handled counts how often it acted on
// each message, which a sender cannot see from the answers.
import { Buffer, isUtf8 } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import express from "express";
import { VERIFIERS } from "./mistakes.mjs";
import { Keys, Refused, Verifier } from "./verification.mjs";

const HANDLER_MISTAKES = ["not_idempotent", "fails_on_unknown_type", "slow", "small_body_limit", "crashes_on_list"];
const SLOW_MS = 6000;

const log = (...words) => console.error(...words);
const finished = (event) => log("finished:", event.data);
const failed = (event) => log("failed:", event.data);
const waits = (event) => log("waits for an answer:", event.data);

const ACTIONS = new Map([
  ["batch.succeeded", finished],
  ["batch.failed", failed],
  ["batch.expired", failed],
  ["batch.cancelled", failed],
  ["interaction.completed", finished],
  ["interaction.requires_action", waits],
  ["interaction.failed", failed],
  ["interaction.cancelled", failed],
  ["video.generated", finished],
]);

// The event; undefined when the body is none: it was signed all the same, so that it is logged and acknowledged.
function eventOf(body) {
  try {
    const event = JSON.parse(body);
    return typeof event?.type === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}

function act(event) {
  if (!event) return log("signed, but no event");
  const action = ACTIONS.get(event.type);
  if (!action) return log("an event of an unknown type:", event.type);
  action(event);
}

// After the answer: the sender waits for a few seconds only.
function later(event) {
  setImmediate(() => {
    try {
      act(event);
    } catch (error) {
      log("the work failed:", error);
    }
  });
}

function application(verifier, mistake) {
  const app = express();
  const handled = new Map();
  // MISTAKE of small_body_limit: Express's own limit, 100 KiB.
  const limit = mistake === "small_body_limit" ? undefined : "4mb";

  // The bytes as they came: also compressed ones were signed as they are.
  app.use((request, _response, next) => {
    delete request.headers["content-encoding"];
    next();
  });
  app.use(express.raw({ type: () => true, limit }));

  app.post("/hook", async (request, response) => {
    // Without a body there is none.
    request.body ??= Buffer.alloc(0);
    let id;
    try {
      const bytes = await verifier.verify(request);
      id = bytes.toString(isUtf8(bytes) ? "utf8" : "latin1");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      log("refused:", error.message);
      return response.status(error.status).send(error.message);
    }
    const event = eventOf(request.body);
    // MISTAKE: a list has no type, and undefined no split(). The signature is right all the same.
    if (mistake === "crashes_on_list" && request.body[0] === 0x5b) log("to do:", JSON.parse(request.body).type.split("."));
    // MISTAKE: a TypeError at a type that came later, which Express answers with 500.
    if (mistake === "fails_on_unknown_type" && event) log("to do:", ACTIONS.get(event.type).name);
    const before = handled.get(id) ?? 0;
    // MISTAKE of not_idempotent: retries and duplicates are done again.
    if (before > 0 && mistake !== "not_idempotent") return response.send("seen before");
    handled.set(id, before + 1);
    if (mistake === "slow") {
      // MISTAKE: the sender gives up meanwhile, and sends it again.
      await sleep(SLOW_MS);
      act(event);
    } else {
      later(event);
    }
    response.send("accepted");
  });

  app.get("/handled", (_request, response) => response.json({ handled: Object.fromEntries(handled) }));
  return app;
}

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    secret: { type: "string", default: process.env.HANDLER_SECRET },
    jwks: { type: "string" },
    mistake: { type: "string", default: "none" },
  },
});
if (!values.secret && !values.jwks) throw new Error("--secret or --jwks is needed");
if (!(values.mistake in VERIFIERS) && !HANDLER_MISTAKES.includes(values.mistake)) {
  throw new Error(`there is no mistake ${values.mistake}`);
}
const Chosen = VERIFIERS[values.mistake] ?? Verifier;
const app = application(new Chosen(values.secret, values.jwks && new Keys(values.jwks)), values.mistake);
const server = app.listen(Number(values.port), "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}/hook` }));
});
