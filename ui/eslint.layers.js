import { readdirSync } from "node:fs";

/** The layers, the lowest first: each may import those that `below` names, and itself. */
const LAYERS = {
  ipc: { below: [], says: "ipc knows nothing of what stands above it." },
  lib: { below: ["ipc"], says: "lib is pure: it stands upon the types of ipc alone." },
  components: { below: ["ipc", "lib"], says: "Components have no state: they are told everything." },
  state: { below: ["ipc", "lib"], says: "States know nothing of how they are shown." },
  fake: { below: ["ipc", "lib"], says: "The back end in memory knows no more than the real one." },
  features: { below: ["ipc", "lib", "components", "state"], says: "What is chosen for the window comes from above." },
};

/** Features that show others, each of which stands further up in this list: so there is no circle. */
const FEATURES = {
  search: [],
  replay: [],
  results: [],
  known: [],
  interaction: [],
  overview: [],
  detail: ["overview", "known", "replay", "results"],
  projects: [],
  tunnel: [],
  webhooks: [],
  first: ["projects", "tunnel", "webhooks"],
  deliveries: ["detail", "first", "replay", "search"],
  handler: [],
  traffic: [],
  frame: ["handler", "traffic", "tunnel"],
  operations: ["known", "results", "interaction"],
  history: [],
  settings: ["history"],
};

/** Tests, and what opens the window for them, reach everywhere. */
const TESTS = ["src/**/*.test.ts", "src/**/test-window.ts", "src/state/test-list.ts"];

/** One rule from a pattern of what may not be imported: `import …` and `import(…)` alike. */
const barred = (regex, message, allowTypeImports = false) => ({ regex, message, allowTypeImports });
const up = (names) => `^(\\.\\./)+(${names.join("|")})(/|$)`;

const TAURI = barred("^@tauri-apps/", "Only src/ipc speaks to the shell.");
const SHELL = barred(
  "^(\\.\\./)+ipc(/tauri|/index)?$",
  "The back end is given to who needs it; connect.ts chooses it.",
  true,
);
const WHOLE = barred(up(["state/app\\.svelte"]), "Ask for the areas that are needed: state/context.ts.");
const ROOT = barred(
  up(["Window\\.svelte", "Root\\.svelte", "connect", "main"]),
  "The window's root stands above everything.",
);

function rules(patterns) {
  return {
    "@typescript-eslint/no-restricted-imports": ["error", { patterns }],
    "no-restricted-syntax": [
      "error",
      ...patterns.map(({ regex, message }) => ({
        selector: `ImportExpression[source.value=/${regex.replaceAll("/", "\\u002F")}/]`,
        message,
      })),
    ],
  };
}

function above(layer) {
  const { below, says } = LAYERS[layer];
  const names = Object.keys(LAYERS).filter((name) => name !== layer && !below.includes(name));
  return barred(up(names), says);
}

function features() {
  const all = readdirSync(new URL("src/features", import.meta.url));
  const order = Object.keys(FEATURES);
  for (const [feature, shown] of Object.entries(FEATURES))
    for (const other of shown)
      if (order.indexOf(other) >= order.indexOf(feature)) throw new Error(`${other} has to stand above ${feature}.`);
  return all.map((feature) => {
    const others = all.filter((name) => name !== feature && !FEATURES[feature]?.includes(name));
    const beside = barred(up(others), `${feature} may not show this feature: see eslint.layers.js.`);
    return {
      files: [`src/features/${feature}/**`],
      ignores: TESTS,
      rules: rules([TAURI, SHELL, WHOLE, ROOT, above("features"), beside]),
    };
  });
}

/** Imports go one way, between layers and between features. */
export default [
  { files: ["src/*", ...TESTS], rules: rules([TAURI]) },
  { files: ["src/ipc/**"], ignores: TESTS, rules: rules([ROOT, above("ipc")]) },
  ...["lib", "components", "state", "fake"].map((layer) => ({
    files: [`src/${layer}/**`],
    ignores: TESTS,
    rules: rules([TAURI, SHELL, ROOT, above(layer)]),
  })),
  ...features(),
];
