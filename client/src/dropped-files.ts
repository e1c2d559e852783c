/**
 * What was dropped on the page: files, and folders among them. Pure.
 */

/** The part of a DataTransfer that counts. */
export interface Dropped {
  readonly items: Iterable<{
    readonly kind: string;
    getAsFile(): File | null;
    webkitGetAsEntry(): { readonly isDirectory: boolean } | null;
  }>;
}

/** Only the entries tell folders from files: as a file, a folder is one that cannot be read. */
export function droppedFiles({ items }: Dropped): {
  files: File[];
  hasFolders: boolean;
} {
  const files: File[] = [];
  let hasFolders = false;
  for (const item of items) {
    if (item.kind !== "file") continue;
    if (item.webkitGetAsEntry()?.isDirectory === true) {
      hasFolders = true;
      continue;
    }
    const file = item.getAsFile();
    if (file !== null) files.push(file);
  }
  return { files, hasFolders };
}
