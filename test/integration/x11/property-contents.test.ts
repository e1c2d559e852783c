/**
 * Contents of properties as the agent writes them, read again from a real X server.
 */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { startXvfb } from "../../fixtures/x11-xvfb.ts";

test("of any length arrive whole, also as parts of something larger, and answers stay in order", async () => {
  await using xvfb = await startXvfb();
  const connection = await openX11Connection({
    display: xvfb.display,
    timeoutMs: 5_000,
  });
  const selections = await connection.openSelections();
  const { atoms, chunkBytes, slots, window } = selections;
  const all = randomBytes(chunkBytes + 7);
  const lengths = [0, 1, 2, 3, 4, 5, 255, chunkBytes - 1, chunkBytes];
  const reads = lengths.map(async (length, at) => {
    const content = all.subarray(at % 8, (at % 8) + length);
    const property = slots[at] ?? expect.fail("too few slots");
    selections.writeProperty(window, property, atoms.UTF8_STRING, content);
    const options = { offset: 0, bytes: chunkBytes, remove: true };
    const part = await selections.readProperty(property, options);
    expect(part, `${length} bytes`).toMatchObject({
      type: atoms.UTF8_STRING,
      bytesAfter: 0,
    });
    expect(part.data.equals(content), `${length} bytes`).toBe(true);
  });
  await Promise.all(reads);
  // What the server does not take harms nothing behind it.
  selections.writeProperty(
    0x7f_ffff,
    atoms.STRING,
    atoms.STRING,
    all.subarray(0, 5),
  );
  await connection.ping(1_000);
  selections.destroy();
  await connection.close();
});
