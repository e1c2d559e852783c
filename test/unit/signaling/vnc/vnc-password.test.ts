import { expect, test } from "vitest";
import { answerOf, isAnswer } from "../../../../signaling/vnc/vnc-password.ts";

test("answers as DES does with the bits of the key mirrored", () => {
  // FIPS 81's example of single DES ("Now is t", key 0123456789abcdef); each byte's bits are turned round for VNC.
  const key = Buffer.from("80c4a2e691d5b3f7", "hex");
  const challenge = Buffer.from("4e6f7720697320744e6f772069732074", "hex");
  expect(answerOf(challenge, key).toString("hex")).toBe(
    "3fa40e8a984d48153fa40e8a984d4815",
  );
});

test("counts eight characters, and all of them", () => {
  const challenge = Buffer.alloc(16, 5);
  const right = Buffer.from("secret12");
  const answer = answerOf(challenge, right);
  expect(isAnswer(answer, challenge, right)).toBe(true);
  expect(isAnswer(answer, challenge, Buffer.from("secret12-more"))).toBe(true);
  expect(isAnswer(answer, challenge, Buffer.from("secret1"))).toBe(false);
  expect(isAnswer(answer.subarray(8), challenge, right)).toBe(false);
});
