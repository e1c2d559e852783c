import { describe, expect, it } from "vitest";
import {
  answerFor,
  cacheName,
  cachePrefix,
} from "../../../client/src/shell-cache.ts";

const scope = "https://desktop.example/one/";
const files = ["./", "./assets/page-abc.js", "./favicon.svg"];

function ask(
  url: string,
  request: { method?: string; mode?: string } = {},
): ReturnType<typeof answerFor> {
  return answerFor(
    {
      method: "GET",
      mode: "no-cors",
      url: new URL(url, scope).href,
      ...request,
    },
    scope,
    files,
  );
}

describe("what the service worker answers", () => {
  it.each(["./", "./#token=secret", "./?codec=vp8", "./?codec=vp8#token=s"])(
    "the page at %s: from the network first, kept under an address without anything to it",
    (url) => {
      expect(ask(url, { mode: "navigate" })).toEqual({
        first: "network",
        key: scope,
      });
    },
  );

  it.each(["./assets/page-abc.js", "./favicon.svg"])(
    "the file %s: from the cache",
    (url) => {
      expect(ask(url)).toEqual({
        first: "cache",
        key: new URL(url, scope).href,
      });
    },
  );

  it.each([
    ["./health", {}],
    ["./health", { mode: "navigate" }],
    ["./healthz", {}],
    ["./readyz", {}],
    ["./metrics", {}],
    ["./ws", {}],
    ["./", {}],
    ["./sw.js", {}],
    ["./streamspace-client.js", { mode: "cors" }],
    ["./licenses.txt", { mode: "navigate" }],
    ["./assets/page-abc.js?token=secret", {}],
    ["./assets/other.js", {}],
    ["./favicon.svg", { method: "POST" }],
    ["./", { method: "HEAD", mode: "navigate" }],
    ["../", { mode: "navigate" }],
    ["../favicon.svg", {}],
    ["https://other.example/one/favicon.svg", {}],
    ["https://other.example/one/", { mode: "navigate" }],
  ])("not %s with %j", (url, request) => {
    expect(ask(url, request)).toBeUndefined();
  });
});

describe("the name of the cache", () => {
  it("is another for other files, and the same for the same", () => {
    const name = cacheName(scope, files);
    expect(cacheName(scope, [...files])).toBe(name);
    expect(cacheName(scope, ["./", "./assets/page-abd.js"])).not.toBe(name);
    expect(name.startsWith(cachePrefix(scope))).toBe(true);
  });

  it("is not taken for that of another page of the origin", () => {
    const other = cacheName("https://desktop.example/two/", files);
    expect(other.startsWith(cachePrefix(scope))).toBe(false);
  });
});
