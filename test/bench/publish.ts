/**
 * Where results go: to the terminal, as JSON, or into `docs/performance.md`, so that no figure there is written by hand.
 */
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { runToEnd } from "../../agent/base/child-process.ts";
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { formatTables, type Table } from "./tables.ts";

/** Parts of the document that a benchmark writes. */
export type SectionName = "encode" | "growth" | "session" | "latency" | "input";

/** How the result is wanted. */
export interface Output {
  json: boolean;
  markdown: boolean;
  /** Write the tables into the document instead. */
  update: boolean;
}

const documentPath = fileURLToPath(
  new URL("../../docs/performance.md", import.meta.url),
);

/** Prints or writes the result. @param command what was run, for the reader who wants to do the same. */
export async function publish(
  result: {
    section: SectionName;
    command: string;
    machine: string;
    report: unknown;
    tables: readonly Table[];
  },
  output: Output,
): Promise<void> {
  if (output.json) {
    console.log(JSON.stringify(result.report));
    return;
  }
  const markdown = output.markdown || output.update;
  const tables = formatTables(result.tables, { markdown });
  if (!markdown) {
    console.log(`\n${tables}`);
    return;
  }
  const body = `\`${result.command}\`: ${result.machine}\n\n${tables}`;
  if (!output.update) {
    console.log(`\n${body}`);
    return;
  }
  const text = await readFile(documentPath, "utf8");
  await writeFile(documentPath, replaceSection(text, result.section, body));
  console.error(`the section ${result.section} of docs/performance.md is new`);
}

/**
 * `text` with `body` between the marks of a section.
 * @throws StreamSpaceError `internal` where there are no such marks.
 */
export function replaceSection(
  text: string,
  section: SectionName,
  body: string,
): string {
  const [begin, end] = [`<!-- bench: ${section} -->`, `<!-- /bench -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) {
    throw new StreamSpaceError(
      "internal",
      `docs/performance.md has no section ${section}`,
    );
  }
  return `${text.slice(0, from + begin.length)}\n\n${body}\n\n${text.slice(to)}`;
}

/** What a person types for it, without what only says where the result goes. */
export function commandLine(
  benchmark: string,
  args: readonly string[],
): string {
  const told = args.filter((word) => !/^--(markdown|update)$/.test(word));
  return ["npm run bench --", benchmark, ...told].join(" ");
}

/** What the figures were measured on, and how busy it was with other things before. */
export async function describeMachine(signal: AbortSignal): Promise<string> {
  const [load = 0] = loadavg();
  const version = await runToEnd({
    file: "gst-launch-1.0",
    args: ["--version"],
    timeoutMs: 10_000,
    signal,
  });
  const gstreamer = /GStreamer [\d.]+/.exec(version.stdout)?.[0] ?? "";
  const release = /^PRETTY_NAME="?([^"\n]*)/m.exec(
    await readFile("/etc/os-release", "utf8"),
  )?.[1];
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${availableParallelism()} cores, ${release ?? "Linux"}, ${gstreamer}, Node ${process.versions.node}, load average ${load.toFixed(1)} before the start.`;
}
