/**
 * Kinds of values that are words, names, addresses and lists: strict readers of text.
 */
import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { nearestOf } from "./edit-distance.ts";
import type { ReadValue, ValueKind } from "./setting.ts";

const refused = { ok: false } as const;

const wordsOfSwitch: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  yes: true,
  on: true,
  false: false,
  "0": false,
  no: false,
  off: false,
};

/** On or off. */
export const onOff: ValueKind<boolean> = {
  placeholder: "true|false",
  allowed: "`true`, `1`, `yes`, `on`, or `false`, `0`, `no`, `off`",
  isSwitch: true,
  read(text) {
    const word = text.toLowerCase();
    const value = Object.hasOwn(wordsOfSwitch, word)
      ? wordsOfSwitch[word]
      : undefined;
    return value === undefined ? refused : { ok: true, value };
  },
};

/** One of a few words. */
export function choice<const T extends string>(
  words: readonly T[],
): ValueKind<T> {
  return {
    placeholder: words.join("|"),
    allowed: inWords(words),
    read(text) {
      const value = words.find((word) => word === text);
      return value === undefined ? refused : { ok: true, value };
    },
  };
}

/** Some of a few words, in the order of preference, each at most once. */
export function preferenceList<const T extends string>(
  words: readonly T[],
): ValueKind<readonly T[]> {
  return {
    placeholder: "list",
    allowed: `a comma-separated list of ${inWords(words)}, the preferred one first, none twice`,
    read(text) {
      const value: T[] = [];
      for (const part of splitList(text)) {
        const word = words.find((candidate) => candidate === part);
        if (word === undefined) return unknownWord(part, words);
        if (value.includes(word)) return refused;
        value.push(word);
      }
      return value.length > 0 ? { ok: true, value } : refused;
    },
  };
}

/** Another mistake than a slip of the finger is not guessed at; this also bounds the work of comparing. */
const mostSlips = 4;
const longestComparedWord = 32;

function unknownWord(
  word: string,
  known: readonly string[],
): { ok: false; reason?: string } {
  if (word === "" || word.length > longestComparedWord) return refused;
  const nearest = nearestOf(word, known);
  if (nearest === undefined || nearest.distance > mostSlips) return refused;
  return {
    ok: false,
    reason: `${JSON.stringify(word)} is unknown; the nearest is ${nearest.name}`,
  };
}

/** Text that matches a pattern. */
export function pattern(options: {
  placeholder: string;
  allowed: string;
  matches: RegExp;
}): ValueKind<string> {
  return {
    placeholder: options.placeholder,
    allowed: options.allowed,
    read: (text) =>
      options.matches.test(text) ? { ok: true, value: text } : refused,
  };
}

/** A credential: safe in addresses, headers and environments as it is. */
export const token: ValueKind<string> = pattern({
  placeholder: "token",
  allowed: "8 to 1024 printable ASCII characters without spaces",
  matches: /^[\x21-\x7e]{8,1024}$/,
});

/** An absolute path. */
export const absolutePath: ValueKind<string> = {
  placeholder: "path",
  allowed: "an absolute path",
  read: (text) =>
    isAbsolute(text) && !text.includes("\0")
      ? { ok: true, value: text }
      : refused,
};

// RFC 1123, section 2.1: letters, digits and hyphens, labels of at most 63 characters.
const hostName =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** An IP address, or a host name that is looked up when the listener opens. */
export const listenAddress: ValueKind<string> = {
  placeholder: "address",
  allowed: "an IPv4 or IPv6 address (without brackets) or a host name",
  read(text) {
    if (isIP(text) !== 0) return { ok: true, value: text };
    // Digits and dots alone are an IPv4 address with a mistake in it, not a name.
    const isName = hostName.test(text) && !/^[\d.]+$/.test(text);
    return isName ? { ok: true, value: text } : refused;
  },
};

/** IP addresses, separated by commas. */
export const ipAddressList: ValueKind<readonly string[]> = {
  placeholder: "addresses",
  allowed: "a comma-separated list of IPv4 or IPv6 addresses",
  read(text) {
    const value = splitList(text);
    const wrong = value.find((address) => isIP(address) === 0);
    if (wrong !== undefined) {
      return { ok: false, reason: `"${wrong}" is not an IP address` };
    }
    return value.length > 0 ? { ok: true, value } : refused;
  },
};

/** Web origins (RFC 6454), or `*` for any. */
export const originList: ValueKind<readonly string[] | "*"> = {
  placeholder: "origins",
  allowed:
    "`*`, or a comma-separated list of origins such as `https://desk.example.org`, without a path",
  read(text): ReadValue<readonly string[] | "*"> {
    if (text === "*") return { ok: true, value: "*" };
    const value: string[] = [];
    for (const part of splitList(text)) {
      const url = URL.parse(part);
      const isOrigin =
        url !== null &&
        ["http:", "https:"].includes(url.protocol) &&
        `${url.origin}/` === url.href;
      if (!isOrigin) {
        return { ok: false, reason: `"${part}" is not an origin` };
      }
      value.push(url.origin);
    }
    return value.length > 0 ? { ok: true, value } : refused;
  },
};

/** A program with its arguments: a JSON array of strings, or a single word. */
export const commandLine: ValueKind<readonly string[]> = {
  placeholder: "command",
  allowed:
    'a JSON array of strings such as `["xterm","-fs","14"]`, or the name of one program without spaces',
  read(text) {
    if (!text.startsWith("[")) {
      if (text !== "" && !/\s/.test(text)) return { ok: true, value: [text] };
      return {
        ok: false,
        reason:
          "no shell takes such a line apart, so a command with arguments is written as a JSON array",
      };
    }
    const value = parseJson(text);
    if (!Array.isArray(value)) return { ok: false, reason: "not valid JSON" };
    return isCommand(value) ? { ok: true, value } : refused;
  },
};

/** Whether `value` is a program name followed by arguments. */
export function isCommand(value: readonly unknown[]): value is string[] {
  return (
    value.length > 0 &&
    value[0] !== "" &&
    value.every((word) => typeof word === "string" && !word.includes("\0"))
  );
}

/** A name of the IANA time zone database. A wrong one is no reason to refuse the session. */
export const timeZone: ValueKind<string | undefined> = {
  placeholder: "zone",
  allowed: "a name of the time zone database such as `Europe/Berlin`",
  read(text) {
    if (isTimeZone(text)) return { ok: true, value: text };
    return {
      ok: true,
      value: undefined,
      warning: `"${text}" is not a name of the time zone database; UTC is used`,
    };
  },
};

function isTimeZone(name: string): boolean {
  // The formatter also takes offsets such as +01:00, which no C library understands as TZ.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // A RangeError is how the formatter says no.
  }
}

/** The parts of a comma-separated list, trimmed; a list with an empty part has an empty string there. */
export function splitList(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

/** The value of JSON text, or `undefined` where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // The caller says what is allowed; the parser's message may quote a secret.
  }
}

function inWords(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``);
  return quoted.length < 2
    ? quoted.join("")
    : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1) ?? ""}`;
}
