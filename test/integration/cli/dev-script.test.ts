/**
 * The session that follows the sources: what ends it before it begins.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const script = join(import.meta.dirname, "../../../scripts/dev.sh");

it.each([
  ["an unknown option", ["--no-such-option"], 78, /unknown option '--no-such/],
  ["a wrong setting", ["--port", "many"], 78, /--port is "many"/],
  ["the wish for help", ["--help"], 0, /^Usage: streamspace-agent run/],
])(
  "%s ends it with the agent's words and exit code",
  async (_, args, exitCode, words) => {
    const outcome = await new Promise((resolve) => {
      const child = execFile(
        script,
        args,
        // Killed, it would leave what it has started; by then it has built the page.
        { timeout: 20_000 },
        (_error, stdout, stderr) => {
          resolve({ exitCode: child.exitCode, words: stdout + stderr });
        },
      );
    });
    expect(outcome).toEqual({
      exitCode,
      words: expect.stringMatching(words) as string,
    });
  },
);
