/**
 * What is asked from inside a container: processes and windows of the session.
 */
import type { Container } from "./engine.ts";

/** A window that somebody can see. */
export interface SeenWindow {
  className: string;
  title: string;
  width: number;
  height: number;
}

/** Of `/proc/PID/status` and `cmdline`. */
export interface InsideProcess {
  pid: number;
  command: string;
  status: Readonly<Record<string, string>>;
}

const separator = "\u0001";

/** Every process of the container but the shell that asks. */
export async function listProcesses(
  container: Container,
): Promise<InsideProcess[]> {
  const text = await container.shell(
    `for p in /proc/[0-9]*; do
       [ "$p" = "/proc/$$" ] && continue
       { printf '${separator}%s\\n' "\${p#/proc/}"; tr '\\0' ' ' <"$p/cmdline"; echo; cat "$p/status"; } 2>/dev/null
     done; :`,
  );
  return parseProcesses(text);
}

/** For tests: reads what {@link listProcesses} has printed. */
export function parseProcesses(text: string): InsideProcess[] {
  return text
    .split(separator)
    .slice(1)
    .flatMap((block) => {
      const [pid = "", command = "", ...rest] = block.split("\n");
      const status = Object.fromEntries(
        rest.flatMap((line) => {
          const at = line.indexOf(":");
          return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()]];
        }),
      );
      // A process that ended in between has no status.
      return "Uid" in status
        ? [{ pid: Number(pid), command: command.trim(), status }]
        : [];
    });
}

/**
 * The environment that the session gives its children, of the first child that has a display.
 * @throws Error where there is none.
 */
export async function sessionEnvironment(
  container: Container,
): Promise<Record<string, string>> {
  const text = await container.shell(
    `for p in /proc/[0-9]*; do
       grep -qz '^DISPLAY=' "$p/environ" 2>/dev/null && grep -qz '^PULSE_SERVER=' "$p/environ" || continue
       tr '\\0' '\\n' <"$p/environ"; exit 0
     done; exit 1`,
  );
  return Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const at = line.indexOf("=");
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

/**
 * Runs in the image, whose agent brings Node and an X client; prints a JSON array of {@link SeenWindow}.
 * Text, because the image has its own modules and none of the test's.
 */
const windowProbe = `
const x11 = require("/opt/streamspace/node_modules/x11");
const call = (f) => new Promise((done) => f((error, reply) => done(error ? undefined : reply)));
x11.createClient(async (error, display) => {
  if (error) { console.error(String(error)); process.exit(1); }
  const X = display.client;
  X.on("error", () => {});
  const utf8 = await call((r) => X.InternAtom(false, "_NET_WM_NAME", r));
  const text = async (w, atom) => {
    const reply = await call((r) => X.GetProperty(0, w, atom, 0, 0, 1000, r));
    return reply?.data?.toString("utf8") ?? "";
  };
  const found = [];
  const walk = async (w, depth) => {
    const [attributes, box, tree] = await Promise.all([
      call((r) => X.GetWindowAttributes(w, r)),
      call((r) => X.GetGeometry(w, r)),
      call((r) => X.QueryTree(w, r)),
    ]);
    if (depth > 0 && attributes?.mapState !== 2) return;
    const className = (await text(w, X.atoms.WM_CLASS)).split("\\0").filter(Boolean).join(" ");
    if (className !== "" && depth > 0 && box?.width > 10)
      found.push({ className, title: (await text(w, utf8)) || (await text(w, X.atoms.WM_NAME)), width: box.width, height: box.height });
    if (depth < 3) for (const child of tree?.children ?? []) await walk(child, depth + 1);
  };
  await walk(display.screen[0].root, 0);
  console.log(JSON.stringify(found));
  process.exit(0);
});
`;

/** The mapped windows that name a class. @throws Error where the display does not answer. */
export async function listWindows(
  container: Container,
  environment: Readonly<Record<string, string>>,
): Promise<SeenWindow[]> {
  const { exitCode, stdout, stderr } = await container.exec(
    ["/opt/streamspace/bin/node", "--input-type=commonjs", "-"],
    {
      stdin: windowProbe,
      env: {
        DISPLAY: environment["DISPLAY"] ?? "",
        XAUTHORITY: environment["XAUTHORITY"] ?? "",
      },
      timeoutMs: 15_000,
    },
  );
  if (exitCode !== 0)
    throw new Error(`the display does not answer: ${stderr.trim()}`);
  return JSON.parse(stdout) as SeenWindow[];
}
