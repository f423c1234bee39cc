import type { ProbeView, TunnelView } from "./generated";

/** What the window asks about the tunnel. Its settings are `Settings.tunnel` and `Settings.public_address`. */
export interface TunnelBackend {
  tunnel(): Promise<TunnelView>;
  /** The provider of the settings, in place of one that runs. */
  tunnelStart(): Promise<TunnelView>;
  tunnelStop(): Promise<TunnelView>;
  /** A signed, binary POST through the public address back to the listener. */
  tunnelProbe(): Promise<ProbeView>;
  /** null destroys the one that is kept. */
  tunnelAuthtokenSet(token: string | null): Promise<TunnelView>;
}
