import { cleanup, render, screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { NOTICED_MS } from "../lib/noticed";
import Waiting from "./Waiting.svelte";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});
const children = createRawSnippet(() => ({ render: () => "<span>Reading…</span>" }));

it("a quick answer is never announced, a slow one is, in a line that was kept free", async () => {
  vi.useFakeTimers();
  render(Waiting, { children });
  // It is there before its words, or they would not be read aloud.
  const line = screen.getByRole("status");
  await vi.advanceTimersByTimeAsync(NOTICED_MS - 1);
  expect(line.textContent).toBe("");
  await vi.advanceTimersByTimeAsync(1);
  expect(line.textContent).toBe("Reading…");
});

it("what is gone before leaves no timer behind", async () => {
  vi.useFakeTimers();
  const { unmount } = render(Waiting, { children });
  await vi.advanceTimersByTimeAsync(1);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
