import { secret } from "./hooks";
import { FakeManage } from "./manage";
import { fakeRotation } from "./rotation";

const DAY = 86_400_000;

/** Secrets of webhooks in memory: rotated, looked at, destroyed. */
export abstract class FakeRotating extends FakeManage {
  rotation = (project: number, id: string) =>
    this.answer("rotation", () => {
      const pending = this.rows
        .slice(-400)
        .filter((row) => row.status >= 300 && row.project === project)
        .slice(-4)
        .reverse();
      return fakeRotation(this.hook(project, id), this.placesOf(id), pending, Date.now(), this.safe);
    });

  webhookRotate = (project: number, id: string, immediately: boolean) =>
    this.answer("webhookRotate", () => {
      const hook = this.hook(project, id);
      const now = Date.now();
      const text = this.newText();
      const old = hook.secrets.map((one) =>
        one.state === "expired"
          ? one
          : {
              ...one,
              state: immediately ? ("expired" as const) : ("grace" as const),
              expires_ms: immediately ? now : Math.min(one.expires_ms ?? now + DAY, now + DAY),
            },
      );
      const secrets = [secret(`whsec_…${text.slice(-4)}`, "current", now, null, `k${text.slice(-4)}`), ...old];
      if (this.project(project).sandbox)
        this.world.setWebhook(id, {
          secrets: [
            ...(immediately
              ? []
              : this.world
                  .webhook(id)
                  .secrets.map((one) => ({ ...one, expires_ms: one.expires_ms ?? this.world.now + DAY }))),
            { hint: `whsec_...${text.slice(-4)}`, expires_ms: null },
          ],
        });
      else this.set(project, id, { secrets });
      this.untickPlaces(id);
      this.lose("webhook.rotate", project);
      this.note(
        immediately ? "webhook.rotate_now" : "webhook.rotate",
        hook.name ?? hook.uri,
        `whsec_…${text.slice(-4)} is current.`,
        project,
      );
      return { webhook: this.hook(project, id), secret: this.stored(text) };
    });

  secretDestroy = (id: string) =>
    this.answer("secretDestroy", () => {
      for (const [project, list] of this.hooks)
        this.hooks.set(
          project,
          list.map((hook) => ({
            ...hook,
            secrets: hook.secrets.map((one) => (one.key === id ? { ...one, available: false } : one)),
          })),
        );
      this.secretList = this.secretList.map((one) =>
        one.id === id ? { ...one, available: false, destroyed_ms: Date.now() } : one,
      );
      this.note("secret.destroy", id, "Its hint is kept.");
    });
}
