import { projectAddress } from "../lib/projects";
import type { Listening } from "./listening.svelte";
import type { Projects } from "./projects.svelte";
import type { Tunnel } from "./tunnel.svelte";

/** Where deliveries of the project that the bar chooses are to be sent. */
export class Addresses {
  readonly #listening: Pick<Listening, "address">;
  readonly #tunnel: Pick<Tunnel, "public" | "online">;
  readonly #projects: Pick<Projects, "chosen">;

  constructor(
    listening: Pick<Listening, "address">,
    tunnel: Pick<Tunnel, "public" | "online">,
    projects: Pick<Projects, "chosen">,
  ) {
    this.#listening = listening;
    this.#tunnel = tunnel;
    this.#projects = projects;
  }

  /** The listener's address with the chosen project's path, or null while Pollux is not listening. */
  get local(): string | null {
    return projectAddress(this.#projects.chosen?.path ?? "", this.#listening.address, null);
  }

  /**
   * The same from outside; null where there is no public address. The Sandbox's emulator is on this machine, so it
   * sends to the listener itself.
   */
  get public(): string | null {
    const { chosen } = this.#projects;
    return chosen?.sandbox ? null : projectAddress(chosen?.path ?? "", null, this.#tunnel.public);
  }

  /** Where they are to be sent now. */
  get current(): string | null {
    return (this.#tunnel.online ? this.public : null) ?? this.local;
  }
}
