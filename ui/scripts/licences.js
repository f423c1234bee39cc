/**
 * Writes `src/lib/licences.json`: what Pollux is made of, with the licence texts that stand in its sources.
 *
 *     node scripts/licences.js          writes the file
 *     node scripts/licences.js --list   prints names and versions as the lock files have them, which a test compares
 *
 * Crates: what `pollux` and `pollux-app` are built from (normal dependencies, macros among them; not what only builds
 * or tests them), on each system of `.ci/deny.toml`. Packages: what the window's bundle is made from.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const UI = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(UI);
const OUT = join(UI, "src/lib/licences.json");
const SHIPPED = ["-p", "pollux-app", "-p", "cli"];

const json = (path) => JSON.parse(readFileSync(path, "utf8"));
const cargo = (...args) =>
  execFileSync("cargo", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 << 20, stdio: ["ignore", "pipe", "pipe"] });
/** By code units, so that no machine's language changes the order. */
const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1);

/** The systems whose dependencies are checked. */
function targets() {
  const [, list = ""] = /^targets = \[([^\]]*)\]/m.exec(readFileSync(join(ROOT, ".ci/deny.toml"), "utf8")) ?? [];
  const found = [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
  if (!found.some((name) => name.includes("linux"))) throw new Error(".ci/deny.toml names no targets.");
  return found;
}

/** `name@version` of the crates from the registry that the programs are built from. */
function crateNames(systems) {
  const on = systems.flatMap((name) => ["--target", name]);
  const out = cargo("tree", "--locked", ...SHIPPED, "-e", "normal", ...on, "--prefix", "none", "--format", "{p}");
  const lines = out.split("\n").map((line) => /^(\S+) v(\S+)(.*)$/.exec(line));
  // What is ours stands in a folder, which cargo names behind the version.
  return new Set(
    lines.filter((line) => line && !line[3].includes("/")).map(([, name, version]) => `${name}@${version}`),
  );
}

function crates() {
  const systems = targets();
  const linux = crateNames(systems.filter((name) => name.includes("linux")));
  return [...crateNames(systems)]
    .map((id) => {
      const [name, version] = id.split("@");
      return { kind: "crate", name, version, ...(linux.has(id) ? {} : { elsewhere: true }) };
    })
    .sort(byName);
}

/** Of what Svelte needs, its compiler takes the most: this is what its runtime in the window imports. */
const NEEDS_OF_SVELTE = ["clsx", "esm-env"];

/** The packages that `dependencies` lead to, and Svelte's runtime, as the lock file places them. */
function packages() {
  const { packages: locked } = json(join(UI, "package-lock.json"));
  const found = new Map();
  const place = (name, from) => {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
      const path = `${at ? `${at}/` : ""}node_modules/${name}`;
      if (locked[path]) return path;
      if (!at) return null;
    }
  };
  const walk = (path) => {
    if (found.has(path)) return;
    const entry = locked[path];
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    found.set(path, { kind: "package", name, version: entry.version });
    const needs = name === "svelte" ? NEEDS_OF_SVELTE : [...keys(entry.dependencies), ...keys(entry.peerDependencies)];
    for (const need of needs) {
      const at = place(need, path);
      if (at) walk(at);
    }
  };
  for (const name of [...keys(locked[""].dependencies), "svelte"]) walk(`node_modules/${name}`);
  return [...found].map(([path, one]) => ({ ...one, path })).sort(byName);
}

const keys = (object) => Object.keys(object ?? {});

const TEXT = /^(un)?(licen[cs]es?|copying|notice|copyright|ofl)([-_.].*)?$/i;
const NOT_TEXT = /\.(rs|js|ts|json|toml|py|go|c|h|html|ya?ml|svg|in|tmpl|spdx)$/i;
/** What is in a crate, but in no program. */
const ASIDE = /^(tests?|testdata|benches|examples|fuzz\w*|docs?|node_modules|\..*)$/i;

/** The licence texts in a folder of sources: its own first, then those of what it brings along. */
function textsIn(folder, depth = 4) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((one) => one.isFile() && TEXT.test(one.name) && !NOT_TEXT.test(one.name));
  const own = files.map((one) => readFileSync(join(folder, one.name), "utf8"));
  const folders = depth === 0 ? [] : entries.filter((one) => one.isDirectory() && !ASIDE.test(one.name));
  return [...own, ...folders.flatMap((one) => textsIn(join(folder, one.name), depth - 1))];
}

/**
 * Texts once each, as lists of their paragraphs, which most of them share. What differs in spaces and line breaks alone
 * is the same.
 */
class Texts {
  list = [];
  paragraphs = [];
  #known = new Map();
  #places = new Map();

  add(text) {
    const tidy = text
      .replace(/^\uFEFF/, "")
      .replace(/\r\n?/g, "\n")
      .replace(/[ \t\f]+$/gm, "")
      .replace(/^\n+|\n+$/g, "");
    const key = spaced(tidy);
    // A file that only points to another one, and an empty one, is no text.
    if (key.length < 80) return null;
    if (!this.#known.has(key)) {
      const paragraphs = tidy.split(/\n{2,}/).map((one) => once(one, spaced(one), this.#places, this.paragraphs));
      this.#known.set(key, this.list.push(paragraphs) - 1);
    }
    return this.#known.get(key);
  }

  of(folder) {
    return [...new Set(textsIn(folder).map((text) => this.add(text)))].filter((at) => at !== null);
  }
}

const spaced = (text) => text.replace(/\s+/g, " ").trim();

/** The place of `value` in `list`, where it is put the first time. */
function once(value, key, places, list) {
  if (!places.has(key)) places.set(key, list.push(value) - 1);
  return places.get(key);
}

/** An older way to write “or”. */
const expression = (licence) => licence?.replace(/\s*\/\s*/g, " OR ") ?? "";

function whole() {
  const texts = new Texts();
  const meta = JSON.parse(cargo("metadata", "--locked", "--format-version", "1"));
  const known = new Map(meta.packages.map((one) => [`${one.name}@${one.version}`, one]));
  const workspace = meta.packages.find((one) => one.name === "pollux-app");
  const own = {
    kind: "own",
    name: "Pollux",
    version: workspace.version,
    licence: workspace.license,
    texts: [texts.add(readFileSync(join(ROOT, "LICENSE"), "utf8"))],
  };
  const fromRegistry = crates().map((one) => {
    const source = known.get(`${one.name}@${one.version}`);
    return { ...one, licence: expression(source.license), texts: texts.of(dirname(source.manifest_path)) };
  });
  const fromNpm = packages().map(({ path, ...one }) => {
    const folder = join(UI, path);
    return { ...one, licence: expression(json(join(folder, "package.json")).license), texts: texts.of(folder) };
  });
  return { parts: [own, ...fromRegistry, ...fromNpm], texts: texts.list, paragraphs: texts.paragraphs };
}

/** One part a line, so that a change shows as what it is. */
function written({ parts, texts, paragraphs }) {
  const lines = (list) => list.map((one) => JSON.stringify(one)).join(",\n");
  return `{"parts":[\n${lines(parts)}\n],"texts":[\n${lines(texts)}\n],"paragraphs":[\n${lines(paragraphs)}\n]}\n`;
}

if (process.argv.includes("--list")) {
  const list = [...crates(), ...packages()].map((one) => `${one.kind} ${one.name}@${one.version}`);
  process.stdout.write(`${list.join("\n")}\n`);
} else {
  const all = whole();
  writeFileSync(OUT, written(all));
  const bare = all.parts.filter((one) => one.texts.length === 0);
  process.stdout.write(`${all.parts.length} parts, ${all.texts.length} texts, ${bare.length} parts without a text.\n`);
}
