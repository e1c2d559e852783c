import { readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ChildSpawner } from "../../../../agent/base/child-process.ts";
import { encoderCandidates } from "../../../../encoders/candidates/encoder-candidates.ts";
import {
  EncoderCatalogue,
  type CandidateReport,
} from "../../../../encoders/proof/catalogue.ts";
import {
  orderedCandidates,
  type EncoderChoice,
} from "../../../../encoders/proof/encoder-order.ts";
import {
  ProofCache,
  type RememberedProof,
} from "../../../../encoders/proof/proof-cache.ts";
import type { ProofResult } from "../../../../encoders/proof/prove.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { newProofFile } from "../../../fakes/proof-file.ts";
import {
  candidate,
  elementWith,
  idealProperties,
} from "../../../fixtures/encoders.ts";

const auto: EncoderChoice = {
  codecs: ["h264", "vp8"],
  explicit: [],
  preference: ["nvenc", "vaapi", "software"],
  fallback: false,
};
const some = ["nvh264enc", "x264enc", "openh264enc", "vp8enc"].map(candidate);
const never = new AbortController().signal;

/** A cache that knows every element of `some` as installed, so that no child is asked. */
function cacheOf(file: string, fingerprint = "same"): ProofCache {
  return new ProofCache({ file, fingerprint, onTrouble: () => undefined });
}

function seeded(file: string): ProofCache {
  const cache = cacheOf(file);
  const elements = new Map(
    some.map((wanted) => [
      wanted.element,
      elementWith(wanted.element, idealProperties(wanted)),
    ]),
  );
  for (const name of ["cudaupload", "cudaconvert", "rtph264pay", "rtpvp8pay"]) {
    elements.set(name, elementWith(name, []));
  }
  cache.save({ elements, proofs: new Map() });
  return cache;
}

/** A catalogue whose proofs have these results; the rest is proven. */
function catalogueOf(options: {
  results?: Readonly<Record<string, ProofResult>>;
  choice?: EncoderChoice;
  cache?: ProofCache;
}): { catalogue: EncoderCatalogue; proven: string[] } {
  const proven: string[] = [];
  const catalogue = new EncoderCatalogue({
    choice: options.choice ?? auto,
    cache: options.cache ?? seeded(newProofFile()),
    spawner: new ChildSpawner(),
    clock: new ManualClock(),
    candidates: some,
    prove: ({ element }) => {
      proven.push(element);
      return Promise.resolve(
        options.results?.[element] ?? {
          state: "proven",
          startMs: 50,
          frameMs: 2,
        },
      );
    },
  });
  return { catalogue, proven };
}

const refused: ProofResult = { state: "refused", reason: "the driver is old" };
const stateOf = (
  reports: readonly CandidateReport[],
  element: string,
): string | undefined =>
  reports.find((report) => report.element === element)?.state;

describe("the order of candidates", () => {
  const names = (choice: Partial<EncoderChoice>): string[] =>
    orderedCandidates(encoderCandidates, "h264", { ...auto, ...choice }).map(
      ({ element }) => element,
    );

  it("is hardware first", () => {
    expect(names({})).toEqual([
      "nvcudah264enc",
      "nvh264enc",
      "nvautogpuh264enc",
      "vah264enc",
      "vah264lpenc",
      "vaapih264enc",
      "x264enc",
      "openh264enc",
    ]);
  });

  it("follows the preference, of elements and of families", () => {
    const order = names({ preference: ["openh264enc", "vaapi"] });
    expect(order.slice(0, 4)).toEqual([
      "openh264enc",
      "vah264enc",
      "vah264lpenc",
      "vaapih264enc",
    ]);
    expect(order).toHaveLength(8);
  });

  it("is the explicit one alone, unless fallback is asked for", () => {
    expect(names({ explicit: ["x264enc"] })).toEqual(["x264enc"]);
    const order = names({ explicit: ["x264enc"], fallback: true });
    expect(order.slice(0, 2)).toEqual(["x264enc", "nvcudah264enc"]);
    expect(order).toHaveLength(8);
  });
});

describe("the catalogue", () => {
  it("finds the best of the first codec, and waits with the rest", async () => {
    const { catalogue, proven } = catalogueOf({
      results: { nvh264enc: refused },
    });
    catalogue.start();
    const working = await catalogue.working("h264", never);
    expect(working.map(({ element }) => element)).toEqual(["x264enc"]);
    expect(proven).toEqual(["nvh264enc", "x264enc"]);
    expect(catalogue.bestOf("h264")).toBe("x264enc");
    expect(stateOf(catalogue.reports(), "vp8enc")).toBe("untested");
    catalogue.proceed();
    await catalogue.complete;
    expect(proven).toEqual(["nvh264enc", "x264enc", "vp8enc", "openh264enc"]);
    const all = await catalogue.working("h264", never);
    expect(all.map(({ element }) => element)).toEqual([
      "x264enc",
      "openh264enc",
    ]);
    expect(catalogue.startMsOf("x264enc")).toBe(50);
    await catalogue.close();
  });

  it("goes on by itself when another codec is wanted", async () => {
    const { catalogue } = catalogueOf({});
    catalogue.start();
    const working = await catalogue.working("vp8", never);
    expect(working.map(({ element }) => element)).toEqual(["vp8enc"]);
    await catalogue.close();
  });

  it("gives the reason of each where none works", async () => {
    const { catalogue } = catalogueOf({ results: { vp8enc: refused } });
    catalogue.start();
    await expect(catalogue.working("vp8", never)).rejects.toMatchObject({
      code: "missing-element",
      message: "no encoder for vp8 works here (vp8enc: the driver is old)",
    });
    expect(catalogue.mayEncode("vp8")).toBe(false);
    expect(catalogue.mayEncode("h264")).toBe(true);
    await catalogue.close();
  });

  it("insists on an explicit encoder", async () => {
    const { catalogue } = catalogueOf({
      results: { nvh264enc: refused },
      choice: { ...auto, explicit: ["nvh264enc"] },
    });
    catalogue.start();
    await expect(catalogue.working("h264", never)).rejects.toThrow(
      "no encoder",
    );
    expect(catalogue.explicitFailure?.message).toBe(
      "the encoder nvh264enc cannot be used: the driver is old",
    );
    await catalogue.close();
  });

  it("looks at every encoder that the settings insist on before it waits", async () => {
    const { catalogue } = catalogueOf({
      results: { vp8enc: refused },
      choice: { ...auto, explicit: ["vp8enc"] },
    });
    catalogue.start();
    await catalogue.working("h264", never);
    await expect
      .poll(() => catalogue.explicitFailure?.message)
      .toBe("the encoder vp8enc cannot be used: the driver is old");
    await catalogue.close();
  });

  it.each([
    { what: "an encoder works", explicit: [], fallback: false, suffices: true },
    {
      ...{ what: "every one that is insisted on does", fallback: false },
      ...{ explicit: ["x264enc"], suffices: true },
    },
    {
      ...{ what: "one that is insisted on does not", fallback: false },
      ...{ explicit: ["vp8enc"], suffices: false },
    },
    {
      ...{ what: "one that may be replaced does not", fallback: true },
      ...{ explicit: ["vp8enc"], suffices: true },
    },
  ])("suffices for a session where $what: $suffices", async (row) => {
    const { explicit, fallback, suffices } = row;
    const { catalogue } = catalogueOf({
      results: { vp8enc: refused },
      choice: { ...auto, explicit, fallback },
    });
    const told: boolean[] = [];
    catalogue.onChange(() => told.push(catalogue.suffices));
    expect(catalogue.suffices).toBe(false); // Nothing is known yet.
    catalogue.start();
    catalogue.proceed();
    await catalogue.complete;
    expect(catalogue.suffices).toBe(suffices);
    // Whoever has been told that it suffices is not told otherwise.
    expect(told.lastIndexOf(false)).toBeLessThan(
      suffices ? told.indexOf(true) : told.length,
    );
    expect(told.includes(true)).toBe(suffices);
    await catalogue.close();
  });

  it("falls back from an explicit encoder only where that is asked for", async () => {
    const { catalogue } = catalogueOf({
      results: { nvh264enc: refused },
      choice: { ...auto, explicit: ["nvh264enc"], fallback: true },
    });
    catalogue.start();
    const working = await catalogue.working("h264", never);
    expect(working.map(({ element }) => element)).toEqual(["x264enc"]);
    expect(catalogue.explicitFailure).toBeUndefined();
    await catalogue.close();
  });

  it("proves nothing again that is remembered", async () => {
    const file = newProofFile();
    const first = catalogueOf({
      cache: seeded(file),
      results: { nvh264enc: refused },
    });
    first.catalogue.start();
    first.catalogue.proceed();
    await first.catalogue.complete;
    const second = catalogueOf({ cache: cacheOf(file) });
    second.catalogue.start();
    second.catalogue.proceed();
    await second.catalogue.complete;
    expect(second.proven).toEqual([]);
    const states = second.catalogue
      .reports()
      .map(({ element, state, isRemembered }) => [
        element,
        state,
        isRemembered,
      ]);
    expect(states).toEqual([
      ["nvh264enc", "refused", true],
      ["x264enc", "proven", true],
      ["openh264enc", "proven", true],
      ["vp8enc", "proven", true],
    ]);
  });

  it("ends a wait with its signal, and itself when closed", async () => {
    const { catalogue } = catalogueOf({});
    const controller = new AbortController();
    const wait = catalogue.working("vp8", controller.signal);
    controller.abort();
    await expect(wait).rejects.toMatchObject({ code: "aborted" });
    catalogue.start();
    await catalogue.close();
    await catalogue.close();
    await catalogue.complete;
  });
});

describe("the cache", () => {
  const circumstances = { description: "abc", atMs: 1_700_000_000_000 };
  const known = {
    elements: new Map([
      [
        "x264enc",
        elementWith("x264enc", idealProperties(candidate("x264enc"))),
      ],
      ["nvh264enc", undefined],
    ]),
    proofs: new Map<string, RememberedProof>([
      [
        "x264enc",
        { state: "proven", startMs: 1, frameMs: 2, ...circumstances },
      ],
      ["nvh264enc", { ...refused, ...circumstances }],
    ]),
  };

  it("gives back what it was given, and is nobody else's to read", () => {
    const file = newProofFile();
    cacheOf(file).save(known);
    expect(cacheOf(file).load()).toEqual(known);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("knows nothing of another machine", () => {
    const file = newProofFile();
    cacheOf(file).save(known);
    expect(cacheOf(file, "other").load().proofs.size).toBe(0);
  });

  it.each([
    ["nothing", ""],
    ["half of it", '{"fingerprint":"same","elements":{'],
    ["something else", '{"fingerprint":"same","elements":[],"proofs":3}'],
    ["a list", "[]"],
  ])("says so and knows nothing where the file holds %s", (_what, text) => {
    const file = newProofFile();
    writeFileSync(file, text);
    const troubles: string[] = [];
    const cache = new ProofCache({
      file,
      fingerprint: "same",
      onTrouble: (trouble) => troubles.push(trouble),
    });
    expect(cache.load().proofs.size).toBe(0);
    expect(troubles).toHaveLength(1);
    cache.save(known);
    expect(JSON.parse(readFileSync(file, "utf8"))).toHaveProperty("proofs");
  });

  it("does without a file that cannot be written", () => {
    const troubles: string[] = [];
    const cache = new ProofCache({
      file: "/proc/nowhere/encoders.json",
      fingerprint: "same",
      onTrouble: (trouble) => troubles.push(trouble),
    });
    cache.save(known);
    expect(troubles[0]).toContain("cannot be written");
  });
});
