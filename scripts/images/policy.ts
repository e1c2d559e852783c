/**
 * Whether an image keeps to the policy. Pure.
 */
import type { Policy } from "./policy-file.ts";
import type { ScanResult } from "./scan.ts";

/** What is known of an image that was built. */
export interface ImageFacts {
  name: string;
  /** Uncompressed bytes. */
  size: number;
  /** References that its Dockerfile starts from, other than images of this project. */
  bases: readonly string[];
  /** Absent before it is known. */
  scan: ScanResult | undefined;
  /** Whether it is about to be pushed, and then signed. */
  isPushed: boolean;
  isSigned: boolean;
}

/** One sentence for each violation; empty where there is none. */
export function violations(policy: Policy, facts: ImageFacts): string[] {
  return [
    ...sizeViolations(policy, facts),
    ...facts.bases
      .filter((base) => !policy.bases.some((allowed) => matches(base, allowed)))
      .map(
        (base) =>
          `it is built on ${base}, which is not among the allowed bases`,
      ),
    ...scanViolations(policy, facts),
    ...(policy.signing === "required" && facts.isPushed && !facts.isSigned
      ? ["it is to be pushed without a signature; add --sign"]
      : []),
  ];
}

function sizeViolations({ size }: Policy, facts: ImageFacts): string[] {
  const most = size[facts.name] ?? size["default"] ?? Infinity;
  const megabytes = facts.size / 1e6;
  if (megabytes <= most) return [];
  return [`it has ${megabytes.toFixed(1)} MB, and ${most} are allowed`];
}

function scanViolations(
  { vulnerabilities: most }: Policy,
  { scan, isPushed }: ImageFacts,
): string[] {
  if (scan === undefined) return [];
  switch (scan.state) {
    case "skipped":
      return most.whenUnavailable === "fail" && isPushed
        ? ["its vulnerabilities are unknown: it is to be pushed with --no-scan"]
        : [];
    case "unavailable":
      return most.whenUnavailable === "fail"
        ? [`its vulnerabilities are unknown: ${scan.reason}`]
        : [];
    case "scanned":
      return (["critical", "high"] as const)
        .filter((severity) => scan.fixable[severity] > most[severity])
        .map(
          (severity) =>
            `it has ${scan.fixable[severity]} ${severity} vulnerabilities that have a fix, and ${most[severity]} are allowed`,
        );
  }
}

function matches(reference: string, pattern: string): boolean {
  const source = pattern
    .split("*")
    .map((text) => text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`).test(reference);
}

/**
 * The references that a Dockerfile starts from, its arguments put in: neither stages of its own nor
 * `RUNTIME_IMAGE`, which is an image of this project. `COPY --from` and `RUN --mount=from=` count too.
 */
export function externalBases(dockerfile: string): string[] {
  const args = new Map<string, string>();
  const stages = new Set<string>();
  const bases = new Set<string>();
  const text = dockerfile
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll(/\\\s*\n/g, " ");
  for (const line of text.split("\n")) {
    const arg = /^\s*ARG\s+(\w+)=(\S*)/i.exec(line);
    // Arguments of a stage come later than those that FROM can see.
    if (arg !== null && stages.size === 0 && bases.size === 0) {
      args.set(arg[1] ?? "", (arg[2] ?? "").replaceAll(/^["']|["']$/g, ""));
    }
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line);
    const used = [
      ...(from === null ? [] : [from[1] ?? ""]),
      ...[...line.matchAll(/(?:--from=|[,=]from=)([^\s,]+)/g)].map(
        ([, name]) => name ?? "",
      ),
    ];
    for (const name of used) {
      if (/^\$\{?RUNTIME_IMAGE\b/.test(name)) continue;
      const base = name.replaceAll(
        /\$\{?(\w+)\}?/g,
        (whole, variable: string) => args.get(variable) ?? whole,
      );
      if (!stages.has(base.toLowerCase()) && !/^\d+$/.test(base))
        bases.add(base);
    }
    if (from !== null) stages.add((from[2] ?? `#${stages.size}`).toLowerCase());
  }
  return [...bases];
}
