import { cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import Clamped from "../../components/Clamped.svelte";
import Middle from "../../components/Middle.svelte";
import { FakeBackend } from "../../fake/backend";
import { fakeRow, row } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  // jsdom lays nothing out: give the list a height (room for twelve rows), or it draws none.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(rows = Array.from({ length: 60 }, (_, i) => fakeRow(i + 1, NOW - 1000, NOW))): Promise<void> {
  fake.rows = rows;
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
}
const key = (name: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key: name, bubbles: true });
const type = (value: string) => app.search.type(value);
const count = () => screen.getByTestId("count").textContent?.trim();
const top = () => screen.getAllByTestId("row")[0];

describe("a row", () => {
  it("without a type shows how it was asked, and its size", async () => {
    await open([
      row(1, NOW, {
        outcome: "unchecked",
        event_type: null,
        known_type: false,
        body_len: 158,
        request: { method: "PUT", path: "/hooks/a" },
      }),
    ]);
    expect(screen.getByTestId("row-request").textContent).toBe("No event type:PUT/hooks/a158\u00A0B");
    await key("j");
    expect((await within(screen.getByTestId("detail")).findByText("No event type")).tagName).toBe("SPAN");
  });

  it("of a ping says so, in the list and in the detail, and is no unknown type", async () => {
    await open([
      row(1, NOW, { outcome: "verified", event_type: "hello", known_type: false, ping: "asked" }),
      row(2, NOW, { outcome: "verified", event_type: "ping", known_type: false, ping: "type" }),
    ]);
    expect(screen.getAllByTestId("row-ping").map((one) => one.textContent)).toEqual(["Ping", "Ping"]);
    expect(screen.getByTestId("grid").textContent).not.toContain("unknown");
    await key("j");
    await waitFor(() => expect(screen.getByTestId("ping").textContent).toBe("Ping"));
    expect(screen.getByTestId("detail").textContent).not.toContain("unknown type");
    expect(screen.getByRole("heading", { name: "Ping" })).toBeTruthy();
  });
});

describe("the search", () => {
  it("that finds nothing names the part that removes everything, and takes it out", async () => {
    await open();
    type("type:batch no-such-text");
    expect((await screen.findByTestId("nothing-part")).textContent).toContain(
      "no-such-text removes everything: without it, ",
    );
    await fireEvent.click(screen.getByTestId("remove-part"));
    await waitFor(() => expect(app.deliveries.query).toBe("type:batch"));
    expect(app.search.text).toBe("type:batch");
    await waitFor(() => screen.getAllByTestId("row"));
  });

  it("that is not understood leaves the list as it is, and is mended with one key", async () => {
    await open();
    type("verdct:rejected");
    expect((await screen.findByTestId("search-problem")).textContent).toContain("There is no field “verdct”.");
    expect([app.deliveries.query, count()]).toEqual(["", "60"]);
    await fireEvent.click(screen.getByTestId("search-fix"));
    await waitFor(() => expect(app.deliveries.query).toBe("verdict:rejected"));
    expect(screen.queryByTestId("search-problem")).toBeNull();
  });

  it("shows no count of the query before, from the first key on until its own is there", async () => {
    await open();
    expect(count()).toBe("60");
    fake.delay = 200;
    type("job:gs");
    await waitFor(() => expect(count()).toBe("…"));
    await waitFor(() => expect(app.deliveries.searching).toBe(true));
    expect([count(), screen.getByTestId("grid").getAttribute("aria-busy")]).toEqual(["…", "true"]);
    await waitFor(() => expect(count()).toMatch(/^6 of 60 · /));
    expect(screen.getByTestId("grid").getAttribute("aria-busy")).toBe("false");
  });

  it("shows the first page with a plus until all are counted", async () => {
    fake.atOnce = 12;
    await open();
    expect(count()).toBe("12+ …");
    fake.countOn();
    await waitFor(() => expect(count()).toBe("60"));
    expect(top()?.dataset.id).toBe("60");
  });

  it("does not say that nothing matches before it has looked", async () => {
    await open();
    type("no-such-text");
    await screen.findByTestId("nothing-matches");
    fake.delay = 400;
    type("job:gs");
    await screen.findByTestId("list-searching");
    expect(screen.queryByTestId("nothing-matches")).toBeNull();
    await waitFor(() => screen.getAllByTestId("row"));
  });

  it("marks an open delivery that it leaves out, until it is cleared", async () => {
    await open();
    await key("j");
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("60"));
    expect(screen.queryByTestId("left-out")).toBeNull();
    type("no-such-text");
    expect((await screen.findByTestId("left-out")).textContent).toContain(
      "Not in this list: the search leaves it out.",
    );
    await fireEvent.click(screen.getByTestId("left-out-clear"));
    await waitFor(() => expect(screen.queryByTestId("left-out")).toBeNull());
    await waitFor(() => expect(document.querySelector("[aria-selected=true]")?.getAttribute("data-id")).toBe("60"));
    app.projects.choose(2);
    expect((await screen.findByTestId("left-out")).textContent).toContain("it belongs to another project");
  });
});

describe("following", () => {
  const arrive = (id: number) => fake.arrive(fakeRow(id, NOW, NOW));

  it("a list with room takes new rows in, though one is chosen", async () => {
    await open(Array.from({ length: 4 }, (_, i) => fakeRow(i + 1, NOW, NOW)));
    await key("j");
    await waitFor(() => expect(app.deliveries.active?.id).toBe(4));
    arrive(5);
    await waitFor(() => expect(top()?.dataset.id).toBe("5"));
    expect([app.deliveries.following, screen.queryByTestId("new-pill")]).toEqual([false, null]);
  });

  it.each([
    ["Escape", "60"],
    ["Home", "61"],
  ])("%s goes on following", async (name, chosen) => {
    await open();
    await key("j");
    await waitFor(() => expect(app.deliveries.active?.id).toBe(60));
    arrive(61);
    await screen.findByTestId("new-pill");
    expect(top()?.dataset.id).toBe("60");
    await key(name);
    await waitFor(() => expect(top()?.dataset.id).toBe("61"));
    expect(app.deliveries.following).toBe(true);
    await waitFor(() => expect(String(app.deliveries.active?.id)).toBe(chosen));
    arrive(62);
    await waitFor(() => expect(top()?.dataset.id).toBe("62"));
    expect(screen.queryByTestId("new-pill")).toBeNull();
  });

  it("Escape in the detail goes back to the list first", async () => {
    await open();
    await key("j");
    await waitFor(() => expect(app.deliveries.following).toBe(false));
    screen.getByTestId("detail").focus();
    await key("Escape");
    expect(app.deliveries.following).toBe(false);
  });
});

describe("the button of samples", () => {
  it("keeps its sample and its key when a broken one was sent", async () => {
    await open();
    await app.samples.sendAndTell(
      { event_type: "batch.succeeded", variant: null, scheme: "v1", broken: "tampered_body" },
      "Body changed after signing",
    );
    await waitFor(() => expect(top()?.dataset.outcome).toBe("rejected"));
    expect(screen.getByTestId("send-sample").textContent).toContain("batch.succeeded");
    await key("s");
    await waitFor(() => expect(top()?.dataset.outcome).toBe("verified"));
  });
});

describe("long values", () => {
  it("are cut in the middle, so that the end stays, however short they are", () => {
    const parts = (value: string, tail?: number) => {
      const { container } = render(Middle, { value, tail });
      return [container.querySelector(".start")?.textContent, container.querySelector(".end")?.textContent];
    };
    expect(parts("files/batch-8x2k4q9v", 7)).toEqual(["files/batch-8", "x2k4q9v"]);
    expect(parts("batches", 7)).toEqual(["batc", "hes"]);
    expect(parts("x")).toEqual(["x", undefined]);
    expect(parts("a\u202Eb", 3)).toEqual(["a⟦U+202E⟧", "b"]);
  });

  it("are clamped, with all of it a click away", async () => {
    const long = `START${"x".repeat(2000)}END`;
    const { container } = render(Clamped, { value: long });
    expect(container.textContent).not.toContain(long);
    expect(container.textContent).toMatch(/^STARTx+…x+END Show all 2,008 characters$/);
    await fireEvent.click(screen.getByTestId("show-all"));
    expect(container.textContent).toContain(long);
    await fireEvent.click(screen.getByText("Show less"));
    expect(container.textContent).not.toContain(long);
  });

  it("an id of two thousand characters keeps its copy button, which copies all of it", async () => {
    await open([row(1, NOW, { outcome: "verified", message_id: `msg_${"x".repeat(2000)}` })]);
    await key("j");
    await fireEvent.click(await screen.findByTestId("copy-message-id"));
    await waitFor(() => expect(fake.copied).toEqual([`msg_${"x".repeat(2000)}`]));
  });
});
