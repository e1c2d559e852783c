import { copyFileSync, appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { aliases } from "./vite.config.ts";

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

/** `api.ts` has types alone, so that it is a declaration file but for the one value. */
function declarations(): Plugin {
  return {
    name: "streamspace-declarations",
    writeBundle() {
      const target = here("dist/client/streamspace-client.d.ts");
      copyFileSync(here("client/src/library/api.ts"), target);
      appendFileSync(
        target,
        "\nexport declare const StreamSpaceClient: StreamSpaceClientConstructor;\n",
      );
    },
  };
}

/** Builds the library into one file beside the page: `dist/client/streamspace-client.js`. */
export default defineConfig({
  root: here("client"),
  publicDir: false,
  resolve: { alias: aliases },
  plugins: [declarations()],
  build: {
    outDir: here("dist/client"),
    emptyOutDir: false,
    target: "es2022",
    license: { fileName: "streamspace-client.licenses.txt" },
    lib: {
      entry: here("client/src/library/streamspace-client.ts"),
      formats: ["es"],
      fileName: () => "streamspace-client.js",
    },
  },
});
