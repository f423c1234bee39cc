import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import layers from "./eslint.layers.js";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["dist", "node_modules", "src/ipc/generated.ts"] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser } } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig } },
  },
  {
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 300 }],
      "svelte/no-at-html-tags": "error",
      // A space at the edge of a block has to be written out, or it is dropped.
      "svelte/no-useless-mustaches": "off",
      // Lists live in plain Maps on purpose: deep reactivity over 100,000 rows costs 300 ms a batch.
      "svelte/prefer-svelte-reactivity": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    // What Prettier leaves as it is: comments, and expressions that are better put together from parts.
    files: ["**/*.ts", "**/*.js"],
    rules: {
      "max-len": [
        "error",
        { code: 120, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true },
      ],
    },
  },
  ...layers,
);
