/**
 * Serves the built browser client. The files are read once at the start: there are few, they are
 * small, and no request can then reach the file system.
 */
import type { ServerResponse } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { StreamSpaceError } from "../base/errors.ts";
import type { RequestHandler } from "./http-server.ts";

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
  // The types of the library.
  ".ts": "text/plain; charset=utf-8",
};

interface PageFile {
  content: Buffer;
  gzipped: Buffer;
  type: string;
  cacheControl: string;
}

/**
 * A handler for the files below `directory`; a folder is its `index.html`.
 * @param mayEmbed whether pages of an origin may load the files: the library, for those that embed a session.
 * @throws StreamSpaceError `missing-program` when the client has not been built.
 */
export function pageHandler(
  directory: string,
  mayEmbed: (origin: string) => boolean = () => false,
): RequestHandler {
  const files = readFiles(directory);
  return (request, response, path) => {
    const file = files.get(path.endsWith("/") ? `${path}index.html` : path);
    if (file === undefined) return redirectToFolder(files, response, path);
    const gzip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    const body = gzip ? file.gzipped : file.content;
    const { origin } = request.headers;
    response.writeHead(200, {
      "Content-Type": file.type,
      "Content-Length": body.length,
      "Cache-Control": file.cacheControl,
      Vary: "Accept-Encoding, Origin",
      ...(gzip ? { "Content-Encoding": "gzip" } : {}),
      ...(origin !== undefined && mayEmbed(origin)
        ? { "Access-Control-Allow-Origin": origin }
        : {}),
    });
    response.end(request.method === "HEAD" ? undefined : body);
    return true;
  };
}

/** A folder's page has relative addresses, which need the slash at the end of its own. */
function redirectToFolder(
  files: ReadonlyMap<string, PageFile>,
  response: ServerResponse,
  path: string,
): boolean {
  if (!files.has(`${path}/index.html`)) return false;
  const name = path.slice(path.lastIndexOf("/") + 1);
  response.writeHead(302, { Location: `./${name}/` }).end();
  return true;
}

function readFiles(directory: string): Map<string, PageFile> {
  let names: string[];
  try {
    names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  } catch (error) {
    throw new StreamSpaceError(
      "missing-program",
      "the browser client has not been built",
      { cause: error, mend: "Build it with: npm run build" },
    );
  }
  return new Map(
    names
      .filter((name) => contentTypes[extname(name)] !== undefined)
      .map((name) => {
        const content = readFileSync(join(directory, name));
        const path = `/${name.split(sep).join("/")}`;
        return [
          path,
          {
            content,
            gzipped: gzipSync(content),
            type: contentTypes[extname(name)] ?? "application/octet-stream",
            // The bundler puts a hash of the content into the names below assets/.
            cacheControl: path.startsWith("/assets/")
              ? "public, max-age=31536000, immutable"
              : "no-cache",
          },
        ] as const;
      }),
  );
}
