import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

/** Builds the browser client into `dist/client`, which the agent serves at `/`. */
export default defineConfig({
  root: here("client"),
  // Relative, so that the page also works below a path of a reverse proxy.
  base: "./",
  publicDir: here("client/public"),
  resolve: {
    alias: [
      {
        // The package exports its whole VNC client only; the page needs its keyboard.
        find: "novnc-keyboard",
        replacement: here("node_modules/@novnc/novnc/core/input/keyboard.js"),
      },
      {
        // noVNC's browser detection decodes a test video in a top-level await, which would hold up the
        // page; the keyboard asks it for the platform only.
        find: "../util/browser.js",
        replacement: here("client/src/novnc-platform.ts"),
      },
    ],
  },
  build: {
    outDir: here("dist/client"),
    emptyOutDir: true,
    target: "es2022",
    // The agent's Content-Security-Policy allows files of its own only, no data: URLs for code or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // noVNC is under the MPL 2.0; its notice travels with the bundle.
    license: { fileName: "licenses.txt" },
    reportCompressedSize: true,
  },
});
