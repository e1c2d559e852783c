#!/usr/bin/env node
import { processOutput } from "./output.ts";
import { runCommandLine } from "./program.ts";

/** Something that is still open must not keep a finished command alive for longer than this. */
const lingerMs = 500;

process.exitCode = await runCommandLine(process.argv.slice(2), processOutput);
setTimeout(() => {
  process.exit();
}, lingerMs).unref();
