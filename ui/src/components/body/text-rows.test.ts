import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { tick } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RowIndex } from "../../lib/byte-rows";
import { utf8 } from "../../lib/bytes";
import { atOnce } from "../../lib/slices";
import { NEEDLES } from "../needles";
import RawText from "./RawText.svelte";

/** jsdom lays nothing out: 20 rows fit, and each has 120 columns. */
const HEIGHT = 400;

beforeEach(() => void vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(HEIGHT));
afterEach(() => {
  document.getSelection()?.removeAllRanges();
  cleanup();
});

const encode = (text: string) => new TextEncoder().encode(text);
const body = () => screen.getByTestId("raw-body");
const rows = () => [...body().querySelectorAll<HTMLElement>("[data-row]")];
const rowAt = (number: number) => rows().find((row) => row.dataset.row === String(number)) ?? never();

/** The text of a row that is one text. */
const textOf = (number: number) => [...rowAt(number).childNodes].find((node) => node.textContent !== "") ?? never();

function never(): never {
  throw new Error("not there");
}

async function scrollTo(top: number): Promise<void> {
  body().scrollTop = top;
  await fireEvent.scroll(body());
}

/** Waits until all rows are known: the scrollbar stands for all of them. */
async function known(count: number): Promise<void> {
  await waitFor(() => expect(body().querySelector<HTMLElement>(".spacer")?.style.height).toBe(`${count * 20}px`));
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i} with some words in it`).join("\n");

/** What is on the clipboard after a copy. */
async function copied(): Promise<string | null> {
  let text: string | null = null;
  const event = new Event("copy", { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { setData: (_: string, value: string) => (text = value) } });
  await fireEvent(body(), event);
  return text;
}

async function select(from: [Node, number], to: [Node, number]): Promise<void> {
  document.getSelection()?.setBaseAndExtent(...from, ...to);
  document.dispatchEvent(new Event("selectionchange"));
  await tick();
}

describe("a long text", () => {
  it("has only the rows in sight in the page, from its beginning to its end", async () => {
    render(RawText, { bytes: encode(lines(20_000)) });
    await known(20_000);
    expect(rows().length).toBeLessThanOrEqual(40);
    expect(rows()[0]?.textContent).toBe("line 0 with some words in it");
    await scrollTo(20_000 * 20);
    expect(rows().at(-1)?.textContent).toBe("line 19999 with some words in it");
    expect(rows().length).toBeLessThanOrEqual(40);
    await scrollTo(10_000 * 20);
    expect(rowAt(10_000).textContent).toBe("line 10000 with some words in it");
    expect(rowAt(10_000).style.top).toBe("200000px");
  });

  it("that is one line is cut into rows, and no node of the page holds more than one", async () => {
    render(RawText, { bytes: encode(`{"a":"${"x".repeat(5 * 1024 * 1024)}"}`) });
    await known(Math.ceil((5 * 1024 * 1024 + 8) / 120));
    expect(rows()[0]?.textContent).toBe(`{"a":"${"x".repeat(114)}`);
    const longest = Math.max(...rows().map((row) => row.textContent?.length ?? 0));
    expect(longest).toBe(120);
  });

  it("is shown with its hidden characters marked, and without the ends of its lines", async () => {
    const start = "a\u202eb\r\nlone \r return\r\n\uFEFF\n";
    render(RawText, { bytes: encode(start + lines(3000)) });
    await known(3003);
    expect(
      rows()
        .slice(0, 3)
        .map((row) => row.textContent),
    ).toEqual(["aU+202Eb", "lone \\r return", "U+FEFF"]);
    expect(rowAt(0).querySelector(".hidden-mark")?.textContent).toBe("U+202E");
  });

  it("says that it is not UTF-8 as soon as it was read to there, and a short one at once", async () => {
    const broken = encode(lines(9000));
    broken[broken.length - 3] = 0xff;
    const { unmount } = render(RawText, { bytes: broken });
    await waitFor(() => screen.getByText(/^Not valid UTF-8/));
    unmount();
    render(RawText, { bytes: encode(lines(9000)) });
    await known(9000);
    expect(screen.queryByText(/^Not valid UTF-8/)).toBeNull();
    cleanup();
    render(RawText, { bytes: new Uint8Array([0x41, 0xff]) });
    screen.getByText(/^Not valid UTF-8/);
    expect(body().textContent).toBe("A\uFFFD");
  });

  it("is read from its top when another one comes, and the first one's rows are gone", async () => {
    const { rerender } = render(RawText, { bytes: encode(lines(5000)) });
    await known(5000);
    await scrollTo(3000 * 20);
    await rerender({ bytes: encode(lines(4000).replaceAll("line", "other")) });
    await known(4000);
    expect(body().scrollTop).toBe(0);
    expect(rows()[0]?.textContent).toBe("other 0 with some words in it");
  });

  it("can be reached by the keyboard", async () => {
    const { container } = render(RawText, { bytes: encode(lines(5000)) });
    await known(5000);
    expect([body().tabIndex, body().getAttribute("aria-label")]).toEqual([0, "Body as text"]);
    const { violations } = await axe.run(container, {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map((one) => one.id)).toEqual([]);
  });
});

it("a short text is laid out as a whole", () => {
  render(RawText, { bytes: encode("one\ntwo") });
  expect([body().textContent, rows()]).toEqual(["one\ntwo", []]);
});

describe("a selection", () => {
  const text = lines(3000);

  it("stays when its rows are scrolled out of sight, and is copied with what is between them", async () => {
    render(RawText, { bytes: encode(text) });
    await known(3000);
    const [from, start] = [textOf(3), rowAt(3)];
    await select([from, 5], [from, 6]);
    await scrollTo(2000 * 20);
    expect(rows()[0]).toBe(start);
    const to = textOf(2005);
    await select([from, 5], [to, 9]);
    const all = text.split("\n");
    const expected = [all[3]?.slice(5), ...all.slice(4, 2005), all[2005]?.slice(0, 9)].join("\n");
    expect(await copied()).toBe(expected);
    // Backwards it is the same.
    await select([to, 9], [from, 5]);
    await scrollTo(0);
    expect(await copied()).toBe(expected);
    await select([from, 0], [from, 0]);
    await scrollTo(1000 * 20);
    expect(rows().every((row) => Number(row.dataset.row) > 900)).toBe(true);
  });

  it("of rows that are one line has no ends of lines in it", async () => {
    render(RawText, { bytes: encode(`${"abc".repeat(20_000)}\r\nend`) });
    await known(501);
    await select([textOf(0), 100], [textOf(2), 2]);
    expect(await copied()).toBe("abc".repeat(200).slice(100, 242));
    await scrollTo(501 * 20);
    await select([textOf(499), 118], [textOf(500), 3]);
    expect(await copied()).toBe("bc\r\nend");
  });

  it("has marks as they are drawn, and one within a row is left to the page", async () => {
    render(RawText, { bytes: encode(`first\nsec\u0007ond\nthird\n${lines(2000)}`) });
    await known(2003);
    await select([textOf(0), 3], [textOf(2), 3]);
    expect(await copied()).toBe("st\nsecU+0007ond\nthi");
    await select([textOf(0), 1], [textOf(0), 3]);
    expect(await copied()).toBeNull();
  });

  it.each([{ ctrlKey: true }, { metaKey: true }])("of all is made by the key for it: %j", async (held) => {
    render(RawText, { bytes: encode(text) });
    await known(3000);
    const outside = vi.fn();
    document.body.addEventListener("keydown", outside);
    await fireEvent.keyDown(body(), { key: "a", ...held });
    await tick();
    expect(await copied()).toBe(text);
    await fireEvent.keyDown(body(), { key: "j" });
    document.body.removeEventListener("keydown", outside);
    // What is not for the text goes on to the window.
    expect(outside.mock.calls.map(([event]) => (event as KeyboardEvent).key)).toEqual(["j"]);
  });
});

describe("what is searched for", () => {
  const before = lines(4000);
  const bytes = encode(`é${before} needle ${lines(1000)}`);
  const at = encode(`é${before} `).length;

  const context = new Map([[NEEDLES, () => [{ text: "needle", field: null }]]]);

  async function reveal(offset: number): Promise<void> {
    const detail: { offset: number; shown?: Promise<void> } = { offset };
    body().dispatchEvent(new CustomEvent("reveal", { detail }));
    await detail.shown;
    await tick();
  }

  it("is marked, and brought into sight by its byte", async () => {
    render(RawText, { props: { bytes }, context });
    await known(4999);
    expect(body().querySelector("mark")).toBeNull();
    await reveal(at);
    expect(body().querySelector(`mark[data-at="${at}"]`)?.textContent).toBe("needle");
    expect(rowAt(3999).querySelector("mark")).not.toBeNull();
    // It is in the middle of what is in sight.
    expect(body().scrollTop).toBe((3999 - HEIGHT / 20 / 2) * 20);
    await reveal(0);
    expect(body().scrollTop).toBe(0);
  });

  it("is brought into sight once its row is known", async () => {
    render(RawText, { props: { bytes }, context });
    await reveal(at);
    expect(body().querySelector("mark")?.textContent).toBe("needle");
  });
});

it("the rows together are what one text was", async () => {
  const bytes = encode(`\uFEFF${"漢字😀é\t".repeat(2000)}\r\n\r\n${lines(900)}\nlast`);
  const index = new RowIndex(bytes, 120);
  atOnce(index.build());
  render(RawText, { bytes });
  await known(index.count);
  const seen = new Map<number, string>();
  for (let top = 0; top < index.count * 20; top += HEIGHT) {
    await scrollTo(top);
    for (const row of rows()) seen.set(Number(row.dataset.row), row.textContent ?? "");
  }
  const shown = [...seen.entries()].sort(([a], [b]) => a - b).map(([, text]) => text);
  // Compared as a whole: what differs would be told in megabytes.
  expect(shown.join("").replace("U+FEFF", "\uFEFF") === utf8(bytes).text.replace(/\r?\n/g, "")).toBe(true);
});
