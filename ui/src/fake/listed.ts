import type { SandboxWebhook } from "../ipc";
import { FakeAgenda } from "./agenda";
import { refused } from "./refused";

export const RECEIVER = "http://127.0.0.1:4710/sandbox";
const EVENTS = [
  "batch.succeeded",
  "batch.failed",
  "batch.expired",
  "interaction.requires_action",
  "interaction.completed",
  "interaction.failed",
  "video.generated",
];

/** The webhooks that the emulator in miniature lists. */
export class FakeListed extends FakeAgenda {
  webhooks: SandboxWebhook[] = [];

  protected registerOwn(): void {
    this.webhooks = [
      {
        id: "95fy2q8w7e1r0t4y6u3i5o9p8a7s6d5fbfhz",
        name: "Pollux",
        uri: RECEIVER,
        subscribed_events: EVENTS,
        state: "enabled",
        secrets: [{ hint: "whsec_...0042", expires_ms: null }],
        given_up_in_a_row: 0,
        builtin: true,
      },
    ];
  }

  webhook(id: string): SandboxWebhook {
    const found = this.webhooks.find((one) => one.id === id);
    if (!found) throw refused("not_found", "This webhook is no longer there.");
    return found;
  }

  setWebhook(id: string, change: Partial<SandboxWebhook>): SandboxWebhook {
    const now = { ...this.webhook(id), ...change };
    this.webhooks = this.webhooks.map((one) => (one.id === id ? now : one));
    this.changed();
    return now;
  }

  create(name: string | null, uri: string, events: string[]): SandboxWebhook {
    if (!/^https?:\/\//.test(uri)) throw refused("sandbox_refused", "uri must be an absolute http or https address.");
    const made: SandboxWebhook = {
      id: Array.from({ length: 36 }, () => Math.floor(Math.random() * 36).toString(36)).join(""),
      name,
      uri,
      subscribed_events: events,
      state: "enabled",
      secrets: [{ hint: "whsec_...c0de", expires_ms: null }],
      given_up_in_a_row: 0,
      builtin: false,
    };
    this.webhooks = [...this.webhooks, made];
    this.changed();
    return made;
  }

  remove(id: string): void {
    this.webhook(id);
    this.webhooks = this.webhooks.filter((one) => one.id !== id);
    this.changed();
  }
}
