import { expect, it } from "vitest";
import { signalingUrl } from "../../../client/src/signaling-url.ts";

it.each([
  ["http://host:8080/", "ws://host:8080/ws"],
  ["https://host/", "wss://host/ws"],
  ["https://host/user/a/?codec=vp8#x", "wss://host/user/a/ws"],
  ["https://host/user/a/index.html", "wss://host/user/a/ws"],
])("the WebSocket of %s is %s", (page, socket) => {
  expect(signalingUrl(page)).toBe(socket);
});
