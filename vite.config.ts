import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

/** Shared with the library's build, `vite.library.config.ts`. */
export const aliases = [
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
  {
    // Of the VNC view alone, which comes when it is wanted.
    find: "novnc-rfb",
    replacement: here("node_modules/@novnc/novnc/core/rfb.js"),
  },
  // As above: what the rest of noVNC asks about the browser, without a test video.
  {
    find: "./util/browser.js",
    replacement: here("client/src/vnc/novnc-browser.ts"),
  },
  {
    find: "./browser.js",
    replacement: here("client/src/vnc/novnc-browser.ts"),
  },
];

/** Kept out of what the service worker keeps: nothing of the page needs them. */
const notShell =
  /^vnc\/|^assets\/vnc|^licenses\.txt$|\.d\.ts$|^sw\.js$|^streamspace-client\./;

/** What the main page shares with others is part of its shell; what is of VNC alone is not, see {@link notShell}. */
function partName(name: string): string {
  const isNamed = name.startsWith("vnc") || name.startsWith("page");
  const extension = name.includes(".") ? "[extname]" : ".js";
  return `assets/${isNamed ? "" : "page-"}[name]-[hash]${extension}`;
}

/** Tells the service worker the names of the page's files, which are known at the end of the build. */
function shellFiles(): Plugin {
  const placeholder = /\bshellFiles\b/g;
  return {
    name: "streamspace-shell-files",
    generateBundle(_options, bundle) {
      const built = Object.keys(bundle);
      const copied = readdirSync(here("client/public"));
      const files = [...built, ...copied]
        .filter((name) => !notShell.test(name) && name !== "index.html")
        .map((name) => `./${name}`)
        .sort();
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") throw new Error("there is no sw.js");
      const list = JSON.stringify(["./", ...files]);
      worker.code = `const shellFiles=${list};\n${worker.code}`;
      if (!placeholder.test(worker.code.slice(list.length)))
        throw new Error("sw.js does not use its list of files");
    },
  };
}

/** Builds the browser client into `dist/client`, which the agent serves at `/`. */
export default defineConfig({
  root: here("client"),
  // Relative, so that the page also works below a path of a reverse proxy.
  base: "./",
  publicDir: here("client/public"),
  resolve: { alias: aliases },
  plugins: [shellFiles()],
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
    rolldownOptions: {
      input: {
        page: here("client/index.html"),
        vnc: here("client/vnc/index.html"),
        sw: here("client/src/service-worker.ts"),
      },
      output: {
        entryFileNames: ({ name }) =>
          name === "sw" ? "sw.js" : "assets/[name]-[hash].js",
        chunkFileNames: ({ name }) => partName(name),
        assetFileNames: ({ names }) => partName(names[0] ?? "page"),
      },
    },
  },
});
