/**
 * Draws the icons of the installed page from their SVG files. Run by hand after a change of these, never by a test.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launchChromium } from "../fixtures/browser-chromium.ts";

const client = new URL("../../client/", import.meta.url);
const icons = [
  { from: "public/favicon.svg", to: "icon-192.png", size: 192 },
  { from: "public/favicon.svg", to: "icon-512.png", size: 512 },
  { from: "icon-maskable.svg", to: "icon-maskable-512.png", size: 512 },
  // Phones of Apple know no mask, and paint what is transparent black.
  { from: "icon-maskable.svg", to: "apple-touch-icon.png", size: 180 },
];

await using chromium = await launchChromium();
for (const { from, to, size } of icons) {
  const svg = await readFile(new URL(from, client), "utf8");
  const context = await chromium.browser.newContext({
    viewport: { width: size, height: size },
  });
  const page = await context.newPage();
  await page.setContent(
    `<style>body{margin:0}svg{display:block;width:100vw}</style>${svg}`,
  );
  const png = await page.screenshot({ omitBackground: true, timeout: 10_000 });
  await context.close();
  const target = fileURLToPath(new URL(`public/${to}`, client));
  await writeFile(target, png);
  process.stdout.write(`${target}: ${size} × ${size}, ${png.length} bytes\n`);
}
