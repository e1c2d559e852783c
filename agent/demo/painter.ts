/**
 * Draws the window of the demo desktop. What moves is drawn into a pixmap and copied, so nothing flickers.
 */
import type { Font, Rectangle, X11Connection } from "../x11/requests.ts";
import { bar, handTurns } from "./clock-face.ts";
import { layoutWindow, type WindowLayout } from "./layout.ts";
import type { TypedText } from "./typed-text.ts";

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
type Colour = keyof typeof colours;

const sentences = [
  "This desktop runs on another machine and is streamed into your browser.",
  'Give a command ("streamspace-agent run -- command") to see your own here.',
];
const trailLength = 8;
const trailStepMs = 45;

export interface Fonts {
  title: Font;
  text: Font;
}

export class Painter {
  readonly #connection: X11Connection;
  readonly #window: number;
  readonly #fonts: Fonts;
  readonly #typed: TypedText;
  readonly #gcs: Record<Colour, number>;
  readonly #titleGc: number;
  #layout: WindowLayout;
  #size = { width: 0, height: 0 };
  #clockPixmap = 0;
  #trackPixmap = 0;

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
    const { margin, titleY, sentenceY } = this.#layout;
    this.#fill("background", [{ x: 0, y: 0, ...this.#size }]);
    const { drawing } = this.#connection;
    drawing.drawText(
      this.#window,
      this.#titleGc,
      margin,
      titleY,
      "StreamSpace demo desktop",
    );
    sentences.forEach((sentence, index) => {
      this.#text(
        "text",
        margin,
        sentenceY + index * this.#lineHeight,
        sentence,
      );
    });
    this.paintField(true);
    this.paintFrame(new Date());
  }

  /** Draws what moves: the clock at `date`, and the ball where it is then. */
  paintFrame(date: Date): void {
    this.#paintClock(date);
    this.#paintTrack(date.getTime());
  }

  /** Draws the text field; the cursor blinks by `withCursor`. */
  paintField(withCursor: boolean): void {
    const { field, margin } = this.#layout;
    const padding = Math.round(this.#lineHeight * 0.5);
    const label = field.y - Math.round(this.#lineHeight * 0.6);
    this.#fill("background", [
      {
        x: 0,
        y: label - this.#lineHeight,
        width: this.#size.width,
        height: Math.round(this.#lineHeight * 1.5),
      },
    ]);
    this.#text("text", margin, label, "Type something:");
    this.#fill("field", [field]);
    const count = Math.max(
      1,
      Math.floor((field.height - 2 * padding) / this.#lineHeight),
    );
    const lines = this.#typed.lines(
      count,
      (line) => this.#fonts.text.widthOf(line) <= field.width - 2 * padding - 4,
    );
    const x = field.x + padding;
    const baseline = (index: number): number =>
      field.y + padding + this.#fonts.text.ascent + index * this.#lineHeight;
    lines.forEach((line, index) => {
      this.#text("typed", x, baseline(index), line);
    });
    if (this.#typed.isEmpty)
      this.#text(
        "hint",
        x + 8,
        baseline(0),
        "Click here, and your keys appear.",
      );
    if (!withCursor) return;
    const last = lines.length - 1;
    this.#fill("second", [
      {
        x: x + this.#fonts.text.widthOf(lines[last] ?? "") + 1,
        y: baseline(last) - this.#fonts.text.ascent,
        width: 2,
        height: this.#fonts.text.ascent + this.#fonts.text.descent,
      },
    ]);
  }

  get #lineHeight(): number {
    return Math.round(
      (this.#fonts.text.ascent + this.#fonts.text.descent) * 1.35,
    );
  }

  #arrange(size: { width: number; height: number }): WindowLayout {
    this.#size = { ...size };
    const layout = layoutWindow({
      ...size,
      titleHeight: this.#fonts.title.ascent,
      lineHeight: this.#lineHeight,
    });
    const { drawing } = this.#connection;
    if (this.#clockPixmap !== 0) drawing.freePixmap(this.#clockPixmap);
    if (this.#trackPixmap !== 0) drawing.freePixmap(this.#trackPixmap);
    const { clock, track } = layout;
    this.#clockPixmap = drawing.createPixmap(clock.width, clock.height);
    this.#trackPixmap = drawing.createPixmap(track.width, track.height);
    return layout;
  }

  #paintClock(date: Date): void {
    const { clock } = this.#layout;
    const { drawing } = this.#connection;
    const pixmap = this.#clockPixmap;
    const radius = clock.width / 2;
    const hand = (
      colour: Colour,
      turns: number,
      from: number,
      to: number,
      width: number,
    ): void => {
      const points = bar({
        centreX: radius,
        centreY: radius,
        turns,
        from: from * radius,
        to: to * radius,
        width: Math.max(2, width * radius),
      });
      drawing.fillPolygon(pixmap, this.#gcs[colour], points);
    };
    const whole = { x: 0, y: 0, width: clock.width, height: clock.height };
    drawing.fillRectangles(pixmap, this.#gcs.background, [whole]);
    drawing.fillEllipses(pixmap, this.#gcs.face, [whole]);
    for (let hour = 0; hour < 12; hour += 1)
      hand("mark", hour / 12, hour % 3 === 0 ? 0.8 : 0.86, 0.94, 0.03);
    const turns = handTurns(date);
    hand("mark", turns.hours, -0.12, 0.52, 0.07);
    hand("mark", turns.minutes, -0.12, 0.76, 0.05);
    hand("second", turns.seconds, -0.2, 0.86, 0.02);
    const hub = radius * 0.06;
    drawing.fillEllipses(pixmap, this.#gcs.second, [disc(radius, radius, hub)]);
    drawing.copyArea(
      pixmap,
      this.#window,
      this.#gcs.face,
      whole,
      clock.x,
      clock.y,
    );
  }

  #paintTrack(timeMs: number): void {
    const { track } = this.#layout;
    const { drawing } = this.#connection;
    const pixmap = this.#trackPixmap;
    const whole = { x: 0, y: 0, width: track.width, height: track.height };
    drawing.fillRectangles(pixmap, this.#gcs.panel, [whole]);
    const radius = Math.min(track.width, track.height) * 0.09;
    const at = (ms: number, scale: number): Rectangle =>
      disc(
        track.width / 2 + Math.sin(ms / 900) * (track.width / 2 - radius * 1.3),
        track.height / 2 +
          Math.sin(ms / 620 + 1) * (track.height / 2 - radius * 1.3),
        radius * scale,
      );
    const trail = Array.from({ length: trailLength }, (_, index) => {
      const age = trailLength - index;
      return at(timeMs - age * trailStepMs, 0.75 - age * 0.07);
    });
    drawing.fillEllipses(pixmap, this.#gcs.trail, trail);
    drawing.fillEllipses(pixmap, this.#gcs.ball, [at(timeMs, 1)]);
    drawing.copyArea(
      pixmap,
      this.#window,
      this.#gcs.panel,
      whole,
      track.x,
      track.y,
    );
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

function disc(x: number, y: number, radius: number): Rectangle {
  return {
    x: x - radius,
    y: y - radius,
    width: 2 * radius,
    height: 2 * radius,
  };
}
