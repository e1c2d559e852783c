/**
 * VNC Authentication (RFC 6143, section 7.2.2): a challenge, encrypted by DES with the password as the key. It is what
 * every VNC client can do, and weak: eight characters, and nothing after it is encrypted.
 */
import { createCipheriv, timingSafeEqual } from "node:crypto";

/** Bytes of a challenge and of its answer. */
export const challengeBytes = 16;
/** Characters of a password that count. */
export const passwordBytes = 8;

/** The answer to `challenge`. @param password as bytes; those behind the eighth do not count. */
export function answerOf(challenge: Buffer, password: Buffer): Buffer {
  const key = Buffer.alloc(passwordBytes);
  password.copy(key, 0, 0, passwordBytes);
  // The original implementation numbers the bits of a key the other way round.
  for (const [index, byte] of key.entries()) key[index] = mirrored(byte);
  // One key three times makes of triple DES the single one, which OpenSSL has no more.
  const cipher = createCipheriv(
    "des-ede3-ecb",
    Buffer.concat([key, key, key]),
    null,
  );
  cipher.setAutoPadding(false);
  return cipher.update(challenge);
}

/** Compares without telling by its time how much was right. */
export function isAnswer(
  given: Buffer,
  challenge: Buffer,
  password: Buffer,
): boolean {
  return (
    given.length === challengeBytes &&
    timingSafeEqual(given, answerOf(challenge, password))
  );
}

function mirrored(byte: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit += 1)
    if ((byte & (1 << bit)) !== 0) result |= 0x80 >> bit;
  return result;
}
