/**
 * What GStreamer's messages say, in memory of our own: the texts that it hands out are the caller's to free.
 */
import {
  readGError,
  readMessage,
  readText,
  type Pointer,
} from "../gstreamer-library.ts";
import {
  gstMessageType,
  type GStreamer,
  type OutPointer,
} from "./gstreamer.ts";

/** What a pipeline says about itself. */
export interface BusMessage {
  severity: "error" | "warning";
  /** Name of the element it comes from. */
  source: string;
  /** Domain and code of the error, e.g. `gst-resource-error-quark`, 3. */
  domain: string;
  code: number;
  text: string;
  debug: string;
}

/** Reads `message`, an error or a warning, which stays the caller's. */
export function readBusMessage(
  { core, glib }: GStreamer,
  message: Pointer,
): BusMessage {
  const { type, source } = readMessage(message);
  const isError = type === gstMessageType.error;
  const error: OutPointer = [null];
  const debug: OutPointer = [null];
  if (isError) core.parseError(message, error, debug);
  else core.parseWarning(message, error, debug);
  const takeText = (text: Pointer | null): string => {
    if (text === null) return "";
    const taken = readText(text);
    glib.free(text);
    return taken;
  };
  const what = error[0] === null ? undefined : readGError(error[0]);
  if (error[0] !== null) glib.errorFree(error[0]);
  return {
    severity: isError ? "error" : "warning",
    source: takeText(source === null ? null : core.objectName(source)),
    domain: what === undefined ? "" : (glib.quarkToString(what.domain) ?? ""),
    code: what?.code ?? 0,
    text: what?.text ?? "",
    debug: takeText(debug[0]),
  };
}
