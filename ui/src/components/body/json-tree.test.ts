import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { createRawSnippet, tick } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import JsonTree from "./JsonTree.svelte";

beforeEach(() => void vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400));
afterEach(cleanup);

const fallback = createRawSnippet(() => ({ render: () => "<p>as it is</p>" }));
const show = (text: string) => render(JsonTree, { text, fallback });
const tree = () => screen.getByRole("tree");
const lines = () => [...tree().querySelectorAll<HTMLElement>(".line")];
const texts = () => lines().map((line) => (line.textContent ?? "").replace(/\s+/g, " ").trim());

const many = (count: number) =>
  JSON.stringify({ id: "b", items: Array.from({ length: count }, (_, i) => ({ key: `k${i}`, text: "x".repeat(60) })) });

describe("a long text", () => {
  it("is read in pieces, and its lines come with the frames", async () => {
    show(many(2000));
    expect(screen.queryByRole("tree")).toBeNull();
    await waitFor(() => tree());
    const first = lines().length;
    expect(first).toBeLessThan(60);
    await waitFor(() => screen.getByText("… 1,900 more"));
    expect(texts()[1]).toBe('"id": "b",');
    await waitFor(() => expect(texts().slice(-2)).toEqual(["]", "}"]));
    expect(lines().length).toBeGreaterThan(100);
  });

  it("beyond two mebibytes is read when asked for", async () => {
    show(many(30_000));
    expect(screen.queryByRole("tree")).toBeNull();
    await fireEvent.click(screen.getByText(/^Read it as JSON/));
    await waitFor(() => screen.getByText("… 29,900 more"));
  });

  it("that is no JSON says where it ends to be that, and is shown as it is", async () => {
    show(`${many(2000).slice(0, -1)}\n,}`);
    await waitFor(() => screen.getByText(/^Not JSON: .* Line 2, column 2\.$/));
    screen.getByText("as it is");
  });

  it("gives way to another one, whichever was asked for first", async () => {
    const { rerender } = show(many(3000));
    await rerender({ text: many(2500), fallback });
    await waitFor(() => screen.getByText("… 2,400 more"));
    await rerender({ text: '{"short":true}', fallback });
    expect(texts()).toEqual(["{", '"short": true', "}"]);
  });

  it("opens around a place, and says when that is in the page", async () => {
    const text = many(3000);
    show(text);
    await waitFor(() => screen.getByText("… 2,900 more"));
    const detail: { offset: number; shown?: Promise<void> } = { offset: text.indexOf("k250") };
    tree().dispatchEvent(new CustomEvent("reveal", { detail }));
    await detail.shown;
    expect(texts().some((line) => line.includes('"k250"'))).toBe(true);
    expect(lines().length).toBeGreaterThan(250);
  });
});

it("lines stay as they are while others open and close around them", async () => {
  show('{"a":[1,2],"b":{"c":true},"d":0}');
  const last = lines().at(-2);
  expect(last?.textContent).toContain('"d"');
  await fireEvent.click(screen.getAllByLabelText("Close")[1] ?? document.body);
  expect(texts()).toEqual(["{", '"a": [2 entries],', '"b": {', '"c": true', "},", '"d": 0', "}"]);
  expect(lines().at(-2)).toBe(last);
  await fireEvent.keyDown(tree(), { key: "End" });
  await fireEvent.keyDown(tree(), { key: "Home" });
  await tick();
  expect(lines()[0]?.tabIndex).toBe(0);
});

it("a value that is very long is shown in rows when all of it is asked for", async () => {
  show(JSON.stringify({ a: "x".repeat(60_000), b: "y".repeat(2000) }));
  const [long, short] = screen.getAllByText(/more characters$/);
  await fireEvent.click(short ?? document.body);
  expect(texts()[2]).toContain("y".repeat(2000));
  await fireEvent.click(long ?? document.body);
  const rows = await waitFor(() => screen.getByLabelText("The whole text"));
  await waitFor(() => expect(rows.querySelectorAll("[data-row]").length).toBeGreaterThan(10));
  expect(rows.querySelector("[data-row]")?.textContent).toBe(`"${"x".repeat(119)}`);
  expect(rows.textContent?.length).toBeLessThan(6000);
});
