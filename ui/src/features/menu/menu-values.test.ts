import { cleanup, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FakeBackend } from "../../fake/backend";
import type { App } from "../../state/app.svelte";
import { choose, key, menuOn, open, rowOf } from "./test-window";

let fake: FakeBackend;
let app: App;

beforeEach(async () => {
  ({ fake, app } = await open());
});
afterEach(cleanup);

describe("the menu on a value", () => {
  describe("counts what would match with a value, and without it", () => {
    const sides = () => ["filter", "exclude"].map((id) => screen.getByTestId(`menu-${id}`).textContent?.trim());
    const typeOf = (id: number) => rowOf(id).querySelector(".c-event") as Element;
    const has = (id: number) => fake.rows.filter((row) => row.event_type === fake.rows[id - 1]?.event_type).length;

    it("of the present search, and nothing moves when that comes", async () => {
      app.navigation.find("verdict:verified");
      await waitFor(() => expect(app.deliveries.loaded && app.deliveries.query).toBe("verdict:verified"));
      const { queryCounts } = fake;
      let tell = () => {};
      const told = new Promise<void>((resolve) => (tell = resolve));
      const asked = vi.fn(async (queries: string[]) => told.then(() => queryCounts(queries)));
      fake.queryCounts = asked;
      const of = app.deliveries.rowAt(0);
      await menuOn(typeOf(of?.id ?? 0));
      const menu = screen.getByTestId("context-menu");
      expect(sides()).toEqual(["Filter by this", "Exclude"]);
      expect(asked.mock.calls[0]?.[0]).toEqual([
        `verdict:verified type:${of?.event_type}`,
        `verdict:verified -type:${of?.event_type}`,
      ]);
      tell();
      await waitFor(() => expect(sides()[0]).toMatch(/^Filter by this \d+$/));
      const counts = sides().map((side) => Number(/\d+$/.exec(side ?? "")?.[0]));
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(app.deliveries.matched);
      expect(screen.getByTestId("context-menu")).toBe(menu);
    });

    it("and says nothing of what it was opened on before, or of what is not known soon", async () => {
      const { queryCounts } = fake;
      let tell = () => {};
      const told = new Promise<void>((resolve) => (tell = resolve));
      fake.queryCounts = async (queries) => told.then(() => queryCounts(queries));
      await menuOn(typeOf(58));
      fake.queryCounts = async () => [null, null];
      await menuOn(typeOf(57));
      tell();
      await told;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(sides()).toEqual(["Filter by this", "Exclude"]);
      await key("Escape");
      await waitFor(() => expect(screen.queryByTestId("context-menu")).toBeNull());
      fake.queryCounts = queryCounts;
      await menuOn(typeOf(58));
      await waitFor(() => expect(sides()).toEqual([`Filter by this ${has(58)}`, `Exclude ${60 - has(58)}`]));
    });

    it("and a failure is not worth a word", async () => {
      fake.failures.set("queryCounts", { code: "internal", message: "No.", detail: null });
      await menuOn(typeOf(58));
      await waitFor(() => expect(fake.calls).toContain("queryCounts"));
      expect(sides()).toEqual(["Filter by this", "Exclude"]);
      expect(app.toasts.list).toEqual([]);
    });
  });

  it("copies the path of a header, and of what was searched for", async () => {
    app.navigation.find("nightly");
    await app.navigation.reveal(58);
    app.detail.tab = "headers";
    const header = await waitFor(() => {
      const found = document.querySelector('[data-testid=detail] .all [data-field="header.host"]');
      if (!found) throw new Error("not yet");
      return found;
    });
    await menuOn(header);
    await choose("copy-path");
    await waitFor(() => expect(fake.copied.at(-1)).toBe("header.host"));
    const hit = await screen.findByTestId("hit");
    await waitFor(() => expect(hit.dataset.field).toBe("body.data.user_metadata.job_group"));
    await menuOn(hit);
    expect(screen.getByTestId("context-menu").textContent).toContain("nightly-eval");
    await choose("copy-path");
    await waitFor(() => expect(fake.copied.at(-1)).toBe("data.user_metadata.job_group"));
  });

  it("copies a value of the payload, and its path", async () => {
    await key("j");
    const value = await waitFor(() => {
      const found = [...document.querySelectorAll("[role=treeitem]")].find((one) =>
        one.textContent?.includes("output"),
      );
      if (!found) throw new Error("not yet");
      return found;
    });
    await menuOn(value);
    await choose("copy-path");
    await waitFor(() => expect(fake.copied.at(-1)).toBe("data.output_file_uri"));
    await menuOn(value);
    await choose("copy-value");
    await waitFor(() => expect(fake.copied.at(-1)).toBe(fake.rows[59]?.pointer));
  });
});
