import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { PAGE_NAMES, settingNames } from "../../lib/setting-names";
import { App } from "../../state/app.svelte";
import { SETTINGS_PAGES } from "../../state/screen.svelte";
import Window from "../../Window.svelte";

afterEach(cleanup);

it("each page is known by its name, and each setting stands on its page and nothing else does", async () => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  expect(Object.keys(PAGE_NAMES)).toEqual([...SETTINGS_PAGES]);
  const app = new App(new FakeBackend());
  render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  for (const page of SETTINGS_PAGES) {
    app.screen.openSettings(page);
    await screen.findByTestId(`settings-page-${page}`);
    expect(screen.getByTestId(`settings-page-${page}`).textContent).toBe(PAGE_NAMES[page]);
    const named = settingNames(null).flatMap((one) => (one.page === page && one.name !== null ? [one.name] : []));
    const shown = () => [...document.querySelectorAll<HTMLElement>("#settings-page [data-setting]")];
    await waitFor(() =>
      expect(
        shown()
          .map((one) => one.dataset.setting)
          .sort(),
      ).toEqual([...named].sort()),
    );
  }
});
