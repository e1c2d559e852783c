/**
 * Remembers what is installed and what was proven, so that a later start asks nobody.
 *
 * The cache is a convenience: a file that cannot be read, is somebody else's, or does not make sense counts as
 * none, and one that cannot be written is done without.
 */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { messageOf } from "../../agent/base/errors.ts";
import { makeDirectory } from "../../agent/base/make-directory.ts";
import type { InstalledElement } from "../candidates/installed-element.ts";
import type { ProofResult } from "./prove.ts";

/** Far more than the elements and proofs of every candidate take. */
const maxBytes = 1_000_000;
const name = v.pipe(v.string(), v.maxLength(256));
const milliseconds = v.pipe(v.number(), v.minValue(0));

const propertySchema = v.object({
  kind: v.picklist(["boolean", "number", "choice", "other"]),
  isWritable: v.boolean(),
  isLive: v.optional(v.boolean()),
  range: v.optional(v.object({ min: v.number(), max: v.number() })),
  choices: v.optional(v.pipe(v.array(name), v.readonly())),
});

/** What else is remembered of a proof. */
const circumstances = {
  /** Hash of the launch description that was proven. */
  description: v.pipe(v.string(), v.maxLength(128)),
  /** Wall clock, in milliseconds since 1970. */
  atMs: milliseconds,
};

const cacheSchema = v.object({
  fingerprint: v.pipe(v.string(), v.maxLength(128)),
  /** By element; `null` where it is not installed. */
  elements: v.record(
    name,
    v.nullable(
      v.object({
        name,
        version: name,
        file: v.string(),
        properties: v.array(v.tuple([name, propertySchema])),
      }),
    ),
  ),
  /** By element; of refusals the reason. */
  proofs: v.record(
    name,
    v.variant("state", [
      v.object({
        state: v.literal("proven"),
        startMs: milliseconds,
        frameMs: milliseconds,
        ...circumstances,
      }),
      v.object({
        state: v.literal("refused"),
        reason: v.pipe(v.string(), v.maxLength(4_096)),
        ...circumstances,
      }),
    ]),
  ),
});

/** The result of a proof, and of what. */
export type RememberedProof = ProofResult & {
  /** Hash of the launch description. */
  description: string;
  /** Wall clock, in milliseconds since 1970. */
  atMs: number;
};

/** What is remembered. */
export interface RememberedProofs {
  elements: Map<string, InstalledElement | undefined>;
  proofs: Map<string, RememberedProof>;
}

/** Nothing remembered. */
export function nothingRemembered(): RememberedProofs {
  return { elements: new Map(), proofs: new Map() };
}

/** One cache file. */
export class ProofCache {
  readonly #file: string;
  readonly #fingerprint: string;
  readonly #onTrouble: (trouble: string) => void;

  /**
   * @param options.fingerprint of the machine as it is; what was found on another one is forgotten.
   * @param options.onTrouble told, in a sentence, why the file could not be used.
   */
  constructor(options: {
    file: string;
    fingerprint: string;
    onTrouble: (trouble: string) => void;
  }) {
    this.#file = options.file;
    this.#fingerprint = options.fingerprint;
    this.#onTrouble = options.onTrouble;
  }

  /** What is remembered of this machine. Never throws. */
  load(): RememberedProofs {
    try {
      const text = this.#read();
      if (text === undefined) return nothingRemembered();
      const parsed = v.safeParse(cacheSchema, JSON.parse(text));
      if (!parsed.success) {
        this.#onTrouble(`the cache ${this.#file} does not make sense`);
        return nothingRemembered();
      }
      if (parsed.output.fingerprint !== this.#fingerprint)
        return nothingRemembered();
      return revive(parsed.output);
    } catch (error) {
      this.#onTrouble(
        `the cache ${this.#file} cannot be read: ${messageOf(error)}`,
      );
      return nothingRemembered();
    }
  }

  /** Remembers `known` in place of what was remembered. Never throws. */
  save(known: RememberedProofs): void {
    const temporary = `${this.#file}.${randomUUID()}`;
    try {
      makeDirectory(dirname(this.#file));
      writeFileSync(temporary, this.#serialise(known), {
        mode: 0o600,
        flag: "wx",
      });
      renameSync(temporary, this.#file);
    } catch (error) {
      rmSync(temporary, { force: true });
      this.#onTrouble(
        `the cache ${this.#file} cannot be written: ${messageOf(error)}`,
      );
    }
  }

  /** The text of the file; `undefined` where there is none that is ours. */
  #read(): string | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(
        this.#file,
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        return undefined;
      throw error;
    }
    try {
      const facts = fstatSync(descriptor);
      if (
        !facts.isFile() ||
        facts.uid !== process.getuid?.() ||
        facts.size > maxBytes
      ) {
        this.#onTrouble(`the cache ${this.#file} is not ours`);
        return undefined;
      }
      return readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
    }
  }

  #serialise({ elements, proofs }: RememberedProofs): string {
    const cache: v.InferOutput<typeof cacheSchema> = {
      fingerprint: this.#fingerprint,
      elements: Object.fromEntries(
        Array.from(elements, ([element, installed]) => [
          element,
          installed === undefined
            ? null
            : { ...installed, properties: [...installed.properties] },
        ]),
      ),
      proofs: Object.fromEntries(proofs),
    };
    return JSON.stringify(cache);
  }
}

function revive(cache: v.InferOutput<typeof cacheSchema>): RememberedProofs {
  return {
    elements: new Map(
      Object.entries(cache.elements).map(([element, installed]) => [
        element,
        installed === null
          ? undefined
          : { ...installed, properties: new Map(installed.properties) },
      ]),
    ),
    proofs: new Map(Object.entries(cache.proofs)),
  };
}
