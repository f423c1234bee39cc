import type { IdFound, KnownId, NamedWebhook, PaletteUsed } from "./generated";

/** What the palette keeps, and what it finds an id with. Nobody outside is asked. */
export interface PaletteBackend {
  /** What was chosen lately, the last one first. */
  paletteUsed(): Promise<PaletteUsed[]>;
  /** Puts an entry before the others; answers them all. */
  paletteChoose(entry: string): Promise<PaletteUsed[]>;
  /** The webhooks of all projects, as far as their services listed them. */
  paletteWebhooks(): Promise<NamedWebhook[]>;
  /** What has this id: a `webhook-id`, a delivery's number, a job's id or name, a webhook's id. */
  idFind(text: string): Promise<IdFound>;
  /** What ids in a payload lead to, of one project; those that lead nowhere are left out. At most 200 at once. */
  idsKnown(project: number, ids: readonly string[]): Promise<KnownId[]>;
}
