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
    }
  }
  return commands;
}

it("the page calls the commands that the window's process offers, with their arguments", () => {
  const there = offered();
  expect(there.size).toBeGreaterThan(80);
  expect(sorted(called())).toEqual(sorted(there));
});
