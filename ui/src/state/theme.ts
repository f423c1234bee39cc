import type { Settings } from "../ipc";

/** Light, dark, or as the system is. */
export function dress(settings: Settings): void {
  const root = document.documentElement;
  if (settings.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = settings.theme;
}
