/**
 * The client of a registry against servers that break off, are none, or talk nonsense.
 */
import { generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import {
  attachSbom,
  attachSignature,
  verifySignature,
} from "../../../../scripts/images/attachments.ts";
import { describe as describeContent } from "../../../../scripts/images/canonical.ts";
import { BuildFailure } from "../../../../scripts/images/failure.ts";
import { Registry } from "../../../../scripts/images/registry.ts";
import {
  memoryRegistry,
  serve,
  stopServers,
  type Handler,
} from "../../../fixtures/memory-registry.ts";

afterEach(stopServers);

const never = new AbortController().signal;
const blob = describeContent("application/x", Buffer.alloc(1000));

/** The failure that the promise ends with. */
async function failureOf(promise: Promise<unknown>): Promise<BuildFailure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BuildFailure);
  return error as BuildFailure;
}

/** Begins an answer of 1000 bytes. */
const begin: Handler = (_, response) => {
  response.writeHead(200, { "content-length": 1000 });
  response.write("half");
};
const breakOff: Handler = (request, response) => {
  begin(request, response);
  setTimeout(() => response.destroy(), 50);
};

describe("an answer that breaks off", () => {
  it.each([
    ["of a blob", (r: Registry) => r.readBlob("a", blob)],
    ["of a manifest", (r: Registry) => r.getManifest("a", "1")],
  ])("%s is one sentence with its cause", async (_, read) => {
    const host = await serve(breakOff);
    const failure = await failureOf(read(new Registry(host, never)));
    expect(failure.message).toMatch(
      /^the registry 127\.0\.0\.1:\d+ broke off its answer: \w/,
    );
    expect(failure.kind).toBe("unavailable");
    expect(failure.cause).toBeInstanceOf(Error);
  });

  it("because somebody interrupted the build is no fault of the registry", async () => {
    const controller = new AbortController();
    const host = await serve((request, response) => {
      begin(request, response);
      setTimeout(() => {
        controller.abort();
      }, 50);
    });
    const registry = new Registry(host, controller.signal);
    const failure = await failureOf(registry.readBlob("a", blob));
    expect(failure.exitCode).toBe(130);
  });
});

describe("a registry whose tokens", () => {
  const wanting =
    (realm: string): Handler =>
    (_, response) => {
      const header = `Bearer realm="${realm}",service="x"`;
      response.writeHead(401, { "www-authenticate": header }).end();
    };
  const page: Handler = (_, response) => response.end("<html>");
  const broken: Handler = (_, response) => response.writeHead(502).end("oops");

  it.each<[string, () => Promise<string> | string, RegExp]>([
    ["come from no address", () => "nowhere", /at nowhere: Invalid URL$/],
    ["come from nobody", () => "http://127.0.0.1:1/t", /at http:.*\/t: \w/],
    ["are a page", async () => `http://${await serve(page)}/`, /JSON/],
    ["fail", async () => `http://${await serve(broken)}/`, /HTTP 502$/],
  ])("%s is one sentence", async (_, realm, message) => {
    const host = await serve(wanting(await realm()));
    const registry = new Registry(host, never);
    const failure = await failureOf(registry.hasBlob("a", blob.digest));
    expect(failure.message).toMatch(/^the registry \S+ gives no token at /);
    expect(failure.message).toMatch(message);
    expect(failure.kind).toBe("unavailable");
  });
});

describe("a ping", () => {
  const answer =
    (status: number, headers: Record<string, string>): Handler =>
    (_, response) =>
      response.writeHead(status, headers).end("x");
  const html = { "content-type": "text/html; charset=utf-8" };
  const basic = { "www-authenticate": 'Basic realm="x"' };
  const version = { "docker-distribution-api-version": "registry/2.0" };

  it.each([
    ["JSON", 200, { "content-type": "application/json" }],
    ["text, as some clouds", 401, { ...basic, "content-type": "text/plain" }],
    ["nothing but 200", 200, {}],
    ["a page with the header", 200, { ...html, ...version }],
    ["a proxy's refusal", 401, { ...html, ...basic }],
  ])("takes %s for a registry", async (_, status, headers) => {
    const host = await serve(answer(status, headers));
    await new Registry(host, never).ping();
  });

  it.each([
    ["a page", 200, html, "with a page (text/html; charset=utf-8)"],
    ["a page that wants a login", 401, html, "with a page"],
    ["an error", 404, {}, "404"],
  ])("takes %s for none", async (_, status, headers, what) => {
    const host = await serve(answer(status, headers));
    const failure = await failureOf(new Registry(host, never).ping());
    expect(failure.message).toContain(
      `${host} is no container registry: it answers ${what}`,
    );
  });
});

describe("signatures", () => {
  const key = () =>
    generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
  const digest = blob.digest;
  const tag = `${digest.replace(":", "-")}.sig`;

  it("by other keys stay, and one key signs once", async () => {
    const manifests = new Map<string, Buffer>();
    const host = await serve(memoryRegistry(manifests));
    const registry = new Registry(host, never);
    const [first, second] = [key(), key()];
    for (const each of [first, second, first]) {
      await attachSignature(registry, "a", digest, each);
    }
    await verifySignature(registry, "a", digest, first);
    await verifySignature(registry, "a", digest, second);
    const failure = await failureOf(
      verifySignature(registry, "a", digest, key()),
    );
    expect(failure.message).toContain("has no valid signature by this key");
    const text = manifests.get(tag)?.toString("utf8") ?? "";
    const { layers } = JSON.parse(text) as { layers: unknown[] };
    expect(layers).toHaveLength(2);
  });

  it.each(["<html>", "{}", '{"layers":[1]}'])(
    "that are %s are one sentence",
    async (content) => {
      const manifests = new Map([[tag, Buffer.from(content)]]);
      const host = await serve(memoryRegistry(manifests));
      const failure = await failureOf(
        verifySignature(new Registry(host, never), "a", digest, key()),
      );
      expect(failure.message).toContain(`${host}/a:${tag} cannot be read: `);
    },
  );

  it("and bills of materials: an index that is none is one sentence", async () => {
    const index = digest.replace(":", "-");
    const host = await serve(
      memoryRegistry(new Map([[index, Buffer.from("x")]])),
    );
    const registry = new Registry(host, never);
    const failure = await failureOf(
      attachSbom(registry, "a", blob, Buffer.from("{}")),
    );
    expect(failure.message).toContain(`${host}/a:${index} cannot be read: `);
  });
});
