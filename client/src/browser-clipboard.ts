/**
 * The browser's clipboard: what it lets a page do differs by browser, by permission and by whether the page is secure.
 *
 * - Chromium lets a page with the focus write, and read where the user has allowed it.
 * - Firefox and Safari want a gesture for writing, and give contents with a paste event alone.
 * - A page without TLS has no asynchronous clipboard at all, but copy and paste events.
 */
import {
  clipboardLimits,
  type ClipboardFormat,
} from "../../signaling/protocol.ts";
import {
  contentsOf,
  mimeTypes,
  textOf,
  type Contents,
} from "./clipboard-contents.ts";

/** Contents of a paste event; files are read later, the rest at once: the browser takes it away after the event. */
export async function contentsOfPaste(data: DataTransfer): Promise<Contents> {
  const text = data.getData(mimeTypes.text);
  const html = data.getData(mimeTypes.html);
  const file = [...data.files].find(({ type }) => type === mimeTypes.png);
  const png = file && new Uint8Array(await file.arrayBuffer());
  return contentsOf({ text, html, ...(png === undefined ? {} : { png }) });
}

/**
 * Gives contents to the browser.
 * @returns whether it took them; if not, a gesture of the user may help.
 */
export async function writeToBrowser(contents: Contents): Promise<boolean> {
  // Only this way HTML stays as it is: the asynchronous clipboard parses it and writes it anew.
  if (!contents.has("png") && copyByEvent(contents)) return true;
  const blobs = [...contents].map(
    ([format, content]): [ClipboardFormat, Promise<Blob>] => [
      format,
      Promise.resolve(blobOf(format, content)),
    ],
  );
  return (await writeItem(blobs)) || copyByEvent(contents);
}

/**
 * Gives the browser contents that are still on their way; to be called in a gesture, which is used up by then.
 * @returns whether it took them.
 */
export async function writeItem(
  parts: readonly (readonly [ClipboardFormat, Promise<Blob>])[],
): Promise<boolean> {
  if (!("clipboard" in navigator) || !("ClipboardItem" in window)) return false;
  const item = Object.fromEntries(
    parts.map(([format, blob]) => [mimeTypes[format], blob]),
  );
  try {
    await navigator.clipboard.write([new ClipboardItem(item)]);
    return true;
  } catch {
    return false; // No gesture, no focus or no permission: which, browsers tell in words of their own.
  }
}

/** Content as the asynchronous clipboard takes it. */
export function blobOf(
  format: ClipboardFormat,
  content: Uint8Array<ArrayBuffer>,
): Blob {
  return new Blob([format === "png" ? content : textOf(content)], {
    type: mimeTypes[format],
  });
}

/**
 * What the browser has, where it gives that without a question.
 * @returns `undefined` where it does not, or where it is more than is carried over unasked.
 */
export async function readUnasked(): Promise<Contents | undefined> {
  if (!document.hasFocus() || !("clipboard" in navigator)) return undefined;
  try {
    const { state } = await navigator.permissions.query({
      // Not in TypeScript's list of names, as only Chromium has it.
      name: "clipboard-read" as PermissionName,
    });
    return state === "granted" ? await readItems() : undefined;
  } catch {
    return undefined; // A browser that does not know this permission, or contents that no page may read.
  }
}

async function readItems(): Promise<Contents | undefined> {
  const items = await navigator.clipboard.read();
  const found = new Map<string, Blob>();
  for (const item of items)
    for (const type of item.types) found.set(type, await item.getType(type));
  const blobs = Object.values(mimeTypes).map((type) => found.get(type));
  const bytes = blobs.reduce((sum, blob) => sum + (blob?.size ?? 0), 0);
  if (bytes > clipboardLimits.eagerBytes) return undefined;
  const [text, html, png] = blobs;
  return contentsOf({
    ...(text === undefined ? {} : { text: await text.text() }),
    ...(html === undefined ? {} : { html: await html.text() }),
    ...(png === undefined ? {} : { png: await bytesOfBlob(png) }),
  });
}

async function bytesOfBlob(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer());
}

/** By a copy event, which browsers allow in a gesture; images cannot go this way. */
function copyByEvent(contents: Contents): boolean {
  const texts = (["text", "html"] as const).flatMap((format) => {
    const content = contents.get(format);
    return content === undefined
      ? []
      : [[mimeTypes[format], textOf(content)] as const];
  });
  if (texts.length === 0) return false;
  let wasCopied = false;
  const onCopy = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
    for (const [type, text] of texts) event.clipboardData?.setData(type, text);
    wasCopied = event.clipboardData !== null;
  };
  document.addEventListener("copy", onCopy, { capture: true });
  try {
    // Deprecated, and without a successor for pages without TLS.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
    return document.execCommand("copy") && wasCopied;
  } finally {
    document.removeEventListener("copy", onCopy, { capture: true });
  }
}
