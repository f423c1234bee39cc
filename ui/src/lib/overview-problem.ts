import type { WebhookView } from "../ipc/generated";
import { visible } from "./invisible";

/** What a button does; the window knows how. */
export type Act =
  | { do: "port" }
  | { do: "listen" }
  | { do: "tunnel" }
  | { do: "enable"; project: number; webhook: WebhookView }
  | { do: "webhook"; project: number; id: string | null }
  | { do: "repair"; project: number }
  | { do: "job"; project: number; name: string | null }
  | { do: "forward" }
  | { do: "try-forward"; project: number }
  | { do: "history" }
  | { do: "secrets" }
  | { do: "find"; query: string };

export type Button = { label: string; act: Act };

export type Problem = {
  id: string;
  /** Red: something is lost or refused; amber: it waits, or needs somebody. */
  tone: "no" | "warn";
  head: string;
  body: string;
  /** In the sentence under the headline, without a capital letter. */
  brief: string;
  /** The first is what helps most. */
  buttons: Button[];
};

/** What was said elsewhere, as a sentence of its own. */
export function sentence(text: string): string {
  const clean = visible(text.trim());
  return clean === "" || /[.!?…]$/.test(clean) ? clean : `${clean}.`;
}
