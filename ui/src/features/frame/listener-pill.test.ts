import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { tick } from "svelte";
import { afterEach, expect, it } from "vitest";
import { Addresses } from "../../state/addresses.svelte";
import { Clipboard } from "../../state/clipboard";
import { contextOf } from "../../state/context";
import { Copying } from "../../state/copying";
import { Listening } from "../../state/listening.svelte";
import { Projects } from "../../state/projects.svelte";
import { Toasts } from "../../state/toasts.svelte";
import ListenerPill from "./ListenerPill.svelte";

afterEach(cleanup);

it("shows and copies the address while something listens, with nothing of the window around it", async () => {
  const copied: string[] = [];
  const toasts = new Toasts();
  const listening = new Listening({ listenerStart: async () => ({ state: "starting" }) }, toasts);
  const projects = new Projects({ query: "", setQuery: () => undefined });
  const addresses = new Addresses(listening, { public: null, online: false }, projects);
  const clipboard = new Clipboard({ copyText: async (text) => void copied.push(text) }, toasts);
  const detail = { detail: null, payloadText: async () => null };
  const copying = new Copying(clipboard, addresses, detail, toasts, { copyAs: async () => "" });
  render(ListenerPill, { context: contextOf({ addresses, copying, listening }) });
  expect(screen.getByTestId("listener-state").textContent).toBe("Starting");
  expect(screen.queryByTestId("copy-address")).toBeNull();

  listening.listener = { state: "listening", address: "http://127.0.0.1:4710", port: 4710 };
  await tick();
  expect(screen.getByTestId("listener-address").textContent).toContain("127.0.0.1:4710");
  await fireEvent.click(screen.getByTestId("copy-address"));
  expect(copied).toEqual(["http://127.0.0.1:4710/"]);
  expect(toasts.list.map((toast) => toast.text)).toEqual(["Local address copied."]);
});

it("says which area is missing", () => {
  expect(() => render(ListenerPill)).toThrow("Nothing around this component provides “addresses”.");
});
