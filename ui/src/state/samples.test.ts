import { expect, it } from "vitest";
import { FakeBackend } from "../fake/backend";
import { FIRST_SAMPLE, Samples } from "./samples.svelte";
import { Toasts } from "./toasts.svelte";

it("a broken sample is sent once: the button and its key keep the last good one", async () => {
  const fake = new FakeBackend();
  const samples = new Samples(fake, new Toasts(), { view: "deliveries" });
  const good = { event_type: "video.generated", variant: "file", scheme: "v1a" as const, broken: null };
  await samples.send(good);
  expect(samples.last).toEqual(good);
  for (const kind of fake.state.broken_kinds) await samples.send({ ...FIRST_SAMPLE, broken: kind.id });
  expect(samples.last).toEqual(good);
  expect(samples.sent.length).toBe(1 + fake.state.broken_kinds.length);
});
