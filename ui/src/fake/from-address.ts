import type { TunnelProvider } from "../ipc";
import { FakeBackend } from "./backend";
import { fakeRow, row } from "./rows";
import { dressKept } from "./kept-scene";
import { dressSandbox } from "./scene";

/**
 * What the window is to be shown with: `rows=100418`, `rate=5` a second, `listener=failed`, `store=file`,
 * `theme=light`, `sandbox=busy`, `webhooks=many`, `tunnel=reconnecting`, `provider=own`, `replay=slow`, `forward=down`,
 * `check=done`, `faults=on`, `start=newer`, `start=damaged-running`, `start=log-gone`, `disk=full`, `part=on`,
 * `turned=some`, `attempts=3` (none was taken), `compare=text`, `kept=busy`, `jobs=many`, `result=million` (what every
 * pointer leads to), `day=closed`, `steps=fresh`.
 */
export function fakeFromAddress(address: URL): FakeBackend {
  const fake = new FakeBackend();
  const query = address.searchParams;
  const rows = Number(query.get("rows") ?? 100_418);
  const now = Date.now();
  for (let id = 1; id <= rows; id++) fake.rows.push(fakeRow(id, now - (rows - id) ** 1.15 * 9000 - 400, now));
  if (query.get("listener") === "failed")
    fake.state.listener = {
      state: "failed",
      code: "port_in_use",
      message: "Another program listens there already. Stop it, or let Pollux use another port.",
      port: 4710,
      next_free: 4711,
    };
  if (query.get("store") === "file")
    fake.state.secret_store = {
      kind: "file",
      note: "This session has no keychain, so secrets are kept in a file that only you can read.",
    };
  const theme = query.get("theme");
  if (theme === "light" || theme === "dark") fake.state.settings.theme = theme;
  const scene = query.get("sandbox") ?? "busy";
  if (scene === "gone")
    fake.failures.set("sandboxOverview", {
      code: "no_sandbox",
      message: "The Sandbox does not run, because no port on this computer could be opened for it.",
      detail: "Address already in use (os error 98)",
    });
  else if (scene !== "empty") dressSandbox(fake.world);
  fake.webhookScene(query.get("webhooks"));
  fake.jobsScene(query.get("jobs"));
  fake.startScene(query.get("start"));
  fake.dayScene(query.get("day"));
  fake.recoveryTakes = fake.healthTakes = 2500;
  fake.tunnelScene(query.get("tunnel") ?? "online", query.get("provider") as TunnelProvider | null);
  fake.replayScene(query.get("replay"));
  fake.compareScene = query.get("compare") as typeof fake.compareScene;
  fake.handlerScene(query.get("forward"), query.get("check"), query.get("faults"));
  if (query.get("disk") === "full")
    fake.state.disk = {
      free: 843_055_104,
      reserve: 1_073_741_824,
      folder: "/home/ada/.local/share/dev.pollux.inspector",
    };
  if (query.get("part") === "on")
    fake.rows.push(
      row(rows + 1, now, {
        outcome: "rejected",
        reason: "no_matching_signature",
        cause: "no match",
        status: 401,
        warnings: 1,
        body_len: 1_048_576,
        truncated: true,
      }),
    );
  if (query.has("compare"))
    fake.rows.push(
      row((fake.rows.at(-1)?.id ?? 0) + 1, now, {
        outcome: "rejected",
        event_type: "batch.failed",
        reason: "no_matching_signature",
        cause: "re-serialised",
        message_id: "msg_5f0c1b2a9d3e4f60e21a",
        status: 401,
        attempt: 3,
        attempts: 3,
        body_len: 305,
      }),
    );
  const attempts = Number(query.get("attempts") ?? 0);
  if (attempts > 0) dressAttempts(fake, attempts, now);
  if (query.get("kept") === "busy") dressKept(fake);
  fake.firstScene(query.get("steps"));
  fake.turned.scene(query.get("turned"));
  const result = query.get("result");
  if (result !== null) fake.found = [["", result]];
  const rate = Number(query.get("rate") ?? 0);
  if (rate > 0)
    setInterval(() => fake.arrive(fakeRow((fake.rows.at(-1)?.id ?? 0) + 1, Date.now(), Date.now())), 1000 / rate);
  return fake;
}

/** An event that came so often, was refused each time, and is expected again; its job is said to have failed. */
function dressAttempts(fake: FakeBackend, attempts: number, now: number): void {
  const id = (fake.rows.at(-1)?.id ?? 0) + 1;
  const shape = { outcome: "verified", status: 503, answered_by: "rule", attempt: attempts, attempts } as const;
  fake.rows.push(row(id, now - 44 * 60_000, shape));
  fake.ofDeliveries.set(id, {
    job: fake.jobList.find((job) => job.phase === "failed") ?? null,
    contradiction: "The event says that the job succeeded, the service says that it failed.",
    next: {
      at_ms: now + 76 * 60_000,
      spread_ms: 15 * 60_000,
      from_events: 31,
      gives_up_ms: now + 22 * 3_600_000,
    },
    accepted: false,
    blind: [
      { from_ms: now - 57 * 60_000, to_ms: now - 54 * 60_000, cause: "tunnel_down", words: "network unreachable" },
      { from_ms: now - 30 * 60_000, to_ms: now - 21 * 60_000, cause: "not_listening", words: null },
    ],
    unseen: [{ at_ms: now - 56 * 60_000, spread_ms: 60_000, from_events: 31, gives_up_ms: now + 22 * 3_600_000 }],
  });
}
