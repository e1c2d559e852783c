/**
 * The catalogue of session images, `images/catalogue.json`: what an orchestrator imports.
 */
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { messageOf } from "../../agent/base/errors.ts";
import { nameProblem } from "../images/image-name.ts";

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const resources = v.strictObject({
  /** Mebibytes. */
  memoryMiB: v.pipe(v.number(), v.integer(), v.minValue(64)),
  /** Cores. */
  cpu: v.pipe(v.number(), v.minValue(0.05), v.maxValue(256)),
});

const image = v.strictObject({
  /** Folder in `images/` and last part of the image's reference. */
  name: v.pipe(
    v.string(),
    v.check(
      (name) => nameProblem(name) === undefined,
      ({ input }) => `"${input}": ${nameProblem(input) ?? ""}`,
    ),
  ),
  title: v.pipe(v.string(), v.minLength(1), v.maxLength(40)),
  /** One sentence. */
  description: v.pipe(v.string(), v.minLength(10), v.maxLength(160)),
  category: v.picklist([
    "desktop",
    "browser",
    "development",
    "graphics",
    "office",
    "template",
  ]),
  /** Path in the repository. */
  icon: v.pipe(v.string(), v.regex(/^images\/[a-z0-9-]+\/icon\.svg$/)),
  resources: v.strictObject({ requests: resources, limits: resources }),
  ports: v.pipe(
    v.array(
      v.strictObject({
        port,
        protocol: v.picklist(["tcp", "udp"]),
        purpose: v.picklist(["stream", "vnc", "novnc"]),
      }),
    ),
    v.check(
      (ports) =>
        ports.some((each) => each.port === 8080 && each.purpose === "stream"),
      "must have the stream on port 8080",
    ),
  ),
  gpu: v.strictObject({ use: v.picklist(["none", "optional", "required"]) }),
  /** Absolute paths that outlive a session. */
  persistentPaths: v.array(v.pipe(v.string(), v.regex(/^\/[\w./-]+$/))),
  /** Images that must be built before. */
  dependsOn: v.array(v.pipe(v.string(), v.minLength(1))),
});

const schema = v.strictObject({
  version: v.literal(1),
  images: v.pipe(
    v.array(image),
    v.check(
      (images) =>
        new Set(images.map(({ name }) => name)).size === images.length,
      "must name each image once",
    ),
    v.check(
      (images) => images.every(isRequestWithinLimit),
      "must request no more than the limit",
    ),
  ),
});

/** The whole catalogue. */
export type Catalogue = v.InferOutput<typeof schema>;
/** One image of it. */
export type CatalogueImage = Catalogue["images"][number];

/** Reads the catalogue. @throws Error one sentence. */
export function readCatalogue(file: string): Catalogue {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(
      `images/catalogue.json cannot be read: ${messageOf(cause)}`,
      { cause },
    );
  }
  return parseCatalogue(text);
}

/** Checks `text`. @throws Error what is wrong, and where. */
export function parseCatalogue(text: string): Catalogue {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`images/catalogue.json is not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(
    `images/catalogue.json: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`,
  );
}

function isRequestWithinLimit({
  resources: { requests, limits },
}: {
  resources: Record<"requests" | "limits", { memoryMiB: number; cpu: number }>;
}): boolean {
  return requests.memoryMiB <= limits.memoryMiB && requests.cpu <= limits.cpu;
}
