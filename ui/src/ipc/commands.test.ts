<<<<<<< HEAD
// The two ends of the IPC, read as text: a command or an argument that only one of them knows fails when a user clicks.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SHELL = join(import.meta.dirname, "../../../src-tauri/src");
const IPC = import.meta.dirname;

/** Commands by name, each with the names of its arguments, sorted. */
type Commands = Map<string, string[]>;

const sorted = (commands: Commands) => [...commands].sort(([one], [other]) => one.localeCompare(other));

/** What the window's process offers. What Tauri puts in (the state, the app, the window) is not the page's to give. */
function offered(): Commands {
  const list = /generate_handler!\[([^\]]*)\]/.exec(readFileSync(join(SHELL, "window.rs"), "utf8"))?.[1] ?? "";
  const commands: Commands = new Map();
  for (const [, file, name] of list.matchAll(/(\w+)::(\w+)/g)) {
    const source = readFileSync(join(SHELL, "commands", `${file}.rs`), "utf8");
    const signature = new RegExp(`fn ${name}\\(([^)]*)\\)`).exec(source)?.[1];
    if (name === undefined || signature === undefined)
      throw new Error(`${file}::${name} is listed, but there is no such function`);
    const given = [...signature.matchAll(/(\w+): (?!State<|AppHandle|WebviewWindow)/g)].map(
      ([, argument]) => argument ?? "",
    );
    // Tauri's own rule: snake_case there, camelCase here.
    const named = given.map((argument) => argument.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
    commands.set(name, named.sort());
  }
  return commands;
}

/** What the page calls. */
function called(): Commands {
  const files = readdirSync(IPC).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const commands: Commands = new Map();
  for (const file of files) {
    const source = readFileSync(join(IPC, file), "utf8");
    for (const [, name, given] of source.matchAll(/\binvoke(?:<[^(]*>)?\(\s*"(\w+)"(?:,\s*\{([^}]*)\})?/g)) {
      const named = (given ?? "").split(",").map((one) => (one.split(":")[0] ?? "").trim());
      commands.set(name ?? "", named.filter((one) => one !== "").sort());
=======
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
>>>>>>> ui
    }
  }
  return commands;
}

<<<<<<< HEAD
it("the page calls the commands that the window's process offers, with their arguments", () => {
  const there = offered();
  expect(there.size).toBeGreaterThan(80);
  expect(sorted(called())).toEqual(sorted(there));
=======
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
>>>>>>> ui
});
