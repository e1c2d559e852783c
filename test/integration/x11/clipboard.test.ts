/**
 * The clipboard of a display against xclip, and against owners that do not behave.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  openX11Connection,
  type X11Connection,
} from "../../../agent/x11/connection.ts";
import type { IncomingSelection } from "../../../agent/x11/selection-reader.ts";
import type { ClipboardFormat } from "../../../agent/x11/selections.ts";
import {
  openX11Clipboard,
  type ClipboardSelection,
  type X11Clipboard,
} from "../../../agent/x11/x11-clipboard.ts";
import { digestOf, randomText } from "../../fixtures/random-content.ts";
import { report } from "../../fixtures/e2e-report.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";
import {
  xclipCopy,
  xclipPaste,
  type XclipOwner,
} from "../../fixtures/xclip.ts";

const testTimeoutMs = 30_000;
const mebibyte = 1_048_576;
const deadlines = { answerMs: 500, pieceMs: 500, transferIdleMs: 1_000 };

let xvfb: TestXvfb;
let connection: X11Connection;
let clipboard: X11Clipboard;
let changes: ClipboardSelection[];
let owners: AsyncDisposableStack;

beforeAll(async () => {
  xvfb = await startXvfb();
});

afterAll(async () => {
  await xvfb.stop();
});

beforeEach(async () => {
  connection = await openX11Connection({
    display: xvfb.display,
    timeoutMs: 5_000,
  });
  clipboard = await openX11Clipboard(connection, {
    selections: ["clipboard", "primary"],
    deadlines,
  });
  changes = [];
  owners = new AsyncDisposableStack();
  clipboard.onChange((selection) => changes.push(selection));
  return async () => {
    await owners.disposeAsync();
    clipboard.close();
    clipboard.close();
    await connection.close();
  };
});

/** As {@link xclipCopy}; returns when the clipboard has heard of it, too. */
async function copied(
  target: string,
  content: Uint8Array,
  selection: ClipboardSelection = "clipboard",
): Promise<XclipOwner> {
  const before = changes.length;
  const place = { display: xvfb.display, selection };
  const owner = owners.use(await xclipCopy(place, target, content));
  await expect.poll(() => changes.slice(before)).toContain(selection);
  return owner;
}

async function contentOf(incoming: IncomingSelection): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming.chunks()) parts.push(part);
  return Buffer.concat(parts);
}

function offer(...formats: [ClipboardFormat, Uint8Array][]): Promise<void> {
  return clipboard.write(new Map(formats));
}

const smallContents = {
  text: "Grüße, 世界 🎉\n\ttabs\r\nand lines\n",
  html: '<p style="color:red">Grüße <b>世界</b></p>',
} as const;

test(
  "hears of a copy without asking, and reads text, HTML and PNG as they are",
  async () => {
    const png = Buffer.from("89504e470d0a1a0a00ff00fe0102", "hex");
    for (const [format, target, content] of [
      ["text", "UTF8_STRING", Buffer.from(smallContents.text)],
      ["html", "text/html", Buffer.from(smallContents.html)],
      ["png", "image/png", png],
    ] as const) {
      await copied(target, content);
      const offered = await clipboard.inspect("clipboard", {
        eagerBytes: 1_000,
      });
      expect(offered).toEqual([{ format, bytes: content.length, content }]);
    }
  },
  testTimeoutMs,
);

test(
  "takes text that is Latin-1 alone for what it is",
  async () => {
    await copied("STRING", Buffer.from("Grüße", "latin1"), "primary");
    const offered = await clipboard.inspect("primary", { eagerBytes: 100 });
    expect(offered).toMatchObject([
      { format: "text", content: Buffer.from("Grüße") },
    ]);
  },
  testTimeoutMs,
);

test.each([0, 1, 196_608, 196_609, 3 * mebibyte + 1])(
  "gives %i bytes to a program, and by every name of text",
  async (bytes) => {
    const place = { display: xvfb.display };
    const text = randomText(bytes);
    await offer(["text", text], ["html", randomText(bytes, 2)]);
    for (const target of ["UTF8_STRING", "text/plain;charset=utf-8", "TEXT"])
      expect(digestOf(await xclipPaste(place, target))).toBe(digestOf(text));
    expect(digestOf(await xclipPaste(place, "text/html"))).toBe(
      digestOf(randomText(bytes, 2)),
    );
    const primary = { ...place, selection: "primary" } as const;
    expect(digestOf(await xclipPaste(primary, "UTF8_STRING"))).toBe(
      digestOf(text),
    );
    const targets = (await xclipPaste(place, "TARGETS")).toString();
    expect(targets).toContain("text/html");
    expect(targets).not.toContain("image/png");
    await expect(xclipPaste(place, "image/png")).rejects.toThrow();
  },
  testTimeoutMs,
);

test(
  "moves 64 MiB both ways by INCR in less than 5 s",
  async () => {
    const place = { display: xvfb.display };
    const content = randomText(64 * mebibyte);
    const digest = digestOf(content);
    const startedMs = performance.now();
    await offer(["text", content]);
    expect(digestOf(await xclipPaste(place, "UTF8_STRING"))).toBe(digest);
    const outMs = performance.now() - startedMs;
    await copied("UTF8_STRING", content);
    const offeredMs = performance.now();
    const offered = await clipboard.inspect("clipboard", {
      eagerBytes: mebibyte,
    });
    expect(offered).toEqual([{ format: "text", bytes: content.length }]);
    const inspectMs = performance.now() - offeredMs;
    const readMs = performance.now();
    const incoming = await clipboard.read("clipboard", "text");
    expect(incoming.isIncremental).toBe(true);
    expect(digestOf(await contentOf(incoming))).toBe(digest);
    const inMs = performance.now() - readMs;
    report("64 MiB to xclip by INCR", outMs);
    report("64 MiB measured without reading", inspectMs);
    report("64 MiB from xclip by INCR", inMs);
    expect(outMs).toBeLessThan(5_000);
    expect(inMs).toBeLessThan(5_000);
  },
  testTimeoutMs,
);

test(
  "lets an owner go that was left in the middle of a transfer",
  async () => {
    const content = randomText(20 * mebibyte);
    const owner = await copied("UTF8_STRING", content);
    const incoming = await clipboard.read("clipboard", "text");
    for await (const part of incoming.chunks()) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    // xclip ends when it has lost the selection, and not before its transfers have ended.
    await offer(["text", Buffer.from("new")]);
    expect(await owner.exited).toBe(0);
  },
  testTimeoutMs,
);

test(
  "does not wait for an owner that is stuck, and goes on with the next",
  async () => {
    const owner = await copied("UTF8_STRING", Buffer.from("never"));
    owner.freeze();
    const startedMs = performance.now();
    await expect(
      clipboard.inspect("clipboard", { eagerBytes: 100 }),
    ).rejects.toMatchObject({ code: "timeout" });
    expect(performance.now() - startedMs).toBeLessThan(2 * deadlines.answerMs);
    await owner[Symbol.asyncDispose]();
    await expect(
      clipboard.inspect("clipboard", { eagerBytes: 100 }),
    ).rejects.toMatchObject({ code: "no-selection" });
    await copied("UTF8_STRING", Buffer.from("a"));
    expect(
      await clipboard.inspect("clipboard", { eagerBytes: 100 }),
    ).toMatchObject([{ content: Buffer.from("a") }]);
  },
  testTimeoutMs,
);

test(
  "does not wait for an owner that dies in the middle",
  async () => {
    const owner = await copied("UTF8_STRING", randomText(20 * mebibyte));
    const incoming = await clipboard.read("clipboard", "text");
    const reading = async (): Promise<void> => {
      for await (const part of incoming.chunks())
        if (part.length > 0) await owner[Symbol.asyncDispose]();
    };
    await expect(reading()).rejects.toMatchObject({ code: "timeout" });
  },
  testTimeoutMs,
);

test(
  "ends what is under way when the display dies",
  async () => {
    await using other = await startXvfb();
    const dying = await openX11Connection({
      display: other.display,
      timeoutMs: 5_000,
    });
    const doomed = await openX11Clipboard(dying, { selections: ["clipboard"] });
    await using owner = await xclipCopy(
      { display: other.display },
      "UTF8_STRING",
      Buffer.from("x"),
    );
    owner.freeze();
    const inspecting = doomed.inspect("clipboard", { eagerBytes: 100 });
    inspecting.catch(() => undefined);
    const writing = doomed.write(new Map([["text", Buffer.from("x")]]));
    writing.catch(() => undefined);
    await other.kill();
    await expect(inspecting).rejects.toMatchObject({ code: "closed" });
    await writing.catch(() => undefined);
    doomed.close();
    await dying.close();
  },
  testTimeoutMs,
);
