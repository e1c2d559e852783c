import { expect, it } from "vitest";
import { addressOf } from "../../../client/src/library/address.ts";

const base = "https://portal.example/app/index.html";

it.each([
  [
    "https://desktop.example/one/#token=t",
    "https://desktop.example/one/#token=t",
  ],
  ["HTTP://127.0.0.1:8080", "http://127.0.0.1:8080/"],
  ["/one/", "https://portal.example/one/"],
  ["./one/", "https://portal.example/app/one/"],
  ["../one/", "https://portal.example/one/"],
  ["//desktop.example/", "https://desktop.example/"],
])("%s is an address", (given, address) => {
  expect(addressOf(given, base).href).toBe(address);
});

it.each([
  "",
  "nonsense",
  "desktop.example",
  "#token=t",
  "ws://desktop.example/",
  "javascript:alert(1)",
  "http://",
  "http://[",
  undefined,
  null,
  7,
])("%j is none, and what was expected is said", (given) => {
  expect(() => addressOf(given, base)).toThrow(
    expect.objectContaining({
      name: "TypeError",
      message: expect.stringContaining(
        "the address of the agent's page",
      ) as string,
    }),
  );
});

it("one that is relative to a page without a server is none", () => {
  expect(() => addressOf("./one/", "file:///home/embed.html")).toThrow(
    TypeError,
  );
});
