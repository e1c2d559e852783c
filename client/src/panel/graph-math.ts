/**
 * From samples to the lines of a graph. Pure.
 */

/** The last samples of something, oldest first; `undefined` where a sample is not known. */
export class History {
  readonly #length: number;
  #samples: (number | undefined)[] = [];

  /** @param length samples that are kept. */
  constructor(length: number) {
    this.#length = length;
  }

  get samples(): readonly (number | undefined)[] {
    return this.#samples;
  }

  get latest(): number | undefined {
    return this.#samples.at(-1);
  }

  /** The largest that is known; `undefined` where none is. */
  get worst(): number | undefined {
    const known = this.#samples.filter((sample) => sample !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  }

  add(sample: number | undefined): void {
    const known =
      sample !== undefined && Number.isFinite(sample) && sample >= 0;
    this.#samples = [...this.#samples, known ? sample : undefined].slice(
      -this.#length,
    );
  }
}

/** The least value at the top of a graph: noise of a millisecond is not to look like a mountain. */
const lowestCeiling = 20;

/** The top of a graph: the next of 20, 50, 100, 200, 500, … that is not below `largest`. */
export function ceilingOf(largest: number | undefined): number {
  if (largest === undefined || !(largest > lowestCeiling)) return lowestCeiling;
  if (!Number.isFinite(largest)) return lowestCeiling;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 5, 10].find((each) => each * power >= largest) ?? 10;
  return step * power;
}

/**
 * The path of an SVG: a line through the known samples, interrupted where one is not known. The newest sample is at the
 * right edge; a sample alone is a point.
 *
 * @param samples oldest first.
 * @param options.count samples that the whole width has room for, 2 or more.
 */
export function pathOf(
  samples: readonly (number | undefined)[],
  options: { width: number; height: number; ceiling: number; count: number },
): string {
  const { width, height, ceiling, count } = options;
  const shown = samples.slice(-count);
  const step = width / (count - 1);
  const start = width - (shown.length - 1) * step;
  let isDrawing = false;
  const parts: string[] = [];
  shown.forEach((sample, index) => {
    if (sample === undefined) {
      isDrawing = false;
      return;
    }
    const x = start + index * step;
    const y = height - (Math.min(sample, ceiling) / ceiling) * height;
    const at = `${round(x)} ${round(y)}`;
    const isAlone = !isDrawing && shown[index + 1] === undefined;
    parts.push(isDrawing ? `L${at}` : `M${at}`);
    // With round ends, a line without length is a point.
    if (isAlone) parts.push(`L${at}`);
    isDrawing = true;
  });
  return parts.join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
