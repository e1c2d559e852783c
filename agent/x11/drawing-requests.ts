/**
 * Drawing over a {@link Wire}, with server-side fonts.
 */
import { StreamSpaceError } from "../base/errors.ts";
import type { FontInfo } from "./connection.ts";
import type { DrawingRequests, Font, Rectangle } from "./requests.ts";
import type { Wire } from "./wire.ts";

/** Arc angles are in 1/64 degree. */
const fullCircle = 360 * 64;
const convex = 2;
const coordModeOrigin = 0;
/** One item of PolyText16 holds this many characters. */
const maxTextLength = 254;
/** How the names of fonts end that have the characters of Unicode's first 16 bits (XLFD, registry and encoding). */
const unicodeEnding = "-iso10646-1";

/** @param screen its root window, and the depth of pixmaps in bits. */
export function createDrawing(
  wire: Wire,
  screen: { root: number; root_depth: number },
): DrawingRequests {
  return {
    createPixmap(width, height) {
      let pixmap = 0;
      wire.send((client) => {
        pixmap = client.AllocID();
        client.CreatePixmap(
          pixmap,
          screen.root,
          screen.root_depth,
          width,
          height,
        );
      });
      return pixmap;
    },
    freePixmap(pixmap) {
      wire.send((client) => {
        client.FreePixmap(pixmap);
      });
    },
    createGc({ foreground, font }) {
      let gc = 0;
      wire.send((client) => {
        gc = client.AllocID();
        client.CreateGC(gc, screen.root, {
          foreground,
          // CopyArea between our own drawables has nothing to report.
          graphicsExposures: 0,
          ...(font === undefined ? {} : { font }),
        });
      });
      return gc;
    },
    fillRectangles(drawable, gc, rectangles) {
      const flat = rectangles.flatMap(rectangleWords);
      wire.send((client) => {
        client.PolyFillRectangle(drawable, gc, flat);
      });
    },
    fillEllipses(drawable, gc, rectangles) {
      const flat = rectangles.flatMap((rectangle) => [
        ...rectangleWords(rectangle),
        0,
        fullCircle,
      ]);
      wire.send((client) => {
        client.PolyFillArc(drawable, gc, flat);
      });
    },
    fillPolygon(drawable, gc, points) {
      const rounded = points.map(Math.round);
      wire.send((client) => {
        client.FillPoly(drawable, gc, convex, coordModeOrigin, rounded);
      });
    },
    drawText(drawable, gc, x, y, text) {
      if (text === "") return;
      const item = text.slice(0, maxTextLength);
      wire.send((client) => {
        client.PolyText16(drawable, gc, Math.round(x), Math.round(y), [item]);
      });
    },
    copyArea(source, destination, gc, area, x, y) {
      wire.send((client) => {
        client.CopyArea(
          source,
          destination,
          gc,
          area.x,
          area.y,
          x,
          y,
          area.width,
          area.height,
        );
      });
    },
    openFont: (patterns) => openFont(wire, patterns),
  };
}

async function openFont(
  wire: Wire,
  patterns: readonly string[],
): Promise<Font> {
  for (const pattern of patterns) {
    const names = await wire.ask<string[]>("ListFonts", (client, reply) => {
      client.ListFonts(pattern, 1, reply);
    });
    const name = names[0];
    if (name === undefined) continue;
    let id = 0;
    wire.send((client) => {
      id = client.AllocID();
      client.OpenFont(id, name);
    });
    const info = await wire.ask<FontInfo>("QueryFont", (client, reply) => {
      client.QueryFont(id, reply);
    });
    const shown = name.endsWith(unicodeEnding) ? toBasicPlane : toLatin1;
    return {
      id,
      name,
      ascent: info.fontAscent,
      descent: info.fontDescent,
      widthOf: (text) => widthOf(info, shown(text)),
      shown,
    };
  }
  throw new StreamSpaceError(
    "display-unreachable",
    `the X display has none of the fonts ${patterns.join(", ")}`,
    { mend: "Install the package xfonts-base." },
  );
}

function widthOf(info: FontInfo, text: string): number {
  let width = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    // Of a font with rows, only the first has its glyphs in these places; those in use here are of one width.
    const glyph =
      code > 0xff ? undefined : info.charInfos[code - info.minCharOrByte2];
    // A font of one width sends no table of glyphs.
    width += glyph?.characterWidth ?? info.maxBounds.characterWidth;
  }
  return width;
}

function toLatin1(text: string): string {
  return text.replace(/[^\u0020-\u007e\u00a0-\u00ff]/gu, "?");
}

/** Core fonts have no characters beyond 16 bits. */
function toBasicPlane(text: string): string {
  return text.replace(/[^\u0020-\u007e\u00a0-\uffff]/gu, "?");
}

function rectangleWords({ x, y, width, height }: Rectangle): number[] {
  return [x, y, width, height].map(Math.round);
}
