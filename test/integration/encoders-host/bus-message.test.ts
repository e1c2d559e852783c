/**
 * Messages of the real GStreamer, read in this process: no pipeline runs.
 */
import { expect, it } from "vitest";
import { readBusMessage } from "../../../encoders/host/bus-message.ts";
import { loadGStreamer } from "../../../encoders/host/gstreamer.ts";
import {
  NativeLibrary,
  type Pointer,
} from "../../../encoders/gstreamer-library.ts";

const gstreamer = loadGStreamer();
const glib = NativeLibrary.open("libglib-2.0.so.0").bind<{
  quark(text: string): number;
  newError(domain: number, code: number, text: string): Pointer;
}>({
  quark: "uint32_t g_quark_from_string(str)",
  newError: "void* g_error_new_literal(uint32_t, int, str)",
});
const core = NativeLibrary.open("libgstreamer-1.0.so.0").bind<{
  makeElement(factory: string, name: string): Pointer;
  newWarning(source: Pointer, error: Pointer, debug: string): Pointer;
  newError(source: Pointer, error: Pointer, debug: string): Pointer;
}>({
  makeElement: "void* gst_element_factory_make(str, str)",
  newWarning: "void* gst_message_new_warning(void*, void*, str)",
  newError: "void* gst_message_new_error(void*, void*, str)",
});
const source = core.makeElement("identity", "culprit");
const error = glib.newError(glib.quark("a-domain"), 7, "it is — odd");

it("reads a warning and an error", () => {
  const warning = core.newWarning(source, error, "in detail");
  const what = { source: "culprit", domain: "a-domain", code: 7 };
  expect(readBusMessage(gstreamer, warning)).toEqual({
    ...what,
    severity: "warning",
    text: "it is — odd",
    debug: "in detail",
  });
  const failure = core.newError(source, error, "");
  expect(readBusMessage(gstreamer, failure)).toMatchObject({
    ...what,
    severity: "error",
  });
});

it("keeps no memory of what it has read", () => {
  const debugBytes = 100_000;
  const message = core.newWarning(source, error, "x".repeat(debugBytes));
  const read = (count: number): number => {
    for (let index = 0; index < count; index += 1)
      readBusMessage(gstreamer, message);
    return process.memoryUsage.rss();
  };
  const beforeBytes = read(500);
  const grownBytes = read(3_000) - beforeBytes;
  expect(grownBytes).toBeLessThan((3_000 * debugBytes) / 3);
});
