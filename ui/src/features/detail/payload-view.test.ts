import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { jobOf } from "../../fake/job-rows";
import { row } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

const NOW = Date.now();
const ONE = { event_type: "batch.succeeded", scheme: "v1" as const, outcome: "verified" as const, project: 1 };
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
  fake = new FakeBackend();
  fake.rows = [row(1, NOW - 2000, ONE), row(2, NOW - 1000, ONE)];
});
afterEach(cleanup);

/** Opens the window with a payload in the delivery 2, and that chosen. */
async function open(payload: object): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  const [delivery, body] = [fake.delivery, fake.deliveryBody];
  fake.delivery = async (id) => {
    const detail = await delivery(id);
    return id === 2 ? { ...detail, body: { ...detail.body, len: bytes.length, kept_len: bytes.length } } : detail;
  };
  fake.deliveryBody = async (id, decoded) => (id === 2 ? bytes.slice().buffer : body(id, decoded));
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
  await app.navigation.reveal(2);
  await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("2"));
  await waitFor(() => screen.getByRole("tree"));
}

const links = () => screen.queryAllByTestId("id-link").map((one) => one.dataset.kind);
const lineOf = (text: string) =>
  screen.getAllByRole("treeitem").find((line) => line.textContent?.includes(text)) ?? never();

it("ids that Pollux knows lead to what they name, in one question; others stay text", async () => {
  const [job] = fake.jobList.filter((one) => one.project === 1);
  const webhook = (await fake.webhooks(1)).webhooks[0];
  fake.calls = [];
  const earlier = fake.rows[0]?.message_id ?? never();
  const own = fake.rows[1]?.message_id ?? never();
  await open({ ids: [earlier, own, job?.name, webhook?.id, "batches/unknown-1", "msg_unknown"], note: "words" });
  await waitFor(() => expect(links()).toEqual(["delivery", "job", "webhook"]));
  expect(fake.calls.filter((call) => call === "idsKnown")).toHaveLength(1);
  expect(lineOf("batches/unknown-1").querySelector("button")).toBeNull();
  const [toDelivery] = screen.getAllByTestId("id-link");
  expect(toDelivery?.title).toBe("Show the delivery: Verified, batch.succeeded");

  lineOf(job?.name ?? "").focus();
  await fireEvent.keyDown(document.activeElement ?? never(), { key: "Enter" });
  await waitFor(() => expect(app.screen.view).toBe("operations"));
  await waitFor(() => expect(screen.getByTestId("job-detail").dataset.name).toBe(job?.name));

  await app.navigation.reveal(2);
  await waitFor(() => expect(links()).toHaveLength(3));
  await fireEvent.click(screen.getAllByTestId("id-link")[2] ?? never());
  await waitFor(() => expect(app.screen.view).toBe("webhooks"));
  expect(app.webhooks.chosen.get(1)).toBe(webhook?.id);

  await app.navigation.reveal(2);
  await waitFor(() => expect(links()).toHaveLength(3));
  await fireEvent.click(screen.getAllByTestId("id-link")[0] ?? never());
  await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("1"));
});

it("an id becomes a link when what it names becomes known", async () => {
  await open({ id: "batches/late-0001" });
  await waitFor(() => expect(fake.calls).toContain("idsKnown"));
  expect(links()).toEqual([]);
  fake.jobList = [...fake.jobList, jobOf({ project: 1, kind: "batch", name: "batches/late-0001" })];
  fake.tell({ kind: "jobs", alarms: { project: 1, missed: 0, waiting: 0 } });
  await waitFor(() => expect(links()).toEqual(["job"]));
});

it("what cannot be asked for leaves the payload as it is", async () => {
  fake.failures.set("idsKnown", { code: "internal", message: "No.", detail: null, fix: "retry", exit: 1 } as never);
  await open({ id: "batches/late-0001" });
  await waitFor(() => expect(fake.calls).toContain("idsKnown"));
  expect(links()).toEqual([]);
  expect(screen.queryByText("No.")).toBeNull();
});

it("a menu on a line copies its value and its path, of a container too", async () => {
  await open({ data: { "te xt": [1.5, "a\nb"] } });
  const choose = async (line: string, entry: string) => {
    await fireEvent.contextMenu(lineOf(line));
    const label = await waitFor(() => screen.getByText(entry));
    await fireEvent.click(label.closest("[role=menuitem]") ?? never());
  };
  await choose("a\\nb", "Copy value");
  await choose("a\\nb", "Copy path");
  await choose("a\\nb", "Copy JSONPath");
  await choose("a\\nb", "Copy JS or Python access");
  await choose('"te xt"', "Copy value");
  await waitFor(() => expect(fake.copied).toHaveLength(5));
  expect(fake.copied).toEqual([
    "a\nb",
    'data."te xt"[1]',
    "$.data['te xt'][1]",
    '["data"]["te xt"][1]',
    '[1.5,"a\\nb"]',
  ]);
});

it("a key goes to where the payload is searched, whatever tab is open", async () => {
  await open({ a: "needle" });
  app.detail.tab = "headers";
  await waitFor(() => expect(screen.queryByRole("tree")).toBeNull());
  await fireEvent.keyDown(document.body, { key: "F", shiftKey: true });
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("json-find")));
  expect(app.detail.tab).toBe("body");
});

function never(): never {
  throw new Error("not there");
}
