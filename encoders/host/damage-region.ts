/**
 * Which parts of a picture have changed, as a grid of tiles: memory and time are bounded by the size of the
 * picture, whatever the number of rectangles an application draws.
 */
import type { Rectangle, Size } from "./geometry.ts";

/**
 * Size of a tile. 16 rows are a row of macroblocks; 32 columns are four vectors of the conversion, and
 * make a change of one letter cost a few microseconds.
 */
export const tile: Size = { width: 32, height: 16 };

/** Rows of a picture, from `top` up to, not including, `bottom`. */
export interface RowBand {
  top: number;
  bottom: number;
}

/** A set of tiles. Mutable, so that nothing is allocated per frame. */
export class DamageRegion {
  readonly size: Size;
  readonly #columns: number;
  readonly #rows: number;
  readonly #tiles: Uint8Array;
  #firstRow = Infinity;
  #lastRow = -1;

  constructor(size: Size) {
    this.size = size;
    this.#columns = Math.ceil(size.width / tile.width);
    this.#rows = Math.ceil(size.height / tile.height);
    this.#tiles = new Uint8Array(this.#columns * this.#rows);
  }

  get isEmpty(): boolean {
    return this.#lastRow < 0;
  }

  /** The rows from the first to the last tile, cut at the picture; empty where nothing is damaged. */
  get band(): RowBand {
    if (this.isEmpty) return { top: 0, bottom: 0 };
    return {
      top: this.#firstRow * tile.height,
      bottom: Math.min((this.#lastRow + 1) * tile.height, this.size.height),
    };
  }

  /** Adds every tile that `rectangle` touches; what lies outside of the picture is ignored. */
  add({ x, y, width, height }: Rectangle): void {
    const right = Math.min(x + width, this.size.width);
    const bottom = Math.min(y + height, this.size.height);
    const left = Math.max(x, 0);
    const top = Math.max(y, 0);
    if (right <= left || bottom <= top) return;
    const firstColumn = Math.floor(left / tile.width);
    const lastColumn = Math.floor((right - 1) / tile.width);
    const firstRow = Math.floor(top / tile.height);
    const lastRow = Math.floor((bottom - 1) / tile.height);
    for (let row = firstRow; row <= lastRow; row += 1) {
      const start = row * this.#columns;
      this.#tiles.fill(1, start + firstColumn, start + lastColumn + 1);
    }
    this.#firstRow = Math.min(this.#firstRow, firstRow);
    this.#lastRow = Math.max(this.#lastRow, lastRow);
  }

  /** Adds every tile of `other`, which must be of the same size. */
  addAll(other: DamageRegion): void {
    if (other.isEmpty) return;
    const last = (other.#lastRow + 1) * this.#columns;
    for (let at = other.#firstRow * this.#columns; at < last; at += 1) {
      if (other.#tiles[at] === 1) this.#tiles[at] = 1;
    }
    this.#firstRow = Math.min(this.#firstRow, other.#firstRow);
    this.#lastRow = Math.max(this.#lastRow, other.#lastRow);
  }

  clear(): void {
    if (this.isEmpty) return;
    this.#tiles.fill(0);
    this.#firstRow = Infinity;
    this.#lastRow = -1;
  }

  /** Whether every row that is damaged lies within `band`. */
  isWithin(band: RowBand): boolean {
    if (this.isEmpty) return true;
    const own = this.band;
    return own.top >= band.top && own.bottom <= band.bottom;
  }

  /** Calls `visit` with each run of neighbouring tiles in a row, cut at the edge of the picture. */
  forEachRun(
    visit: (x: number, y: number, width: number, height: number) => void,
  ): void {
    for (let row = this.#firstRow; row <= this.#lastRow; row += 1) {
      const y = row * tile.height;
      const height = Math.min(tile.height, this.size.height - y);
      const start = row * this.#columns;
      let column = 0;
      while (column < this.#columns) {
        if (this.#tiles[start + column] === 0) {
          column += 1;
          continue;
        }
        const first = column;
        while (column < this.#columns && this.#tiles[start + column] === 1) {
          column += 1;
        }
        const x = first * tile.width;
        const right = Math.min(column * tile.width, this.size.width);
        visit(x, y, right - x, height);
      }
    }
  }
}
