/**
 * What is checked without a session: the image's own description, and the files in it.
 */
import type { Engine, ImageFacts } from "./engine.ts";
import { listLayers } from "./layers.ts";

/** A check that throws where the image does not meet it; returns a note worth reading. */
export interface ImageCheck {
  name: string;
  run(image: string, engine: Engine): Promise<string | undefined>;
}

const labelNames = [
  "title",
  "description",
  "version",
  "vendor",
  "source",
  "revision",
  "created",
  "licenses",
] as const;

/** Programs that make programs. */
export const compilerNames = [
  "cc",
  "gcc",
  "g++",
  "c++",
  "clang",
  "cpp",
  "as",
  "ld",
  "make",
  "go",
  "rustc",
  "npm",
] as const;

/** Names of files that hold credentials more often than not. */
export const secretNames =
  /(^|\/)(id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.git-credentials|\.npmrc|\.pypirc|\.docker\/config\.json|auth\.json|[^/]*\.(key|p12|pfx))$|^(\.\/)?run\/secrets\/./;
/** Words of variables and history that carry a credential. */
export const secretWords =
  /(password|passwd|secret|token|api_?key)\s*=\s*[^\s$"']{6,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY/i;

/** All of them, in the order in which they run. */
export const imageChecks: readonly ImageCheck[] = [
  {
    name: "OCI labels say what it is and where it comes from",
    run: async (image, engine) => checkLabels(await engine.inspectImage(image)),
  },
  {
    name: "HEALTHCHECK runs the built-in command",
    run: async (image, engine) => {
      checkHealthcheck(await engine.inspectImage(image));
    },
  },
  {
    name: "starts as user 1000 under tini and exposes 8080",
    run: async (image, engine) => {
      checkStart(await engine.inspectImage(image));
    },
  },
  {
    name: "no setuid or setgid program",
    run: (image, engine) =>
      expectNothing(
        engine,
        image,
        "find / -xdev -type f -perm /6000 2>/dev/null",
      ),
  },
  {
    name: "no compiler",
    run: (image, engine) =>
      expectNothing(
        engine,
        image,
        `for p in ${compilerNames.join(" ")}; do command -v "$p" || :; done`,
      ),
  },
  {
    name: "no credential in variables, history or any layer",
    run: checkSecrets,
  },
];

function checkLabels({ Config }: ImageFacts): string {
  const labels = Config.Labels ?? {};
  const missing = labelNames.filter(
    (name) => (labels[`org.opencontainers.image.${name}`] ?? "") === "",
  );
  if (missing.length > 0) throw new Error(`missing: ${missing.join(", ")}`);
  return `${labels["org.opencontainers.image.title"] ?? ""} ${labels["org.opencontainers.image.version"] ?? ""}`;
}

function checkHealthcheck(facts: ImageFacts): undefined {
  const test =
    facts.Config.Healthcheck?.Test ??
    facts.HealthCheck?.Test ??
    facts.Healthcheck?.Test ??
    [];
  if (!test.join(" ").includes("streamspace-agent healthcheck"))
    throw new Error(
      `it is [${test.join(" ")}]; images in the OCI format have none: build with --format docker`,
    );
  return undefined;
}

function checkStart({ Config }: ImageFacts): undefined {
  if (!/^1000(:1000)?$/.test(Config.User ?? ""))
    throw new Error(`its user is "${Config.User ?? ""}"`);
  if (Config.Entrypoint?.[0] !== "tini")
    throw new Error(`its entrypoint is ${JSON.stringify(Config.Entrypoint)}`);
  if (Config.ExposedPorts?.["8080/tcp"] === undefined)
    throw new Error("it does not expose 8080");
  return undefined;
}

/** Runs a search in the image; anything that it prints is a failure. */
async function expectNothing(
  engine: Engine,
  image: string,
  script: string,
): Promise<undefined> {
  const found = await engine.askShell(image, script);
  if (found !== "") throw new Error(found.split("\n").slice(0, 10).join(", "));
  return undefined;
}

async function checkSecrets(image: string, engine: Engine): Promise<string> {
  const { Config } = await engine.inspectImage(image);
  const history = await engine.ask([
    ...["history", "--no-trunc", "--format", "{{.CreatedBy}}", image],
  ]);
  for (const line of [...(Config.Env ?? []), ...history.split("\n")]) {
    const [found] = secretWords.exec(line) ?? [];
    if (found !== undefined)
      throw new Error(`"${found.split("=")[0] ?? ""}" has a value`);
  }
  const names = await listLayers(engine, image);
  const found = names.filter((name) => secretNames.test(name));
  if (found.length > 0) throw new Error(found.slice(0, 10).join(", "));
  return `${names.length} files in all layers`;
}
