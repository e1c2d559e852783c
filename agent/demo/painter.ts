/**
 * Draws the window of the demo desktop.
 */
import type { Font, Rectangle, X11Connection } from "../x11/requests.ts";
import {
  layoutWindow,
  marginOf,
  titleLineHeight,
  type WindowLayout,
} from "./layout.ts";
import { MovingParts } from "./moving-parts.ts";
import type { TypedText } from "./typed-text.ts";
import { wrapWords } from "./wrap-words.ts";

/** Colours of the demo, as 24 bits of red, green and blue. */
export const colours = {
  desktop: 0x10_1a_24,
  background: 0x1b_28_36,
  panel: 0x24_35_47,
  title: 0xff_ff_ff,
  text: 0xb9_c8_d6,
  face: 0xf4_f1_ea,
  mark: 0x24_35_47,
  second: 0xe4_57_2e,
  ball: 0x3d_c1_b3,
  trail: 0x2c_5f_66,
  field: 0xff_ff_ff,
  typed: 0x1b_28_36,
  hint: 0x8a_97_a3,
} as const;
/** One of them by its name. */
export type Colour = keyof typeof colours;

const title = "StreamSpace demo desktop";
const label = "Type something:";
const hint = "Click here, and your keys appear.";
const sentences = [
  "This desktop runs on another machine and is streamed into your browser.",
  'Give a command ("streamspace-agent run -- command") to see your own here.',
];

/** The fonts of the title, of text, and of what is typed that the one of text has not got. */
export interface Fonts {
  title: Font;
  text: Font;
  otherScripts: Font;
}

/** Draws the window, all of it or what has changed. */
export class Painter {
  readonly #connection: X11Connection;
  readonly #window: number;
  readonly #fonts: Fonts;
  readonly #typed: TypedText;
  readonly #gcs: Record<Colour, number>;
  readonly #titleGc: number;
  readonly #otherScriptsGc: number;
  readonly #moving: MovingParts;
  #layout: WindowLayout;
  #size = { width: 0, height: 0 };
  /** As they are broken in a window of this size. */
  #titleLines: readonly string[] = [];
  #sentenceLines: readonly string[] = [];

  constructor(options: {
    connection: X11Connection;
    window: number;
    fonts: Fonts;
    typed: TypedText;
    size: { width: number; height: number };
  }) {
    this.#connection = options.connection;
    this.#window = options.window;
    this.#fonts = options.fonts;
    this.#typed = options.typed;
    const { drawing } = options.connection;
    const gc = (colour: Colour, font: Font): number =>
      drawing.createGc({ foreground: colours[colour], font: font.id });
    this.#gcs = Object.fromEntries(
      (Object.keys(colours) as Colour[]).map((colour) => [
        colour,
        gc(colour, options.fonts.text),
      ]),
    ) as Record<Colour, number>;
    this.#titleGc = gc("title", options.fonts.title);
    this.#otherScriptsGc = gc("typed", options.fonts.otherScripts);
    const { connection, window } = options;
    this.#moving = new MovingParts({ connection, window, gcs: this.#gcs });
    this.#layout = this.#arrange(options.size);
  }

  /** Takes a new size of the window. */
  resize(size: { width: number; height: number }): void {
    if (size.width === this.#size.width && size.height === this.#size.height)
      return;
    this.#layout = this.#arrange(size);
    this.paintAll();
  }

  /** Draws everything; for when the window was uncovered. */
  paintAll(): void {
    const { margin, titleY, sentenceY, sentenceLines } = this.#layout;
    this.#fill("background", [{ x: 0, y: 0, ...this.#size }]);
    const { drawing } = this.#connection;
    const titleStep = titleLineHeight(this.#fonts.title.ascent);
    this.#titleLines.forEach((line, index) => {
      const y = titleY + index * titleStep;
      drawing.drawText(this.#window, this.#titleGc, margin, y, line);
    });
    this.#sentenceLines.slice(0, sentenceLines).forEach((line, index) => {
      this.#text("text", margin, sentenceY + index * this.#lineHeight, line);
    });
    this.paintField(true);
    this.paintFrame(new Date());
  }

  /** Draws what moves: the clock at `date`, and the ball where it is then. */
  paintFrame(date: Date): void {
    this.#moving.paint(date);
  }

  /** Draws the text field; the cursor blinks by `withCursor`. */
  paintField(withCursor: boolean): void {
    const { field, margin, labelY } = this.#layout;
    // A field of one line has less around it.
    const padding = Math.min(
      Math.round(this.#lineHeight * 0.5),
      Math.max(0, Math.round((field.height - this.#lineHeight) / 2)),
    );
    this.#fill("background", [
      {
        x: 0,
        y: labelY - this.#lineHeight,
        width: this.#size.width,
        height: Math.round(this.#lineHeight * 1.5),
      },
    ]);
    this.#text("text", margin, labelY, label);
    this.#fill("field", [field]);
    const count = Math.max(
      1,
      Math.floor((field.height - 2 * padding) / this.#lineHeight),
    );
    const fits = (font: Font) => (line: string) =>
      font.widthOf(line) <= field.width - 2 * padding - 10;
    const { text } = this.#fonts;
    const { lines, font, gc } = this.#typedLines(count, fits);
    const x = field.x + padding;
    const baseline = (index: number): number =>
      field.y + padding + text.ascent + index * this.#lineHeight;
    lines.forEach((line, index) => {
      this.#connection.drawing.drawText(
        this.#window,
        gc,
        x,
        baseline(index),
        line,
      );
    });
    if (this.#typed.isEmpty)
      wrapWords(hint, fits(text))
        .slice(0, count)
        .forEach((line, index) => {
          this.#text("hint", x + 8, baseline(index), line);
        });
    if (!withCursor) return;
    const last = lines.length - 1;
    this.#fill("second", [
      {
        x: x + font.widthOf(lines[last] ?? "") + 1,
        y: baseline(last) - text.ascent,
        width: 2,
        height: text.ascent + text.descent,
      },
    ]);
  }

  /** The last `count` lines of what was typed, in the font of text where that has all of it. */
  #typedLines(
    count: number,
    fits: (font: Font) => (line: string) => boolean,
  ): { lines: string[]; font: Font; gc: number } {
    const { text, otherScripts } = this.#fonts;
    const plain = this.#typed.lines(count, fits(text));
    if (plain.every((line) => text.shown(line) === line))
      return { lines: plain, font: text, gc: this.#gcs.typed };
    const lines = this.#typed
      .lines(count, fits(otherScripts))
      .map(otherScripts.shown);
    return { lines, font: otherScripts, gc: this.#otherScriptsGc };
  }

  get #lineHeight(): number {
    return Math.round(
      (this.#fonts.text.ascent + this.#fonts.text.descent) * 1.35,
    );
  }

  #arrange(size: { width: number; height: number }): WindowLayout {
    this.#size = { ...size };
    const margin = marginOf(size);
    const within = (font: Font) => (line: string) =>
      font.widthOf(line) <= size.width - 2 * margin;
    this.#titleLines = wrapWords(title, within(this.#fonts.title));
    this.#sentenceLines = sentences.flatMap((sentence) =>
      wrapWords(sentence, within(this.#fonts.text)),
    );
    const layout = layoutWindow({
      ...size,
      titleHeight: this.#fonts.title.ascent,
      titleLines: this.#titleLines.length,
      lineHeight: this.#lineHeight,
      sentenceLines: this.#sentenceLines.length,
    });
    this.#moving.arrange(layout);
    return layout;
  }

  #fill(colour: Colour, rectangles: Rectangle[]): void {
    this.#connection.drawing.fillRectangles(
      this.#window,
      this.#gcs[colour],
      rectangles,
    );
  }

  #text(colour: Colour, x: number, y: number, text: string): void {
    this.#connection.drawing.drawText(
      this.#window,
      this.#gcs[colour],
      x,
      y,
      text,
    );
  }
}
