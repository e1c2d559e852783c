/**
 * What moves on the demo desktop: the clock, and a ball with its trail. Drawn into pixmaps and copied, so that nothing
 * flickers.
 */
import type { Rectangle, X11Connection } from "../x11/requests.ts";
import { bar, handTurns } from "./clock-face.ts";
import type { Colour } from "./painter.ts";
import type { WindowLayout } from "./layout.ts";

const trailLength = 8;
const trailStepMs = 45;

/** A place in the window, and the picture that is copied there. */
interface Panel {
  place: Rectangle;
  pixmap: number;
}

/** See the module's description. Draws only what the layout has room for. */
export class MovingParts {
  readonly #connection: X11Connection;
  readonly #window: number;
  readonly #gcs: Readonly<Record<Colour, number>>;
  #clock: Panel | undefined;
  #track: Panel | undefined;

  constructor(options: {
    connection: X11Connection;
    window: number;
    gcs: Readonly<Record<Colour, number>>;
  }) {
    this.#connection = options.connection;
    this.#window = options.window;
    this.#gcs = options.gcs;
  }

  /** Takes other places in the window. */
  arrange({ clock, track }: Pick<WindowLayout, "clock" | "track">): void {
    this.#clock = this.#replace(this.#clock, clock);
    this.#track = this.#replace(this.#track, track);
  }

  /** Draws the clock at `date`, and the ball where it is then. */
  paint(date: Date): void {
    if (this.#clock !== undefined) this.#paintClock(this.#clock, date);
    if (this.#track !== undefined)
      this.#paintTrack(this.#track, date.getTime());
  }

  #replace(
    before: Panel | undefined,
    place: Rectangle | undefined,
  ): Panel | undefined {
    const { drawing } = this.#connection;
    if (before !== undefined) drawing.freePixmap(before.pixmap);
    if (place === undefined) return undefined;
    return { place, pixmap: drawing.createPixmap(place.width, place.height) };
  }

  #paintClock({ place, pixmap }: Panel, date: Date): void {
    const { drawing } = this.#connection;
    const radius = place.width / 2;
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
    const whole = { ...place, x: 0, y: 0 };
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
    this.#show("face", { place, pixmap });
  }

  #paintTrack({ place, pixmap }: Panel, timeMs: number): void {
    const { drawing } = this.#connection;
    const whole = { ...place, x: 0, y: 0 };
    drawing.fillRectangles(pixmap, this.#gcs.panel, [whole]);
    const radius = Math.min(place.width, place.height) * 0.09;
    const at = (ms: number, scale: number): Rectangle =>
      disc(
        place.width / 2 + Math.sin(ms / 900) * (place.width / 2 - radius * 1.3),
        place.height / 2 +
          Math.sin(ms / 620 + 1) * (place.height / 2 - radius * 1.3),
        radius * scale,
      );
    const trail = Array.from({ length: trailLength }, (_, index) => {
      const age = trailLength - index;
      return at(timeMs - age * trailStepMs, 0.75 - age * 0.07);
    });
    drawing.fillEllipses(pixmap, this.#gcs.trail, trail);
    drawing.fillEllipses(pixmap, this.#gcs.ball, [at(timeMs, 1)]);
    this.#show("panel", { place, pixmap });
  }

  #show(colour: Colour, { place, pixmap }: Panel): void {
    const whole = { ...place, x: 0, y: 0 };
    this.#connection.drawing.copyArea(
      pixmap,
      this.#window,
      this.#gcs[colour],
      whole,
      place.x,
      place.y,
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
