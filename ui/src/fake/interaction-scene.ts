import type { InteractionStep, InteractionView, JobDetail, JobTold, PendingCall } from "../ipc";
import { bareJob } from "./job-detail";

const STEP: Omit<InteractionStep, "kind" | "text"> = {
  name: null,
  cut: false,
  mime_type: null,
  at_ms: null,
  call: null,
  waits: false,
};
const step = (kind: string, text: string, more: Partial<InteractionStep> = {}): InteractionStep => ({
  ...STEP,
  kind,
  text,
  ...more,
});

const REFUND = {
  type: "object",
  properties: {
    status: { type: "string", enum: ["approved", "denied", "pending"] },
    refund_id: { type: "string" },
    amount: { type: "number", minimum: 0 },
    note: { type: "string", description: "seen by the model" },
  },
  required: ["status", "refund_id"],
};
const ADDRESS = {
  type: "OBJECT",
  properties: {
    found: { type: "BOOLEAN" },
    lines: { type: "ARRAY", items: { type: "STRING" } },
    country: { type: "STRING", enum: ["Austria", "Belgium", "Croatia", "Denmark", "Estonia", "Finland"] },
    geo: { type: "OBJECT", properties: { lat: { type: "NUMBER" }, lon: { type: "NUMBER" } }, required: ["lat", "lon"] },
    raw: { type: "OBJECT" },
  },
  required: ["found"],
};
const CALL: PendingCall = {
  id: "fc_8d1e4f2a9c7740b2",
  name: "issue_refund",
  arguments: JSON.stringify({
    order_id: "7731-C",
    amount: 84.5,
    currency: "EUR",
    reason: "Arrived broken, within the 14 days of the policy",
  }),
  response_schema: JSON.stringify(REFUND),
  description: "Pays an order back to the card it was paid with.",
};

function told(at: number): JobTold {
  return {
    delivery: 4,
    message_id: "msg_5f0c1b2a9d3e4f60e21a",
    event_type: "interaction.requires_action",
    received_ms: at,
    outcome: "verified",
    scheme: "v1a",
    status: 200,
    accepted: true,
    attempts: 1,
    forward: null,
    contradiction: null,
  };
}

const refundSteps = (at: number): InteractionStep[] => [
  step("user_input", "Order 7731-C arrived broken. Please refund it.", { at_ms: at - 29_000 }),
  step("function_call", '{"id":"7731-C"}', { name: "get_order", at_ms: at - 8_000, call: "fc_1" }),
  step("function_result", '{"total":84.5,"age_days":9}', { name: "get_order", at_ms: at - 6_000, call: "fc_1" }),
  step("thought", "The order is 9 days old. I should check the return policy before I pay anything back.", {
    at_ms: at - 5_000,
  }),
  step("google_search_call", "returns policy damaged items 14 days", { at_ms: at - 3_000 }),
  step("function_call", CALL.arguments, { name: CALL.name, at_ms: at, call: CALL.id, waits: true }),
];

export type InteractionScene = keyof typeof SCENES;

const SCENES = {
  waits: (at: number): Partial<InteractionView> => ({ steps: refundSteps(at), pending: [CALL] }),
  two: (at: number): Partial<InteractionView> => ({
    steps: [
      ...refundSteps(at),
      step("function_call", '{"customer":"C-118"}', { name: "find_address", at_ms: at, call: "fc_2", waits: true }),
    ],
    pending: [
      CALL,
      {
        id: "fc_2",
        name: "find_address",
        arguments: '{"customer":"C-118"}',
        response_schema: JSON.stringify(ADDRESS),
        description: null,
      },
    ],
  }),
  schemaless: (at: number): Partial<InteractionView> => ({
    steps: refundSteps(at),
    pending: [{ ...CALL, response_schema: null, description: null }],
  }),
  research: (at: number): Partial<InteractionView> => ({
    steps: [
      step("user_input", "Who recycles EV batteries in the EU, and at which capacity?", { at_ms: at - 660_000 }),
      step("thought", "I will first list the plants that are running, then those announced.", { at_ms: at - 600_000 }),
      step("google_search_call", "EU battery recycling capacity 2026 plants", { at_ms: at - 540_000 }),
      step("url_context_call", "https://example.org/recycling", { at_ms: at - 420_000 }),
      step("code_execution_call", "sum(plant.tonnes for plant in plants)", { at_ms: at - 300_000 }),
      step("code_execution_result", "312000", { at_ms: at - 299_000 }),
      step("model_output", "", { mime_type: "image/png", at_ms: at - 120_000 }),
      step("model_output", "## Recycling of EV batteries in the EU\n\nAs of November 2026 there are", {
        at_ms: at,
        cut: true,
      }),
    ],
  }),
  done: (at: number): Partial<InteractionView> => ({
    steps: [
      ...refundSteps(at).map((one) => ({ ...one, waits: false })),
      step("function_result", '{"status":"approved"}', { name: CALL.name, call: CALL.id, at_ms: at + 240_000 }),
      step("model_output", "Done: 84.50 EUR go back to the card within 3 to 5 days.", { at_ms: at + 245_000 }),
    ],
    next: ["interactions/v1_Chc9next7mPm"],
  }),
  bare: (): Partial<InteractionView> => ({ steps: [], usage: null }),
};

/** An interaction as the service told of it at `now`. */
export function interactionScene(scene: InteractionScene, now: number): JobDetail {
  const at = now - 243_000;
  const view: InteractionView = {
    steps: [],
    pending: [],
    usage: { input: 2104, output: 602, thought: 412, cached: null, total: 3118 },
    previous: scene === "research" || scene === "bare" ? null : "interactions/v1_Chc9prev7mPk",
    next: [],
    ...SCENES[scene](at),
  };
  const waits = view.pending.length > 0;
  return bareJob(
    {
      kind: "interaction",
      name: "interactions/v1_Chc9aK2pQx7mPk",
      title: scene === "research" ? "EU battery recycling" : null,
      project: 1,
      model: scene === "research" ? "deep-research-pro" : "gemini-3-flash-preview",
      metadata: [{ key: "ticket", value: "48213" }],
      phase: waits ? "waiting" : scene === "research" ? "running" : "succeeded",
      state: waits ? "requires_action" : scene === "research" ? "in_progress" : "completed",
      created_ms: at - 29_000,
      ended_ms: scene === "research" ? null : at,
      asked_ms: at,
      told: waits ? told(at + 3_000) : null,
    },
    { interaction: view },
  );
}
