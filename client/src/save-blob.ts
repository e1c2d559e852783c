/**
 * Saves content as the browser saves downloads.
 */

/** Browsers read the content after the click; Safari takes its time. */
const keptMs = 60_000;

/** Gives `content` to the browser as a file called `name`, or as near to it as its rules allow. */
export function saveBlob(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, keptMs);
}
