/**
 * What an image says of itself to its test: `images/NAME/smoke.json`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const regularExpression = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((text) => {
    try {
      new RegExp(text);
      return true;
    } catch {
      return false; // The message of the schema says what was expected.
    }
  }, "must be a regular expression"),
);
/** Of the screen's width or height. */
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const step = v.union([
  v.strictObject({ click: v.tuple([fraction, fraction]) }),
  v.strictObject({ press: v.pipe(v.string(), v.minLength(1)) }),
  v.strictObject({ type: v.pipe(v.string(), v.minLength(1)) }),
  v.strictObject({
    waitMs: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5_000)),
  }),
  v.strictObject({ waitForTitle: regularExpression }),
  v.strictObject({ waitForWindow: regularExpression }),
  v.strictObject({
    waitForFile: v.pipe(v.string(), v.regex(/^(?:[\w.-]|%TOKEN%)+$/)),
  }),
  // Copied in the browser, and pasted by Control and V. What comes before it is typed; it and what comes after it are
  // done where the agent shares the clipboard.
  v.strictObject({ paste: v.pipe(v.string(), v.minLength(1)) }),
]);

const schema = v.strictObject({
  /** The window that shows that the application is up: WM_CLASS, and its title where one class has several. */
  window: v.strictObject({
    class: regularExpression,
    title: v.optional(regularExpression),
    /** Whether it must take the whole screen, as the one window of a session should. */
    fillsScreen: v.optional(v.boolean(), false),
  }),
  /** Whose sandbox must be found on. */
  sandbox: v.optional(v.picklist(["chromium", "firefox"])),
  /** What a person does, in order, until what was typed has had an effect. */
  steps: v.array(step),
});

/** What the test does with an image. */
export type SmokeTest = v.InferOutput<typeof schema>;
/** One thing that a person does, or waits for. */
export type SmokeStep = v.InferOutput<typeof step>;

/** The runtime itself: its demo desktop. */
const demo: SmokeTest = {
  window: { class: ".", fillsScreen: false },
  steps: [],
};

/**
 * Reads the smoke test of the image `name`, the demo desktop's where it is a runtime.
 * @throws Error one sentence, where there is none or it is wrong.
 */
export function readSmokeTest(root: string, name: string): SmokeTest {
  if (/^runtime(-minimal)?$/.test(name)) return demo;
  const file = join(root, "images", name, "smoke.json");
  if (!existsSync(file))
    throw new Error(
      `images/${name} has no smoke.json; name the folder with --definition where the image is called otherwise`,
    );
  return parseSmokeTest(
    readFileSync(file, "utf8"),
    `images/${name}/smoke.json`,
  );
}

/** Checks `text`. @throws Error what is wrong, and where in the file. */
export function parseSmokeTest(text: string, file: string): SmokeTest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is not JSON`, { cause });
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(`${file}: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
}

/** The definition's name of an image reference: the last part of its path, without tag and digest. */
export function nameOfImage(image: string): string {
  const [path = ""] = image.split("@");
  const last = path.split("/").at(-1) ?? "";
  return (last.split(":")[0] ?? "").replace(/^streamspace-/, "");
}
