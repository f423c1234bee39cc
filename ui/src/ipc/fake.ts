import type { Backend } from "./backend";
export function fakeFromAddress(_address: URL): Backend { throw new Error("not yet"); }
