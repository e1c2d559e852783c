/**
 * From a candidate and what is installed to an encoder: nothing is passed to an element that it does not have.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { elementNames, type Stage } from "../pipeline.ts";
import {
  rateProperties,
  type RateControl,
  type VideoEncoder,
  type VideoEncoding,
  type VideoEncodingOptions,
} from "../video-encoding.ts";
import {
  vbvMs,
  type CandidateRateControl,
  type EncoderCandidate,
  type PropertyValue,
  type WantedProperty,
} from "./candidate.ts";
import { codecCarriage } from "./codec-carriage.ts";
import { conversions } from "./conversions.ts";
import { takes, type InstalledElement } from "./installed-element.ts";

/** Answers which elements are installed. */
export interface Inspector {
  inspect(name: string): Promise<InstalledElement | undefined>;
}

/** Options that every installed element can be asked about before the real ones are known. */
const sampleOptions: VideoEncodingOptions = {
  frameRate: 60,
  bitrateBps: 8_000_000,
  threads: 1,
};

/**
 * The encoder that `candidate` is here.
 * @throws StreamSpaceError `missing-element` where it, its payloader, or a property it cannot do without is not
 *   installed; otherwise as the inspector.
 */
export async function resolveEncoder(
  candidate: EncoderCandidate,
  inspector: Inspector,
): Promise<VideoEncoder> {
  const { codec, element, family } = candidate;
  const installed = await installedOrThrow(inspector, element, element);
  const { between, payloader } = codecCarriage[codec];
  for (const name of elementsNeeded(candidate))
    await installedOrThrow(inspector, name, element);
  const conversion = await conversions[candidate.path](candidate, inspector);
  const control = chooseRateControl(candidate, installed);
  // Says at once what is missing, and not at the first viewer.
  chooseProperties(candidate, installed, sampleOptions);
  return {
    codec,
    element,
    family,
    dropsFrames: candidate.dropsFrames === true,
    encoding: (options): VideoEncoding => {
      const rateControl = rateControlHere(control, installed, options);
      return {
        ...conversion,
        encoder: {
          name: element,
          properties: {
            ...chooseProperties(candidate, installed, options),
            ...rateProperties(
              rateControl,
              options.bitrateBps / (control.yield ?? 1),
            ),
          },
        },
        between,
        payloader,
        rateControl,
      };
    },
  };
}

/** Every element without which `candidate` is refused: itself, parsers, payloader. */
export function elementsNeeded({ codec, element }: EncoderCandidate): string[] {
  const { between, payloader } = codecCarriage[codec];
  return [element, ...elementNames([...between, payloader])];
}

async function installedOrThrow(
  inspector: Inspector,
  name: string,
  element: string,
): Promise<InstalledElement> {
  const installed = await inspector.inspect(name);
  if (installed !== undefined) return installed;
  throw new StreamSpaceError(
    "missing-element",
    name === element
      ? `GStreamer has no element ${name} here`
      : `GStreamer has no element ${name} here, which ${element} needs`,
    {
      mend: `Install the plugin that carries ${name}; "streamspace-agent doctor" names the package.`,
    },
  );
}

function chooseRateControl(
  { rateControls, element }: EncoderCandidate,
  installed: InstalledElement,
): CandidateRateControl {
  const found = rateControls.find(({ property }) =>
    takes(installed, property, 1_000),
  );
  if (found !== undefined) return found;
  const names = rateControls.map(({ property }) => property).join(" or ");
  throw lacks(element, installed, `property ${names}`);
}

function rateControlHere(
  control: CandidateRateControl,
  installed: InstalledElement,
  options: VideoEncodingOptions,
): RateControl {
  const { property, unitBps, countsBy, whileRunning, vbv } = control;
  const hasVbv = vbv !== undefined && takes(installed, vbv.property, 1_000);
  return {
    property,
    unitBps,
    countsBy,
    whileRunning:
      whileRunning === "as-flagged"
        ? installed.properties.get(property)?.isLive === true
        : whileRunning,
    costsKeyFrame: control.costsKeyFrame === true,
    ...(hasVbv ? { vbv: { ...vbv, durationMs: vbvMs(options) } } : {}),
  };
}

function chooseProperties(
  candidate: EncoderCandidate,
  installed: InstalledElement,
  options: VideoEncodingOptions,
): NonNullable<Stage["properties"]> {
  const chosen: Record<string, PropertyValue> = {};
  for (const wanted of candidate.properties(options)) {
    const found = choose(wanted, installed);
    if (found !== undefined) {
      const [name, value] = found;
      chosen[name] = value;
    } else if (wanted.required) {
      const pairs = wanted.anyOf.map(([name, value]) => `${name}=${value}`);
      throw lacks(candidate.element, installed, pairs.join(" or "));
    }
  }
  return chosen;
}

function choose(
  { anyOf }: WantedProperty,
  installed: InstalledElement,
): readonly [string, PropertyValue] | undefined {
  return anyOf.find(([name, value]) => takes(installed, name, value));
}

function lacks(
  element: string,
  { version }: InstalledElement,
  what: string,
): StreamSpaceError {
  return new StreamSpaceError(
    "missing-element",
    `${element} of GStreamer ${version} does not take ${what}`,
  );
}
