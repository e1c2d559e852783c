/**
 * What an image's smoke test does in the browser, in a person's place.
 */
import { poll } from "../../agent/base/deadline.ts";
import type { ChromiumViewer } from "../../test/fixtures/e2e-viewer.ts";
import { waitForWindow, type TestedSession } from "./checks-session.ts";
import type { SmokeStep } from "./definition.ts";

/** How long a step may take to have its effect. */
export const stepTimeoutMs = 30_000;

type NotApplicable = { notApplicable: string } | undefined;

/** The steps before the first that pastes. */
export async function checkTyping(
  viewer: ChromiumViewer,
  session: TestedSession,
): Promise<NotApplicable> {
  const { typing } = partsOf(session.smoke.steps);
  if (typing.length === 0)
    return { notApplicable: "the smoke test has no steps" };
  for (const step of typing) await doStep(viewer, session, step);
  return undefined;
}

/**
 * The first step that pastes and those after it, where the agent shares the clipboard. `%TOKEN%` in them is a mark of
 * this session, so that nothing of an earlier one passes for it.
 */
export async function checkPasting(
  viewer: ChromiumViewer,
  session: TestedSession,
): Promise<NotApplicable> {
  const { pasting } = partsOf(session.smoke.steps);
  if (pasting.length === 0)
    return { notApplicable: "the smoke test pastes nothing" };
  const { page } = viewer;
  const hasClipboard = await page.evaluate(
    () =>
      "clipboard" in
      (globalThis as unknown as { streamspace: object }).streamspace,
  );
  if (!hasClipboard)
    return { notApplicable: "this agent does not share the clipboard" };
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const mark = session.token.slice(0, 8).replaceAll(/\W/g, "");
  for (const step of pasting) await doStep(viewer, session, marked(step, mark));
  return undefined;
}

/** What is typed comes first, and pasting last. */
export function partsOf(steps: readonly SmokeStep[]): {
  typing: readonly SmokeStep[];
  pasting: readonly SmokeStep[];
} {
  const first = steps.findIndex((step) => "paste" in step);
  const end = first === -1 ? steps.length : first;
  return { typing: steps.slice(0, end), pasting: steps.slice(end) };
}

function marked(step: SmokeStep, mark: string): SmokeStep {
  const entries = Object.entries(step).map(([key, value]: [string, unknown]) =>
    typeof value === "string"
      ? [key, value.replaceAll("%TOKEN%", mark)]
      : [key, value],
  );
  return Object.fromEntries(entries) as SmokeStep;
}

/** Does what a person would, or waits for what a person would. */
async function doStep(
  viewer: ChromiumViewer,
  { container, wishes }: TestedSession,
  step: SmokeStep,
): Promise<void> {
  const { page } = viewer;
  if ("click" in step) {
    const [x, y] = step.click;
    const place = await viewer.locate({
      x: Math.round(x * (wishes.width - 1)),
      y: Math.round(y * (wishes.height - 1)),
    });
    await page.mouse.click(place.x, place.y);
  } else if ("press" in step) {
    await page.keyboard.press(step.press);
  } else if ("type" in step) {
    await page.keyboard.type(step.type, { delay: 20 });
  } else if ("waitMs" in step) {
    await page.waitForTimeout(step.waitMs);
  } else if ("paste" in step) {
    await copy(viewer, step.paste);
    await page.keyboard.press("Control+v");
  } else if ("waitForTitle" in step) {
    const title = new RegExp(step.waitForTitle);
    await waitForWindow(
      container,
      (window) => title.test(window.title),
      `window with the title ${step.waitForTitle}`,
      stepTimeoutMs,
    );
  } else if ("waitForWindow" in step) {
    const name = new RegExp(step.waitForWindow);
    await waitForWindow(
      container,
      ({ className }) => name.test(className),
      `window of class ${step.waitForWindow}`,
      stepTimeoutMs,
    );
  } else {
    await waitForFile(container, step.waitForFile);
  }
}

/** Puts a text on the clipboard of the browser. */
function copy({ page }: ChromiumViewer, text: string): Promise<void> {
  return page.evaluate(
    (argument) =>
      (
        globalThis as unknown as {
          navigator: { clipboard: { writeText(text: string): Promise<void> } };
        }
      ).navigator.clipboard.writeText(argument),
    text,
  );
}

async function waitForFile(
  container: TestedSession["container"],
  name: string,
): Promise<void> {
  const test = ["test", "-s", `/home/user/${name}`];
  await poll(
    async () => {
      const { exitCode } = await container.exec(test);
      return exitCode === 0 ? true : undefined;
    },
    {
      ...{ everyMs: 250, timeoutMs: stepTimeoutMs },
      what: `the file ${name} with something in it`,
    },
  );
}
