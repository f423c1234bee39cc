import type { FakeWorld } from "./world";

/**
 * A Sandbox in which much has happened: ended and running jobs, retries, a webhook that failed, a rotation in its
 * grace.
 */
export function dressSandbox(world: FakeWorld): void {
  const own = world.webhooks[0];
  if (!own) return;
  world.setWebhook(own.id, {
    secrets: [
      { hint: "whsec_...77c2", expires_ms: world.now + 11_400_000 },
      { hint: "whsec_...0042", expires_ms: null },
    ],
  });
  const worker = world.create("results-worker", "http://127.0.0.1:3000/hooks/gemini", [
    "batch.succeeded",
    "batch.failed",
    "batch.expired",
  ]);
  const old = world.create(
    null,
    "https://a-rather-long-name-of-a-tunnel-that-is-gone.example.dev/hooks/gemini/nightly",
    ["video.generated"],
  );
  world.setWebhook(old.id, { state: "disabled_due_to_failed_deliveries", given_up_in_a_row: 5 });
  for (let i = 0; i < 46; i++) {
    const kind = (["batch", "interaction", "video"] as const)[i % 3] ?? "batch";
    const outcome = i % 7 === 4 ? "fail" : kind === "interaction" && i % 2 ? "require_action" : "succeed";
    world.run({ kind, outcome, dynamic: i % 4 === 3 });
    if (i === 30) world.settings.faults.reserialised_body = true;
    if (i === 32) world.settings.faults.reserialised_body = false;
    world.advance({ ms: i < 40 ? 260_000 : 5400 });
  }
  world.settings.faults.lost = 1;
  world.run({ kind: "interaction", outcome: "succeed", dynamic: true });
  world.advance({ ms: 5000 });
  world.settings.faults.lost = 0;
  const stuck = world.run({ kind: "batch", outcome: "never", dynamic: false });
  const expiring = world.run({ kind: "batch", outcome: "expire", dynamic: false });
  world.advance({ ms: 1000 });
  world.jobs = world.jobs.map((job) =>
    job.name === stuck || job.name === expiring
      ? {
          ...job,
          display_name:
            job.name === stuck ? "nightly-eval" : "the evaluation of all that was said in November, with a long name",
        }
      : job,
  );
  world.setWebhook(worker.id, { given_up_in_a_row: 0 });
}
