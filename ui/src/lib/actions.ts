import type { Action } from "../ipc/generated";
import { visible } from "./invisible";
import type { Mark } from "./verdict";

const WORDS: Record<string, string> = {
  "project.add": "Project added",
  "project.update": "Project changed",
  "project.remove": "Project removed",
  "project.restore": "Project restored",
  "webhook.create": "Webhook added",
  "webhook.update": "Webhook changed",
  "webhook.enable": "Webhook enabled",
  "webhook.disable": "Webhook disabled",
  "webhook.delete": "Webhook deleted",
  "webhook.ping": "Pinged",
  "webhook.repair": "Address repaired",
  "webhook.rotate": "Secret rotated, old one kept for a while",
  "webhook.rotate_now": "Secret rotated, old one revoked",
  "secret.add": "Secret added",
  "secret.remove": "Secret removed",
  "secret.restore": "Secret restored",
  "secret.destroy": "Secret's value destroyed",
  "secret.reveal": "Secret shown",
};

/** What was done, in words; an unknown action is shown as received. */
export const actionWords = (what: string): string => WORDS[what] ?? visible(what);

const RESULTS: Record<string, Mark & { what: string }> = {
  done: { glyph: "check", word: "done", tone: "ok", what: "It was done" },
  refused: { glyph: "cross", word: "refused", tone: "no", what: "The service refused it" },
  failed: { glyph: "cross", word: "failed", tone: "no", what: "It was not done" },
  unknown: {
    glyph: "warn",
    word: "unknown",
    tone: "old",
    what: "No answer came: the request may have been carried out",
  },
};

export function resultMark(action: Pick<Action, "result">): Mark & { what: string } {
  return RESULTS[action.result] ?? { glyph: "ring", word: visible(action.result), tone: "un", what: "" };
}
