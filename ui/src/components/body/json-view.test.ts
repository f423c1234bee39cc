import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { moment } from "../../lib/format";
import JsonTree from "./JsonTree.svelte";

beforeEach(() => void vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400));
afterEach(cleanup);

const fallback = createRawSnippet(() => ({ render: () => "<p>as it is</p>" }));
const show = (text: string) => render(JsonTree, { text, fallback });
const tree = () => screen.getByRole("tree");
const lines = () => [...tree().querySelectorAll<HTMLElement>(".line")];
const texts = () => lines().map((line) => (line.textContent ?? "").replace(/\s+/g, " ").trim());
const lineOf = (text: string) => lines().find((line) => line.textContent?.includes(text)) ?? never();
const press = (key: string, more: object = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
const focused = () => (document.activeElement?.textContent ?? "").replace(/\s+/g, " ").trim();
const said = () => screen.getByTestId("json-found").textContent;
const current = () => tree().querySelector("mark[data-current]");

async function find(text: string) {
  await waitFor(() => screen.getByTestId("json-find"));
  await fireEvent.input(screen.getByTestId("json-find"), { target: { value: text } });
}

describe("finding", () => {
  it("goes from place to place, opens what is closed around them, and marks the one that is looked at", async () => {
    show('{"a":{"b":[1,{"needle":"x Needle y needle"}]},"c":"needle"}');
    await fireEvent.click(within(lineOf('"a"')).getByLabelText("Close"));
    expect(texts()).toEqual(["{", '"a": {1 key},', '"c": "needle"', "}"]);
    await find("needle");
    await waitFor(() => expect(said()).toBe("1 of 4"));
    await waitFor(() => expect(current()?.closest(".line")?.textContent).toContain("Needle y"));
    expect(current()?.closest(".key")).not.toBeNull();
    for (const [at, text] of ["Needle", "needle", "needle"].entries()) {
      await fireEvent.keyDown(screen.getByTestId("json-find"), { key: "Enter" });
      await waitFor(() => expect(said()).toBe(`${at + 2} of 4`));
      await waitFor(() => expect(current()?.textContent).toBe(text));
    }
    await waitFor(() => expect(current()?.closest(".line")?.textContent).toContain('"c"'));
    await fireEvent.keyDown(screen.getByTestId("json-find"), { key: "F3" });
    await waitFor(() => expect(said()).toBe("1 of 4"));
    await fireEvent.keyDown(screen.getByTestId("json-find"), { key: "F3", shiftKey: true });
    await waitFor(() => expect(said()).toBe("4 of 4"));
    await fireEvent.keyDown(screen.getByTestId("json-find"), { key: "Escape" });
    await waitFor(() => expect(tree().querySelector("mark")).toBeNull());
    await find("nowhere");
    await waitFor(() => expect(said()).toBe("No match"));
  });

  it("begins from the tree, and goes on there with F3", async () => {
    show('{"a":"needle","b":"needle"}');
    (lines()[0] ?? never()).focus();
    await press("/");
    expect(document.activeElement).toBe(screen.getByTestId("json-find"));
    await find("needle");
    await waitFor(() => expect(said()).toBe("1 of 2"));
    await press("ArrowDown");
    await waitFor(() => expect(focused()).toBe('"a": "needle",'));
    await press("F3");
    await waitFor(() => expect(focused()).toBe('"b": "needle"'));
    await press("f", { ctrlKey: true });
    expect(document.activeElement).toBe(screen.getByTestId("json-find"));
  });

  it("far into a long list shows it from near the place on", async () => {
    show(JSON.stringify({ items: Array.from({ length: 9000 }, (_, i) => ({ key: `request-${i}` })) }));
    await waitFor(() => screen.getByText("… 8,900 more"));
    await find("request-8765");
    await waitFor(() => expect(said()).toBe("1 of 1"));
    await waitFor(() => expect(current()?.textContent).toBe("request-8765"));
    screen.getByText("… 8,750 before");
    screen.getByText("… 150 more");
    expect(lines().length).toBeLessThan(900);
    await fireEvent.click(screen.getByText("… 8,750 before"));
    await waitFor(() => screen.getByText("… 8,900 more"));
  });

  it("in the rest of a long value shows all of it", async () => {
    show(JSON.stringify({ a: `${"x ".repeat(1000)}needle`, b: `${"y ".repeat(40_000)}needle` }));
    await find("needle");
    await waitFor(() => expect(said()).toBe("1 of 2"));
    await waitFor(() => expect(current()?.textContent).toBe("needle"));
    await fireEvent.keyDown(screen.getByTestId("json-find"), { key: "Enter" });
    await waitFor(() => expect(current()?.closest("[data-row]")?.textContent).toContain("needle"));
  });
});

it("folds to a depth, and says where that was too much", async () => {
  const { rerender } = show('{"a":[1,{"b":{"c":2}}],"d":{}}');
  const counts: number[] = [];
  for (const depth of ["1", "2", "3", "all"]) {
    await fireEvent.click(screen.getByTestId(`fold-${depth}`));
    await waitFor(() => expect(lines().length).toBe([4, 7, 9, 11][counts.length]));
    counts.push(lines().length);
  }
  expect(screen.queryByTestId("fold-short")).toBeNull();
  await rerender({ text: JSON.stringify(Array.from({ length: 200 }, (_, i) => i)), fallback });
  await fireEvent.click(screen.getByTestId("fold-all"));
  await waitFor(() => expect(screen.getByTestId("fold-short").textContent).toBe("opened in part: it is long"));
});

const url = (text: string) => Buffer.from(text).toString("base64url");
const TOKEN = `${url('{"alg":"RS256"}')}.${url('{"exp":1795223824,"n":1.0}')}.${url("a signature")}`;

describe("a string that is something besides", () => {
  it("opens where it stands and closes again, by clicks", async () => {
    show(JSON.stringify({ text: '{"n":1.0,"big":12345678901234567890}', after: "plain words" }));
    const button = await waitFor(() => screen.getByText("JSON in a string"));
    expect(button.getAttribute("aria-expanded")).toBe("false");
    await fireEvent.click(button);
    const opened = screen.getByTestId("decoded");
    await waitFor(() => expect(opened.textContent).toContain('"big":'));
    expect(opened.textContent).toContain("12345678901234567890");
    expect(opened.textContent).toContain("1.0");
    expect([...opened.querySelectorAll("[aria-level]")].map((one) => one.getAttribute("aria-level"))).toEqual([
      "3",
      "4",
      "5",
      "5",
    ]);
    expect(opened.querySelector("[data-field]")).toBeNull();
    await fireEvent.click(within(opened).getByLabelText("Close (Esc)"));
    expect(screen.queryByTestId("decoded")).toBeNull();
    expect(document.activeElement).toBe(lineOf('"text"'));
  });

  it("is opened, walked and closed by keys", async () => {
    show(JSON.stringify({ token: TOKEN, after: 1 }));
    await waitFor(() => screen.getByTestId("decode"));
    lineOf('"token"').focus();
    expect(document.activeElement?.getAttribute("aria-expanded")).toBe("false");
    await press("Enter");
    expect(document.activeElement?.getAttribute("aria-expanded")).toBe("true");
    await press("ArrowDown");
    expect(focused()).toMatch(/^JWT Signature of 11 B: not checked here expires /);
    await waitFor(() => expect(lines().length).toBeGreaterThan(6));
    await press("ArrowDown");
    await press("ArrowDown");
    expect(focused()).toBe('"header": {');
    await press("ArrowLeft");
    expect(focused()).toBe('"header": {1 key},');
    await press("ArrowLeft");
    expect(focused()).toMatch(/^\{/);
    await press("ArrowUp");
    await press("ArrowUp");
    expect(document.activeElement).toBe(lineOf('"token"'));
    await press("End");
    expect(focused()).toBe('"after": 1');
    await press("ArrowUp");
    await press("Escape");
    expect(screen.queryByTestId("decoded")).toBeNull();
    expect(document.activeElement).toBe(lineOf('"token"'));
  });

  it("a token says what is not known of it, with its times as dates and its numbers as they are", async () => {
    show(JSON.stringify({ token: TOKEN, bare: `${url('{"alg":"none"}')}.${url("{}")}.` }));
    const [signed, bare] = await waitFor(() => {
      const all = screen.getAllByText("JWT");
      expect(all).toHaveLength(2);
      return all;
    });
    await fireEvent.click(signed ?? never());
    expect(screen.getByTestId("jwt-time").textContent).toBe(`expires ${moment(1_795_223_824_000)}`);
    expect(screen.getByTestId("decoded").textContent).not.toMatch(/verified|valid/i);
    await waitFor(() => expect(screen.getByTestId("decoded").textContent).toContain('"n": 1.0'));
    await fireEvent.click(bare ?? never());
    expect(screen.getAllByTestId("jwt-signature")[1]?.textContent).toBe("No signature");
  });

  it("base64 says what it holds, and shows text as text and bytes as bytes", async () => {
    const png = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1").toString("base64");
    show(JSON.stringify({ text: Buffer.from("The winter is over.").toString("base64"), png }));
    await waitFor(() => expect(screen.getAllByTestId("decode")).toHaveLength(2));
    await fireEvent.click(screen.getByText(/UTF-8 text, 19/));
    expect(within(screen.getByTestId("decoded")).getByTestId("raw-body").textContent).toBe("The winter is over.");
    await fireEvent.click(screen.getByText(/PNG image, 16/));
    await waitFor(() => screen.getByLabelText("The decoded bytes as hex"));
  });
});

function never(): never {
  throw new Error("not there");
}
