/**
 * The password for VNC programs, from its file.
 */
import { readFileSync, statSync } from "node:fs";
import { messageOf, StreamSpaceError } from "../base/errors.ts";

const minCharacters = 6;
/** VNC Authentication knows no more (RFC 6143, section 7.2.2). */
const maxCharacters = 8;

function refused(path: string, why: string, mend: string): StreamSpaceError {
  return new StreamSpaceError(
    "config",
    `the VNC password file ${path} ${why}`,
    {
      mend,
    },
  );
}

/**
 * Reads the password.
 * @throws StreamSpaceError `config` when the file cannot be read, others can read it, or it holds no usable password.
 */
export function readVncPassword(path: string): Buffer {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw refused(
        path,
        "can be read by others",
        `Run: chmod 600 ${path}. In a Kubernetes Secret set defaultMode: 0400.`,
      );
    }
    text = readFileSync(path, "latin1").trim();
  } catch (error) {
    if (error instanceof StreamSpaceError) throw error;
    throw refused(
      path,
      `cannot be read: ${messageOf(error)}`,
      "Check its path.",
    );
  }
  if (/^[\x21-\x7e]{6,8}$/.test(text)) return Buffer.from(text, "latin1");
  throw refused(
    path,
    "holds no usable password",
    `Write ${minCharacters} to ${maxCharacters} printable ASCII characters into it.`,
  );
}
