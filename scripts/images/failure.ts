/**
 * The one error of the image build that a person is meant to read: one sentence and an exit code.
 * Anything else that is thrown is a defect and is shown with its stack.
 */

/**
 * What went wrong.
 *
 * - `usage`: an option, a name or a file of the build is wrong.
 * - `unavailable`: something needed is not there: an engine, a registry, a key.
 * - `failed`: a build, a push or a check did not work.
 * - `policy`: an image violates `images/policy.yaml`.
 * - `interrupted`: somebody asked the build to stop.
 */
export type FailureKind =
  "usage" | "unavailable" | "failed" | "policy" | "interrupted";

/** Exit codes; the numbers above 63 mean what they mean for `streamspace-agent`. */
const exitCodes: Readonly<Record<FailureKind, number>> = {
  usage: 78,
  unavailable: 69,
  failed: 1,
  policy: 1,
  interrupted: 130,
};

/** A failure of the image build in one sentence, for a person. */
export class BuildFailure extends Error {
  override readonly name = "BuildFailure";
  readonly kind: FailureKind;
  /** Output that explains the failure, oldest line first; empty where there is none. */
  readonly lastLines: readonly string[];

  constructor(
    kind: FailureKind,
    message: string,
    options: { cause?: unknown; lastLines?: readonly string[] } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.lastLines = options.lastLines ?? [];
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}
