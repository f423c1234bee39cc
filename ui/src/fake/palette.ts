import type { IdFound, KnownId, KnownThing, NamedWebhook, PaletteUsed } from "../ipc";
import { FakeDay } from "./day";

const MOST = 50;

/** What was chosen in the palette, and what an id leads to, with the rules of the real one. */
export abstract class FakePalette extends FakeDay {
  used: PaletteUsed[] = [];
  /** More webhooks than the projects in memory have. */
  moreWebhooks: NamedWebhook[] = [];

  paletteUsed = () => this.answer("paletteUsed", () => this.used);

  paletteChoose = (entry: string) =>
    this.answer("paletteChoose", () => {
      const others = this.used.filter((one) => one.entry !== entry);
      return (this.used = [{ entry, at_ms: Date.now() }, ...others].slice(0, MOST));
    });

  paletteWebhooks = () => this.answer("paletteWebhooks", () => this.#known());

  idFind = (text: string) => this.answer("idFind", () => this.#found(text.trim()));

  idsKnown = (project: number, ids: readonly string[]) =>
    this.answer("idsKnown", (): KnownId[] =>
      ids.slice(0, 200).flatMap((id) => {
        const thing = this.#thing(project, id);
        return thing ? [{ id, thing }] : [];
      }),
    );

  #thing(project: number, id: string): KnownThing | null {
    const row = this.rows.findLast((one) => one.project === project && one.message_id === id);
    if (row) return { is: "delivery", delivery: row.id, event_type: row.event_type, outcome: row.outcome };
    const mine = this.jobList.filter((one) => one.project === project);
    const job = mine.find((one) => one.name === id || (!id.includes("/") && one.name.endsWith(`/${id}`)));
    if (job) return { is: "job", name: job.name, kind: job.kind, title: job.title, requests: false };
    const made = mine.find((one) => this.jobDetail(one).output_file === id);
    if (made) return { is: "result", name: made.name, kind: made.kind, title: made.title };
    const named = id.replace(/^webhooks\//, "");
    const webhook = this.#known().find((one) => one.project === project && one.id === named);
    return webhook ? { is: "webhook", webhook: webhook.id, name: webhook.name } : null;
  }

  #known(): NamedWebhook[] {
    const listed = this.state.projects.flatMap((one) =>
      this.list(one.id).map(({ id, name, uri, state }) => ({ project: one.id, id, name, uri, state })),
    );
    return [...listed, ...this.moreWebhooks];
  }

  #found(text: string): IdFound {
    const bare = text.slice(text.lastIndexOf("/") + 1);
    const number = /^#?(\d+)$/.exec(text)?.[1];
    const numbered = number === undefined ? undefined : this.rows.find((row) => row.id === Number(number));
    return {
      delivery: numbered ?? this.rows.findLast((row) => row.message_id === text) ?? null,
      jobs: this.jobList.filter((job) => bare !== "" && job.name.slice(job.name.lastIndexOf("/") + 1) === bare),
      webhooks: this.#known().filter((one) => one.id === text),
    };
  }
}
