import { beforeEach, describe, expect, it } from "vitest";
import { ChildSpawner } from "../../../../agent/base/child-process.ts";
import { StreamSpaceError } from "../../../../agent/base/errors.ts";
import type { EncoderCandidate } from "../../../../encoders/candidates/candidate.ts";
import {
  Examiner,
  refusalLastsMs,
  type Examination,
} from "../../../../encoders/proof/examiner.ts";
import { namesIn } from "../../../../encoders/proof/installed-names.ts";
import { ProofCache } from "../../../../encoders/proof/proof-cache.ts";
import type {
  ProofResult,
  proveEncoder,
} from "../../../../encoders/proof/prove.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { newProofFile } from "../../../fakes/proof-file.ts";
import {
  candidate,
  elementWith,
  idealProperties,
} from "../../../fixtures/encoders.ts";

const proven: ProofResult = { state: "proven", startMs: 50, frameMs: 2 };
const refused: ProofResult = { state: "refused", reason: "the card is busy" };
const x264 = candidate("x264enc");
const va = candidate("vah264enc");

let file: string;
let clock: ManualClock;
let lists: number;
let proofs: { element: string; niceness: number | undefined }[];
beforeEach(() => {
  file = newProofFile();
  clock = new ManualClock();
  proofs = [];
  lists = 0;
  const elements = [
    elementWith("x264enc", idealProperties(x264)),
    elementWith("vah264enc", idealProperties(va)),
    ...["rtph264pay", "vapostproc", "h264parse"].map((name) =>
      elementWith(name, []),
    ),
  ];
  cache().save({
    elements: new Map([
      ...elements.map((element) => [element.name, element] as const),
      ["openh264enc", undefined] as const,
    ]),
    proofs: new Map(),
  });
});

function cache(): ProofCache {
  const onTrouble = (trouble: string): void => {
    throw new Error(trouble);
  };
  return new ProofCache({ file, fingerprint: "same", onTrouble });
}

/** What a new start of the agent finds, where proofs have this result. */
async function examined(
  result: ProofResult | Error,
  of: EncoderCandidate = x264,
): Promise<Examination> {
  const examiner = examinerWith(result);
  const examination = await examiner.examine(of, 3);
  examiner.save();
  return examination;
}

function examinerWith(result: ProofResult | Error): Examiner {
  const prove: typeof proveEncoder = ({ element }, { niceness }) => {
    proofs.push({ element, niceness });
    return result instanceof Error
      ? Promise.reject(result)
      : Promise.resolve(result);
  };
  return new Examiner({
    cache: cache(),
    spawner: new ChildSpawner(),
    clock,
    signal: new AbortController().signal,
    prove,
    listNames: () => {
      lists += 1;
      return Promise.resolve(new Set(["x264enc"]));
    },
  });
}

describe("an examiner", () => {
  it("proves once what works, with the niceness that it is told", async () => {
    expect(await examined(proven)).toMatchObject({
      result: proven,
      isRemembered: false,
      encoder: { element: "x264enc" },
    });
    expect(await examined(refused)).toMatchObject({
      result: proven,
      isRemembered: true,
      encoder: { element: "x264enc" },
    });
    expect(proofs).toEqual([{ element: "x264enc", niceness: 3 }]);
  });

  it("believes the refusal of a card for an hour", async () => {
    await examined(refused, va);
    clock.advance(refusalLastsMs - 1);
    expect((await examined(proven, va)).result).toEqual(refused);
    clock.advance(1);
    expect((await examined(proven, va)).result).toEqual(proven);
  });

  it("does not believe a refusal from the future", async () => {
    clock.advance(60_000);
    await examined(refused, va);
    clock = new ManualClock();
    expect((await examined(proven, va)).result).toEqual(proven);
  });

  it("does not believe the refusal of a software encoder", async () => {
    await examined(refused);
    expect((await examined(proven)).result).toEqual(proven);
  });

  it("proves anew what is described in other words", async () => {
    await examined(proven);
    const changed = {
      ...x264,
      properties: () =>
        x264.properties({ frameRate: 30, bitrateBps: 1, threads: 7 }),
    };
    expect((await examined(refused, changed)).result).toEqual(refused);
  });

  it("forgets what fails although it was proven", async () => {
    await examined(proven);
    examinerWith(proven).forget("x264enc");
    expect((await examined(refused)).result).toEqual(refused);
  });

  it("says which element is not installed, without a proof", async () => {
    const openH264 = candidate("openh264enc");
    expect(await examined(proven, openH264)).toMatchObject({
      result: {
        state: "refused",
        reason: "GStreamer has no element openh264enc here",
      },
      missing: "openh264enc",
      isRemembered: true,
    });
    expect(proofs).toEqual([]);
  });

  it("asks once for what is installed, and remembers what is not", async () => {
    const examiner = examinerWith(proven);
    for (const element of ["nvh264enc", "vah264lpenc", "nvh264enc"])
      expect(await examiner.examine(candidate(element), 0)).toMatchObject({
        missing: element,
      });
    expect(lists).toBe(1);
    examiner.save();
    await examined(proven, candidate("vah264lpenc"));
    expect(lists).toBe(1);
  });

  it("reads names of elements as GStreamer lists them", () => {
    const text = [
      "x264:  x264enc: x264 H.264 Encoder",
      "typefindfunctions: image/x-quicktime: qif, qtif, qti",
      "rtp:  rtph264pay: RTP H264 payloader",
      "",
      "Total count: 261 plugins, 855 features",
    ].join("\n");
    expect([...namesIn(text)]).toEqual(["x264enc", "rtph264pay"]);
  });

  it("refuses what cannot be tried, and tries it at the next start", async () => {
    const failed = new StreamSpaceError("spawn-failed", "no more processes");
    expect((await examined(failed)).result).toEqual({
      state: "refused",
      reason: "no more processes",
    });
    expect((await examined(proven)).result).toEqual(proven);
  });
});
