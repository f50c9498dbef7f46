import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

// The views run in the system's real Chromium: layout, focus and media are the browser's own.
const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

export default defineConfig({
  // As js/bundles.mjs has it.
  oxc: {
    jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" },
    jsxInject: 'import { Fragment, h } from "preact";',
  },
  // Named here so that no test run finds them late and reloads its page.
  optimizeDeps: {
    include: [
      "axe-core",
      "preact",
      "preact/hooks",
      "@preact/signals",
      "@preact/signals-core",
      "@jupyterlab/services",
      "@lumino/coreutils",
      "@lumino/signaling",
      "@lumino/widgets",
    ],
  },
  // tests/unit/batches/query_cases.json is for both languages.
  server: { fs: { allow: [".."] } },
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    globalSetup: ["test/bundles.mjs"],
    setupFiles: ["test/setup.ts"],
    testTimeout: 15_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath,
          args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        },
      }),
      instances: [{ browser: "chromium", viewport: { width: 1000, height: 800 } }],
    },
  },
});
