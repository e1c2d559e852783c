/**
 * Converts rectangles of the screen from BGRx to what encoders take, with Orc: the compiler for vector
 * code that GStreamer's own conversions are made with, so it is there wherever they are.
 *
 * `videoconvert` converts whole frames (3.8 ms of processor for 1920 × 1080 on the development machine);
 * this needs 1.7 ms for all of it, and 2 µs for a rectangle of 64 × 16.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import {
  NativeLibrary,
  readPointers,
  type Pointer,
} from "../gstreamer-library.ts";
import type { ColourMatrix } from "../video-encoding.ts";
import type { FrameLayout } from "./frame-layout.ts";
import type { OutPointer } from "./gstreamer.ts";

interface OrcFunctions {
  init(): void;
  parse(text: string, programs: OutPointer): number;
  compile(program: Pointer): number;
  newExecutor(program: Pointer): Pointer;
  setArray(executor: Pointer, variable: number, address: Pointer): void;
  setStride(executor: Pointer, variable: number, bytes: number): void;
  setN(executor: Pointer, n: number): void;
  setM(executor: Pointer, m: number): void;
  run(executor: Pointer): void;
}

/** Numbers of variables (orc.h, `ORC_VAR_D1` and following). */
const variables = { d1: 0, d2: 1, s1: 4, s2: 5 } as const;
/** Results from here on are failures (`ORC_COMPILE_RESULT_IS_SUCCESSFUL`). */
const compileFailed = 0x100;

/** Weights of red and blue in luma (ITU-R BT.601-7, 2.5.1; BT.709-6, 3.2); green has the rest. */
const lumaWeights: Readonly<
  Record<ColourMatrix, { red: number; blue: number }>
> = {
  bt601: { red: 0.299, blue: 0.114 },
  bt709: { red: 0.2126, blue: 0.0722 },
};
/** Steps of luma and of chroma in limited range, of the 255 of RGB. */
const lumaRange = 219 / 255;
const chromaRange = 224 / 255;

/** As a factor for Orc's `mulhuw` and `mulhsw`, which keep the upper 16 bits of a product. */
function fraction(value: number): number {
  return Math.round(value * 65_536);
}

/**
 * Y′ = 16 + 219/255 (Kr R + Kg G + Kb B), with 8 bits of fraction: what is off is the rounding at the end, 0.51 at
 * most. Words, not bytes: Orc's byte operations pack and unpack at each step.
 */
function lumaProgram(matrix: ColourMatrix): string {
  const { red, blue } = lumaWeights[matrix];
  return `
.function luma_${matrix}
.flags 2d
.dest 1 d1
.source 4 s1
.temp 2 xr
.temp 2 gb
.temp 2 sum
.temp 2 part
splitlw xr, gb, s1
shlw xr, xr, 8
mulhuw sum, xr, ${fraction(lumaRange * red)}
shlw part, gb, 8
mulhuw part, part, ${fraction(lumaRange * blue)}
addw sum, sum, part
andw gb, gb, 65280
mulhuw gb, gb, ${fraction(lumaRange * (1 - red - blue))}
addw sum, sum, gb
addw sum, sum, 4225
shruw sum, sum, 8
convwb d1, sum
`;
}

/**
 * The mean of four pixels, then Cb = 128 + 224/255 (½ (B − G) − Kr / (2 − 2 Kb) (R − G)) and
 * Cr = 128 + 224/255 (½ (R − G) − Kb / (2 − 2 Kr) (B − G)), with 7 bits of fraction; differences, so that grey is
 * exactly 128. One element is a pair of pixels: a source row is read at twice the stride, `s2` is the row below `s1`.
 */
function chromaBody(matrix: ColourMatrix): string {
  const { red, blue } = lumaWeights[matrix];
  const own = fraction(chromaRange / 2);
  const redInCb = fraction((chromaRange * red) / (2 - 2 * blue));
  const blueInCr = fraction((chromaRange * blue) / (2 - 2 * red));
  return `
.source 8 s1
.source 8 s2
.temp 4 p0
.temp 4 p1
.temp 4 q0
.temp 4 q1
.temp 2 r
.temp 2 g
.temp 2 b
.temp 2 sum
.temp 2 part
splitql p1, p0, s1
splitql q1, q0, s2
x4 avgub p0, p0, q0
x4 avgub p1, p1, q1
x4 avgub p0, p0, p1
splitlw r, b, p0
andw r, r, 255
shruw g, b, 8
andw b, b, 255
subw r, r, g
subw b, b, g
shlw r, r, 7
shlw b, b, 7
mulhsw sum, b, ${own}
mulhsw part, r, ${redInCb}
subw sum, sum, part
addw sum, sum, 16448
shruw sum, sum, 7
mulhsw r, r, ${own}
mulhsw b, b, ${blueInCr}
subw r, r, b
addw r, r, 16448
shruw r, r, 7
`;
}

const chromaPrograms = {
  I420: (matrix: ColourMatrix) => `
.function chroma_planar_${matrix}
.flags 2d
.dest 1 d1
.dest 1 d2
${chromaBody(matrix)}
convwb d1, sum
convwb d2, r
`,
  NV12: (matrix: ColourMatrix) => `
.function chroma_interleaved_${matrix}
.flags 2d
.dest 2 d1
${chromaBody(matrix)}
shlw r, r, 8
orw d1, sum, r
`,
} as const;

const copyProgram = `
.function copy
.flags 2d
.dest 4 d1
.source 4 s1
copyl d1, s1
`;

/** A picture to read from: BGRx. */
export interface SourcePicture {
  address: Pointer;
  /** Bytes of a row. */
  stride: number;
}

/** Converts to one layout. Single-threaded, like everything that uses it. */
export class PixelConverter {
  readonly layout: FrameLayout;
  readonly #orc: OrcFunctions;
  readonly #first: Pointer;
  readonly #chroma: Pointer | undefined;

  /** @throws StreamSpaceError `missing-program` where Orc is missing or cannot make code for this machine. */
  constructor(layout: FrameLayout) {
    this.layout = layout;
    this.#orc = loadOrc();
    this.#first = executorOf(
      this.#orc,
      layout.format === "BGRx" ? copyProgram : lumaProgram(layout.matrix),
    );
    this.#chroma =
      layout.format === "BGRx"
        ? undefined
        : executorOf(this.#orc, chromaPrograms[layout.format](layout.matrix));
  }

  /**
   * Converts a rectangle of `source` to the same place of the frame at `target`; x, y, width and height are even.
   * The rectangle must lie within the layout's size.
   */
  convert(
    source: SourcePicture,
    target: Pointer,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const from = source.address + BigInt(y * source.stride + x * 4);
    const { format, planes } = this.layout;
    const pixelBytes = format === "BGRx" ? 4 : 1;
    const [first, second, third] = planes;
    if (first === undefined) return;
    const orc = this.#orc;
    const to =
      target + BigInt(first.offset + y * first.stride + x * pixelBytes);
    orc.setArray(this.#first, variables.d1, to);
    orc.setStride(this.#first, variables.d1, first.stride);
    orc.setArray(this.#first, variables.s1, from);
    orc.setStride(this.#first, variables.s1, source.stride);
    this.#run(this.#first, width, height);
    if (this.#chroma === undefined || second === undefined) return;
    const chroma = this.#chroma;
    const xBytes = format === "NV12" ? x : x / 2;
    const below = from + BigInt(source.stride);
    const place = BigInt((y / 2) * second.stride + xBytes);
    orc.setArray(chroma, variables.d1, target + BigInt(second.offset) + place);
    orc.setStride(chroma, variables.d1, second.stride);
    if (third !== undefined) {
      orc.setArray(chroma, variables.d2, target + BigInt(third.offset) + place);
      orc.setStride(chroma, variables.d2, third.stride);
    }
    orc.setArray(chroma, variables.s1, from);
    orc.setStride(chroma, variables.s1, source.stride * 2);
    orc.setArray(chroma, variables.s2, below);
    orc.setStride(chroma, variables.s2, source.stride * 2);
    this.#run(chroma, width / 2, height / 2);
  }

  #run(executor: Pointer, n: number, m: number): void {
    this.#orc.setN(executor, n);
    this.#orc.setM(executor, m);
    this.#orc.run(executor);
  }
}

/** Compiled programs by their text: a new size needs no new code, and Orc's is never freed. */
const executors = new Map<string, Pointer>();

function executorOf(orc: OrcFunctions, text: string): Pointer {
  const known = executors.get(text);
  if (known !== undefined) return known;
  const programs: OutPointer = [null];
  const count = orc.parse(text.trimStart(), programs);
  const [program] =
    programs[0] === null ? [] : readPointers(programs[0], count);
  if (program === undefined || orc.compile(program) >= compileFailed) {
    throw new StreamSpaceError(
      "missing-program",
      "Orc cannot make vector code for this machine",
    );
  }
  const executor = orc.newExecutor(program);
  executors.set(text, executor);
  return executor;
}

let loadedOrc: OrcFunctions | undefined;

function loadOrc(): OrcFunctions {
  if (loadedOrc !== undefined) return loadedOrc;
  const orc = NativeLibrary.open("liborc-0.4.so.0").bind<OrcFunctions>({
    init: "void orc_init()",
    parse: "int orc_parse(str, _Out_ void**)",
    compile: "int orc_program_compile(void*)",
    newExecutor: "void* orc_executor_new(void*)",
    setArray: "void orc_executor_set_array(void*, int, void*)",
    setStride: "void orc_executor_set_stride(void*, int, int)",
    setN: "void orc_executor_set_n(void*, int)",
    setM: "void orc_executor_set_m(void*, int)",
    run: "void orc_executor_run(void*)",
  });
  orc.init();
  loadedOrc = orc;
  return orc;
}
