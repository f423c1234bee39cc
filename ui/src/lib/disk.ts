import type { DiskShortage } from "../ipc/generated";
import { bytes } from "./format";

/** From here on the two look the same once they are rounded. */
const ALIKE = 0.99;

/** How much is free, against what Pollux keeps free. */
export function room({ free, reserve }: Pick<DiskShortage, "free" | "reserve">): string {
  const kept = bytes(reserve);
  return free > reserve * ALIKE ? `less than ${kept} free` : `${bytes(free)} free; Pollux needs ${kept}`;
}
