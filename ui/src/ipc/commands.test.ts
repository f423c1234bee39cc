import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, expect, it, vi } from "vitest";
import { tauriBackend } from "./tauri";

const SHELL = "../src-tauri/src";
/** What the shell gives a command by itself. */
const GIVEN = /^(State<|AppHandle|WebviewWindow|Window|Webview)/;
const called = vi.hoisted(() => new Map<string, string[]>());

vi.mock("@tauri-apps/api/core", () => ({
  Channel: class {
    onmessage = null;
  },
  invoke: async (command: string, args: object = {}) => void called.set(command, Object.keys(args).sort()),
}));
vi.mock("@tauri-apps/api/webview", () => ({ getCurrentWebview: () => ({ onDragDropEvent: async () => undefined }) }));
vi.mock("@tauri-apps/plugin-clipboard-manager", () => ({ writeText: async () => undefined }));

beforeEach(async () => {
  called.clear();
  for (const call of Object.values(tauriBackend)) await (call as () => Promise<unknown>)();
});

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Splits at the commas that stand in no bracket. */
function parts(list: string): string[] {
  let depth = 0;
  const found = [""];
  for (const char of list) {
    if ("<([".includes(char)) depth++;
    if (">)]".includes(char)) depth--;
    if (char === "," && depth === 0) found.push("");
    else found[found.length - 1] += char;
  }
  return found.map((part) => part.trim()).filter(Boolean);
}

/** The commands as they are written in Rust: their names, and what they are to be given. */
function declared(): Map<string, string[]> {
  const commands = new Map<string, string[]>();
  for (const file of readdirSync(`${SHELL}/commands`)) {
    const source = readFileSync(`${SHELL}/commands/${file}`, "utf8");
    for (const [, name = "", list = ""] of source.matchAll(
      /#\[tauri::command[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*pub[^{;]*?fn (\w+)\(([\s\S]*?)\)\s*(?:->|\{)/g,
    )) {
      const given = parts(list).map((part) => part.replace(/^mut /, "").split(/:\s*/, 2));
      const asked = given.filter(([, type = ""]) => !GIVEN.test(type)).map(([arg = ""]) => camel(arg));
      commands.set(name, asked.sort());
    }
  }
  return commands;
}

/** Those that the window may call. */
function registered(): string[] {
  const source = readFileSync(`${SHELL}/window.rs`, "utf8");
  const list = /generate_handler!\[([\s\S]*?)\]/.exec(source)?.[1] ?? "";
  return parts(list).map((path) => path.split("::").at(-1) ?? "");
}

it("the window calls every command of the shell, with the arguments that it takes", () => {
  expect(called.size).toBeGreaterThan(50);
  expect(Object.fromEntries([...called].sort())).toEqual(Object.fromEntries([...declared()].sort()));
});

it("every command is registered", () => {
  expect(registered().sort()).toEqual([...declared().keys()].sort());
});
