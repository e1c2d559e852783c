import { duplexPair } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  greetClient,
  greetServer,
  proveServer,
} from "../../../../signaling/vnc/rfb-handshake.ts";

const bounds = { timeoutMs: 200 };
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

describe("a VNC server", () => {
  it.each([
    ["3.8", ["RFB 003.008\n", Buffer.from([2, 2, 1]), u32(0)], "RFB 003.008\n"],
    ["3.7", ["RFB 003.007\n", Buffer.from([1, 1])], "RFB 003.007\n"],
    ["3.3", ["RFB 003.003\n", u32(1)], "RFB 003.003\n"],
    [
      "Apple's 3.889",
      ["RFB 003.889\n", Buffer.from([1, 1]), u32(0)],
      "RFB 003.008\n",
    ],
  ])("of RFB %s is answered in kind", async (_name, words, answer) => {
    const [ours, theirs] = duplexPair();
    for (const word of words) theirs.write(word);
    await greetServer(ours, bounds);
    const said = theirs.read() as Buffer;
    expect(said.toString("latin1").startsWith(answer)).toBe(true);
  });

  it.each([
    ["is none", ["SSH-2.0-OpenSSH\n"], "no version of RFB"],
    [
      "wants a password",
      ["RFB 003.008\n", Buffer.from([1, 2])],
      "wants a proof",
    ],
    ["wants one of 3.3", ["RFB 003.003\n", u32(2)], "wants a proof"],
    ["refuses", ["RFB 003.008\n", Buffer.from([0])], "refused"],
    [
      "refuses at last",
      ["RFB 003.008\n", Buffer.from([1, 1]), u32(1)],
      "refused",
    ],
    ["says nothing", [], "did not happen within"],
  ])("that %s is found out", async (_name, words, problem) => {
    const [ours, theirs] = duplexPair();
    for (const word of words) theirs.write(word);
    await expect(proveServer(ours, bounds)).rejects.toThrow(problem);
  });

  it("that ends is found out at once", async () => {
    const [ours, theirs] = duplexPair();
    theirs.end("RFB 003");
    await expect(
      proveServer(ours, { timeoutMs: 60_000 }),
    ).rejects.toMatchObject({ code: "closed" });
  });

  it("whose bytes come one by one is understood", async () => {
    const [ours, theirs] = duplexPair();
    const init = Buffer.alloc(24);
    init.writeUInt16BE(640, 0);
    init.writeUInt16BE(480, 2);
    const all = [
      ...[Buffer.from("RFB 003.008\n"), Buffer.from([1, 1]), u32(0), init],
    ];
    for (const byte of Buffer.concat(all)) theirs.write(Buffer.from([byte]));
    expect(await proveServer(ours, bounds)).toEqual({
      width: 640,
      height: 480,
    });
  });
});

describe("a client", () => {
  it.each([
    ["that is none", ["GET / HTTP/1.1\r\n"], "no version of RFB"],
    [
      "that chooses what was not offered",
      ["RFB 003.008\n", Buffer.from([2])],
      "chose security 2",
    ],
    ["that says nothing", [], "did not happen within"],
  ])("%s is refused", async (_name, words, problem) => {
    const [ours, theirs] = duplexPair();
    for (const word of words) theirs.write(word);
    await expect(greetClient(ours, { kind: "none" }, bounds)).rejects.toThrow(
      problem,
    );
  });

  it("with a wrong password is told so in words, where its version has them", async () => {
    const [ours, theirs] = duplexPair();
    theirs.write(
      Buffer.concat([
        Buffer.from("RFB 003.008\n"),
        Buffer.from([2]),
        Buffer.alloc(16),
      ]),
    );
    const verdicts: boolean[] = [];
    const greeting = greetClient(
      ours,
      {
        ...{ kind: "password", password: Buffer.from("sesame12") },
        onResult: (right) => verdicts.push(right),
      },
      bounds,
    );
    await expect(greeting).rejects.toMatchObject({ code: "unauthorized" });
    expect(verdicts).toEqual([false]);
    ours.end();
    const said = (await theirs.toArray()).join("");
    expect(said).toContain("The password is wrong.");
  });
});
