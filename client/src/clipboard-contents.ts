/**
 * Contents of a clipboard, and whether two are the same. Pure.
 */
import {
  clipboardFormats,
  clipboardLimits,
  type ClipboardFormat,
} from "../../signaling/protocol.ts";

/** Content by format; text and HTML in UTF-8. */
export type Contents = ReadonlyMap<ClipboardFormat, Uint8Array<ArrayBuffer>>;

/** MIME types that browsers know the formats by. */
export const mimeTypes = {
  text: "text/plain",
  html: "text/html",
  png: "image/png",
} as const satisfies Record<ClipboardFormat, string>;

/** All formats together. */
export function bytesOf(contents: Contents): number {
  let bytes = 0;
  for (const { length } of contents.values()) bytes += length;
  return bytes;
}

/** Makes contents of what a browser gives; what is empty is left out. */
export function contentsOf(parts: {
  text?: string;
  html?: string;
  png?: Uint8Array<ArrayBuffer>;
}): Contents {
  const encoder = new TextEncoder();
  const contents = new Map<ClipboardFormat, Uint8Array<ArrayBuffer>>();
  if (parts.text) contents.set("text", encoder.encode(parts.text));
  if (parts.html) contents.set("html", encoder.encode(parts.html));
  if (parts.png !== undefined && parts.png.length > 0)
    contents.set("png", parts.png);
  return contents;
}

/**
 * The text of content. Some programs give HTML as UTF-16 with a byte order mark.
 */
export function textOf(content: Uint8Array): string {
  const isUtf16 = content[0] === 0xff && content[1] === 0xfe;
  // What is not UTF-8 is shown as such, not refused: it is text that somebody has copied.
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8", {
    ignoreBOM: !isUtf16,
  }).decode(content);
}

/** What is remembered of contents to know them again; `undefined` for what is too large to be compared. */
export interface Fingerprint {
  readonly text: string | undefined;
  /** `any`: browsers rewrite the HTML that a page gives them. */
  readonly html: string | undefined;
  readonly png: string | undefined;
}

/** Of contents; `written` where a browser was given them, and may have changed their HTML. */
export function fingerprint(
  contents: Contents,
  options: { written?: boolean } = {},
): Fingerprint | undefined {
  if (bytesOf(contents) > clipboardLimits.eagerBytes) return undefined;
  const [text, html, png] = clipboardFormats.map((format) => {
    const content = contents.get(format);
    return content === undefined ? undefined : hashOf(content);
  });
  const isRewritten = options.written === true && html !== undefined;
  return { text, html: isRewritten ? "any" : html, png };
}

/** Whether they are known to be the same. */
export function isSame(
  one: Fingerprint | undefined,
  other: Fingerprint | undefined,
): boolean {
  if (one === undefined || other === undefined) return false;
  return (
    one.text === other.text &&
    one.png === other.png &&
    isSameHtml(one.html, other.html)
  );
}

function isSameHtml(
  one: string | undefined,
  other: string | undefined,
): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one === "any" || other === "any" || one === other;
}

/** Two 32-bit FNV-1a sums and the length: nobody attacks himself, so no more is needed. */
function hashOf(content: Uint8Array): string {
  let forward = 0x811c9dc5;
  let backward = 0x811c9dc5;
  const { length } = content;
  for (let at = 0; at < length; at += 1) {
    forward = Math.imul(forward ^ (content[at] ?? 0), 0x01000193);
    backward = Math.imul(
      backward ^ (content[length - 1 - at] ?? 0),
      0x01000193,
    );
  }
  return `${length}:${forward >>> 0}:${backward >>> 0}`;
}
