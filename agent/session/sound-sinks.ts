/**
 * The sinks of the session's sound server, in PulseAudio's words.
 *
 * Applications play to a sink that writes into a FIFO. While nothing plays it is suspended and writes nothing;
 * the first stream wakes it, and no sample of that stream is lost (measured: 0 of 9,600, where a recorder
 * that is started by the news of a stream loses its beginning).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionPaths } from "./session-directory.ts";

/** Name of the sink that applications play to. */
const sinkName = "streamspace";
/** Its monitor, the default source: what programs of the session record. */
export const pulseSource = `${sinkName}.monitor`;
/**
 * Where streams live on when somebody unloads the sink: PulseAudio moves them here, and back when there is a new
 * default sink. Always suspended otherwise.
 */
const spareSinkName = "streamspace_spare";
/** A sink that nobody plays to goes on for this long; PulseAudio counts in whole seconds. */
const suspendAfterS = 1;

/** The FIFO with the session's sound: 32-bit float, little endian, 48 kHz, stereo. */
export function soundFifo(paths: SessionPaths): string {
  return join(paths.pulse, "sound");
}

/** The socket for `SoundControl`. Like the FIFO it is safe in a directory of the user's own. */
export function soundControlSocket(paths: SessionPaths): string {
  return join(paths.pulse, "control");
}

/** Makes the sink that applications play to, and the default of it. */
export function sinkCommands(paths: SessionPaths): string[] {
  return [
    // Its pieces are 4,096 bytes: as floats 10.7 ms, half of what 16-bit samples would have to wait for.
    `load-module module-pipe-sink sink_name=${sinkName} file=${soundFifo(paths)} format=float32le rate=48000 channels=2 use_system_clock_for_timing=yes sink_properties=device.description=StreamSpace`,
    `set-default-sink ${sinkName}`,
    `set-default-source ${pulseSource}`,
  ];
}

/** Plays a moment of silence, which proves that everything behind the sink works. */
export function wakeCommand(paths: SessionPaths): string {
  return `play-file ${silenceFile(paths)} ${sinkName}`;
}

/** What the sink does, by an answer to `list-sinks`. */
export function sinkState(
  answer: string,
): "missing" | "suspended" | "rendering" {
  const part = answer
    .split(/^\s*\*?\s*index: /m)
    .find((text) => text.includes(`name: <${sinkName}>`));
  if (part === undefined) return "missing";
  return /^\s*state: SUSPENDED/m.test(part) ? "suspended" : "rendering";
}

/** Writes the commands that PulseAudio runs at its start. @returns their file. */
export function writeStartupScript(paths: SessionPaths): string {
  writeFileSync(silenceFile(paths), silence(), { mode: 0o600 });
  const file = join(paths.pulse, "session.pa");
  const lines = [
    ".fail",
    `load-module module-native-protocol-unix auth-anonymous=1 auth-cookie-enabled=0 socket=${paths.pulseSocket}`,
    `load-module module-cli-protocol-unix socket=${soundControlSocket(paths)}`,
    `load-module module-suspend-on-idle timeout=${suspendAfterS}`,
    ...sinkCommands(paths),
    `load-module module-null-sink sink_name=${spareSinkName}`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return file;
}

function silenceFile(paths: SessionPaths): string {
  return join(paths.pulse, "silence.wav");
}

/** 100 ms of 16-bit mono at 48 kHz in a RIFF file. */
function silence(): Buffer {
  const rate = 48_000;
  const dataBytes = (rate / 10) * 2;
  const file = Buffer.alloc(44 + dataBytes);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(36 + dataBytes, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(dataBytes, 40);
  return file;
}
