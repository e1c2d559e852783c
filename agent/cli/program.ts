/**
 * The command line: which commands there are and how their outcome becomes an exit code.
 */
import { Command, CommanderError } from "commander";
import { StreamSpaceError, toStreamSpaceError } from "../base/errors.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { agentVersion } from "../config/version.ts";
import { addConfigOptions, configOf } from "./config-options.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { reportError, type Output } from "./output.ts";

/**
 * Runs one command line to its end.
 * @param args what follows the program's name.
 * @param options.run stands for the session, where one only asks whether it would be started.
 * @returns the exit code; failures have been reported.
 */
export async function runCommandLine(
  args: readonly string[],
  output: Output,
  options: { run?: (loaded: LoadedConfig) => Promise<number> } = {},
): Promise<number> {
  // Everything after the first "--" belongs to the application, not to commander.
  const separator = args.indexOf("--");
  const own = separator === -1 ? args : args.slice(0, separator);
  const application = separator === -1 ? [] : args.slice(separator + 1);
  let exitCode: number = exitCodes.ok;
  const program = createProgram({
    application,
    output,
    run: options.run ?? startSession,
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync([...own], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has written help, version or its complaint already.
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.config;
    }
    const known = toStreamSpaceError(error);
    reportError(known, output);
    return exitCodeOf(known.code);
  }
}

interface ProgramContext {
  application: readonly string[];
  output: Output;
  run: (loaded: LoadedConfig) => Promise<number>;
  setExitCode: (code: number) => void;
}

async function startSession(loaded: LoadedConfig): Promise<number> {
  const { run } = await import("./commands/run.ts");
  return await run(loaded);
}

function createProgram(context: ProgramContext): Command {
  const program = new Command("streamspace-agent")
    .description(
      "Starts a desktop session and brings it to browsers over WebRTC.",
    )
    .version(agentVersion(), "-V, --version", "Print the version.")
    .helpOption("-h, --help", "Print this help.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        context.output.result(text.trimEnd());
      },
      writeErr: (text) => {
        context.output.note(text.trimEnd());
      },
    })
    .showHelpAfterError("Every flag is listed by --help.");
  addRun(program, context);
  addDoctor(program, context);
  addPipelines(program, context);
  addHealthcheck(program, context);
  addToken(program, context);
  return program;
}

function addRun(program: Command, context: ProgramContext): void {
  const command = program
    .command("run")
    .usage("[options] [-- command arguments…]")
    .description(
      "Start the session and serve it until a signal or the policy ends it.",
    );
  addConfigOptions(command).action(async () => {
    const loaded = configOf(command, context.application);
    context.setExitCode(await context.run(loaded));
  });
}

function addDoctor(program: Command, context: ProgramContext): void {
  const command = program
    .command("doctor")
    .description("Check this machine and say how to mend what is missing.")
    .option("--json", "Print the findings as one JSON document.");
  addConfigOptions(command).action(async (options: { json?: true }) => {
    refuseApplication(command, context);
    const loaded = configOf(command);
    const { doctor } = await import("./commands/doctor.ts");
    const { output } = context;
    context.setExitCode(
      await doctor({ ...loaded, output, json: options.json ?? false }),
    );
  });
}

function addPipelines(program: Command, context: ProgramContext): void {
  const command = program
    .command("pipelines")
    .description("Print each GStreamer pipeline as a line for a shell.")
    .option("--all", "Print the lines of every encoder that is installed.");
  addConfigOptions(command).action(async (options: { all?: true }) => {
    refuseApplication(command, context);
    const { config } = configOf(command);
    const { pipelines } = await import("./commands/pipelines.ts");
    context.setExitCode(
      await pipelines({
        config,
        output: context.output,
        all: options.all ?? false,
      }),
    );
  });
}

function addHealthcheck(program: Command, context: ProgramContext): void {
  const command = program
    .command("healthcheck")
    .description("Ask the running agent whether a viewer would see a desktop.");
  addConfigOptions(command).action(async () => {
    refuseApplication(command, context);
    const { config } = configOf(command);
    const { healthcheck } = await import("./commands/healthcheck.ts");
    context.setExitCode(await healthcheck({ config, output: context.output }));
  });
}

function addToken(program: Command, context: ProgramContext): void {
  const command = program
    .command("token")
    .description("Print the token that the running agent accepts.")
    .option("--new", "Print a fresh random token for STREAMSPACE_TOKEN.")
    .option("--viewer", "Print the token that only lets one look.");
  addConfigOptions(command).action(
    async (options: { new?: true; viewer?: true }) => {
      refuseApplication(command, context);
      const { freshToken, runningToken } = await import("./commands/token.ts");
      const role = options.viewer === true ? "viewer" : "controller";
      const token =
        options.new === true
          ? freshToken()
          : await runningToken(configOf(command).config, role);
      context.output.result(token);
    },
  );
}

function refuseApplication(command: Command, context: ProgramContext): void {
  if (context.application.length === 0) return;
  throw new StreamSpaceError(
    "config",
    `the command ${command.name()} starts no application, so nothing may follow "--"`,
    { mend: "Use: streamspace-agent run -- command arguments…" },
  );
}
