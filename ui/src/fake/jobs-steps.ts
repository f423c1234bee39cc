import type { InteractionView } from "../ipc";

/** The steps of the drawing: an order that arrived broken, and a refund that somebody has to agree to. */
export function waitingSteps(stopped: number): InteractionView {
  const step = (
    kind: string,
    beforeMs: number,
    text: string,
    rest: { name?: string; call?: string; waits?: boolean },
  ) => ({
    kind,
    name: rest.name ?? null,
    text,
    cut: false,
    mime_type: null,
    at_ms: stopped - beforeMs,
    call: rest.call ?? null,
    waits: rest.waits ?? false,
  });
  const ask =
    '{"order_id":"7731-C","amount":84.5,"currency":"EUR","reason":"Arrived broken, within the 14 days of the policy"}';
  return {
    steps: [
      step("user_input", 29_000, "Order 7731-C arrived broken. Please refund it.", {}),
      step("function_call", 8000, '{"id":"7731-C"}', { name: "get_order", call: "fc_11" }),
      step("function_result", 6000, '{"total":84.5,"age_days":9}', { name: "get_order", call: "fc_11" }),
      step("thought", 5000, "The order is 9 days old. I should check the return policy before I refund it.", {}),
      step("google_search_call", 3000, "returns policy damaged items 14 days", {}),
      step("function_call", 0, ask, { name: "issue_refund", call: "fc_8d1e40b2", waits: true }),
    ],
    pending: [
      {
        id: "fc_8d1e40b2",
        name: "issue_refund",
        arguments: ask,
        response_schema: JSON.stringify({
          type: "object",
          required: ["status", "refund_id"],
          properties: {
            status: { type: "string", enum: ["approved", "denied", "pending"] },
            refund_id: { type: "string" },
            amount: { type: "number" },
            note: { type: "string", description: "seen by the model" },
          },
        }),
        description: "Refunds an order.",
      },
    ],
    usage: { input: 2200, output: 506, thought: 412, cached: null, total: 3118 },
    previous: null,
    next: [],
  };
}
