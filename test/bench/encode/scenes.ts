/**
 * Pictures to judge encoders by, drawn by the benchmark itself so that each can be drawn again: every one carries its
 * number as a barcode, and appears on the screen all at once.
 */
import type { X11Connection } from "../../../agent/x11/requests.ts";
import { seededRandom } from "../../fixtures/bench-photograph.ts";
import { prepareScene } from "../../fixtures/bench-scenes.ts";
import {
  barcodeCells,
  barcodeLayout,
  decodeBarcode,
  encodeBarcode,
} from "../latency/barcode.ts";
import type { LumaPicture, Region } from "./picture-metrics.ts";

/** Draws numbered pictures. */
export interface Canvas {
  /** Draws picture `number` of the panned photograph. */
  showVideo(number: number): void;
  /** Draws a page of small text. */
  showText(number: number): void;
}

const fonts = ["-misc-fixed-medium-r-normal--13-*-*-*-*-*-iso8859-1", "fixed"];
/** Of an editor: paper, text, and a few colours as for keywords. */
const paper = 0xff_ff_ff;
const inks = [0x1f_23_28, 0x1f_23_28, 0x05_50_ae, 0x8a_1f_80, 0x11_63_29];
const words =
  "the quick window server draws a frame and waits for damage while every encoder counts its bits let const return if for of await import from export".split(
    " ",
  );

/** Where the photograph is on the screen. */
export function videoRegion(size: { width: number; height: number }): Region {
  return {
    x: size.width / 2,
    y: 0,
    width: size.width / 2,
    height: size.height,
  };
}

/** Where the text is: below the barcode. */
export function textRegion(size: { width: number; height: number }): Region {
  const { y, rows, cellPx, marginPx } = barcodeLayout;
  const top = y + rows * cellPx + marginPx;
  return { x: 0, y: top, width: size.width, height: size.height - top };
}

/** Covers the screen with a canvas. */
export async function openCanvas(x11: X11Connection): Promise<Canvas> {
  const { drawing, windows, screen } = x11;
  const window = windows.createWindow({
    x: 0,
    y: 0,
    ...screen,
    background: paper,
    overrideRedirect: true,
    eventMask: 0,
  });
  windows.map(window);
  windows.raise(window);
  const pixmap = drawing.createPixmap(screen.width, screen.height);
  const white = drawing.createGc({ foreground: paper });
  const black = drawing.createGc({ foreground: 0 });
  const whole = { x: 0, y: 0, ...screen };
  const video = await prepareScene({ kind: "video", x11, window: pixmap });
  const font = await drawing.openFont(fonts);
  const gcs = inks.map((foreground) =>
    drawing.createGc({ foreground, font: font.id }),
  );
  const show = (number: number): void => {
    const isWhite = barcodeCells(encodeBarcode(number));
    drawing.fillRectangles(pixmap, white, [frameOfBarcode]);
    drawing.fillRectangles(
      pixmap,
      black,
      cellAreas.filter((_, cell) => isWhite[cell] === false),
    );
    drawing.copyArea(pixmap, window, white, whole, 0, 0);
  };
  return {
    showVideo: (number) => {
      drawing.fillRectangles(pixmap, white, [
        { ...whole, width: screen.width / 2 },
      ]);
      video.draw(number);
      show(number);
    },
    showText: (number) => {
      drawing.fillRectangles(pixmap, white, [whole]);
      const random = seededRandom(number);
      const lineHeight = font.ascent + font.descent + 2;
      for (let y = lineHeight; y < screen.height; y += lineHeight) {
        let x = 12 + 24 * Math.floor(random() * 4);
        const end = screen.width * (0.4 + 0.6 * random());
        while (x < end) {
          const word = words[Math.floor(random() * words.length)] ?? "";
          const gc = gcs[Math.floor(random() * gcs.length)] ?? 0;
          drawing.drawText(pixmap, gc, x, y, word);
          x += font.widthOf(`${word} `);
        }
      }
      show(number);
    },
  };
}

const cellAreas = Array.from(
  { length: barcodeLayout.columns * barcodeLayout.rows },
  (_, cell) => ({
    x: barcodeLayout.x + (cell % barcodeLayout.columns) * barcodeLayout.cellPx,
    y:
      barcodeLayout.y +
      Math.floor(cell / barcodeLayout.columns) * barcodeLayout.cellPx,
    width: barcodeLayout.cellPx,
    height: barcodeLayout.cellPx,
  }),
);
const frameOfBarcode = {
  x: barcodeLayout.x - barcodeLayout.marginPx,
  y: barcodeLayout.y - barcodeLayout.marginPx,
  width:
    barcodeLayout.columns * barcodeLayout.cellPx + 2 * barcodeLayout.marginPx,
  height:
    barcodeLayout.rows * barcodeLayout.cellPx + 2 * barcodeLayout.marginPx,
};

/** Between black and white in the limited range. */
const middleLuma = 126;

/** The number of a picture, or `undefined` where it cannot be read. */
export function readNumber(picture: LumaPicture): number | undefined {
  let word = 0;
  for (const { x, y, width, height } of cellAreas) {
    let sum = 0;
    // The inner half of a cell: its rim is blurred.
    for (let row = y + height / 4; row < y + (3 * height) / 4; row += 1) {
      const start = row * picture.stride;
      for (
        let column = x + width / 4;
        column < x + (3 * width) / 4;
        column += 1
      )
        sum += picture.luma[start + column] ?? 0;
    }
    const mean = sum / ((width / 2) * (height / 2));
    word = ((word << 1) | (mean > middleLuma ? 1 : 0)) >>> 0;
  }
  return decodeBarcode(word);
}
