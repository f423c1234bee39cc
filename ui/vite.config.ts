/// <reference types="vitest/config" />
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  // Vitest must load the browser build of Svelte, or `mount` is not there.
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  build: {
    outDir: "dist",
    // What WebKitGTK 2.44, WebView2 and macOS 14.5 can do; `light-dark()` needs it.
    target: ["safari17.5", "chrome123"],
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { port: 5173, strictPort: false },
  clearScreen: false,
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["src/test-setup.ts"],
    restoreMocks: true,
    // For what never ends. A busy machine is slow: it must not fail a test that waits for a condition.
    testTimeout: 30_000,
  },
}));
