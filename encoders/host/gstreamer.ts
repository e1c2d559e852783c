/**
 * The functions of GStreamer that the host uses, with their types.
 */
import {
  NativeLibrary,
  type NativeFunction,
  type Pointer,
} from "../gstreamer-library.ts";
import { StreamSpaceError } from "../../agent/base/errors.ts";

/** An argument through which a function returns a pointer. */
export type OutPointer = [Pointer | null];

interface CoreFunctions {
  initCheck(argc: null, argv: null, error: OutPointer): number;
  versionString(): string;
  parseLaunchv(words: (string | null)[], error: OutPointer): Pointer | null;
  binGetByName(bin: Pointer, name: string): Pointer | null;
  setState(element: Pointer, state: number): number;
  getStaticPad(element: Pointer, name: string): Pointer | null;
  setPadOffset(pad: Pointer, offsetNs: bigint): void;
  getBus(element: Pointer): Pointer;
  getClock(element: Pointer): Pointer | null;
  clockTime(clock: Pointer): number | bigint;
  baseTime(element: Pointer): number | bigint;
  sendEvent(element: Pointer, event: Pointer): number;
  recalculateLatency(bin: Pointer): number;
  setProperty(object: Pointer, name: string, value: string): void;
  busPollFd(bus: Pointer, pollFd: Uint8Array): void;
  busPop(bus: Pointer): Pointer | null;
  /** The caller frees both, as of {@link parseWarning}. */
  parseError(message: Pointer, error: OutPointer, debug: OutPointer): void;
  parseWarning(message: Pointer, error: OutPointer, debug: OutPointer): void;
  parseQosStats(
    message: Pointer,
    format: [number] | null,
    processed: [number | bigint],
    dropped: [number | bigint],
  ): void;
  capsFromString(text: string): Pointer | null;
  memoryNewWrapped(
    flags: number,
    data: Pointer,
    maxBytes: number,
    offset: number,
    bytes: number,
    userData: Pointer,
    notify: Pointer,
  ): Pointer;
  bufferNew(): Pointer;
  bufferAppendMemory(buffer: Pointer, memory: Pointer): void;
  bufferSize(buffer: Pointer): number | bigint;
  /** Copies up to `bytes` from `offset` on. @returns how many there were. */
  bufferExtract(
    buffer: Pointer,
    offset: number,
    target: Buffer,
    bytes: number,
  ): number | bigint;
  sampleGetBuffer(sample: Pointer): Pointer | null;
  ref(miniObject: Pointer): Pointer;
  unref(miniObject: Pointer): void;
  objectUnref(object: Pointer): void;
  /** A text that the caller frees. */
  objectName(object: Pointer): Pointer | null;
}

interface GLibFunctions {
  malloc(bytes: number): Pointer;
  quarkToString(quark: number): string | null;
  errorFree(error: Pointer): void;
  free(memory: Pointer): void;
}

interface AppFunctions {
  setCaps(appsrc: Pointer, caps: Pointer): void;
  pushBuffer(appsrc: Pointer, buffer: Pointer): number;
  tryPullSample: NativeFunction<
    [appsink: Pointer, timeoutNs: number],
    Pointer | null
  >;
}

interface VideoFunctions {
  forceKeyUnit(runningTime: bigint, allHeaders: number, count: number): Pointer;
}

/** GStreamer, ready to be called. */
export interface GStreamer {
  core: CoreFunctions;
  glib: GLibFunctions;
  app: AppFunctions;
  video: VideoFunctions;
  /** `g_free`, for memory that GStreamer is to free by itself. */
  freeFunction: Pointer;
}

/** States of an element (gstelement.h). */
export const gstState = { null: 1, playing: 4 } as const;
/** Answer of a state change that went wrong. */
export const stateChangeFailure = 0;
/** Types of messages that the host understands (gstmessage.h). */
export const gstMessageType = {
  endOfStream: 1 << 0,
  error: 1 << 1,
  warning: 1 << 2,
  latency: 1 << 19,
  qos: 1 << 24,
} as const;
/** `GST_BUFFER_FLAG_DELTA_UNIT`: the frame needs others to be decoded. */
export const bufferFlagDeltaUnit = 1 << 13;
/** `GST_MEMORY_FLAG_READONLY`. */
export const memoryFlagReadonly = 1 << 1;
/** `GST_FLOW_OK`. */
export const flowOk = 0;

/**
 * Loads and initialises GStreamer.
 * @throws StreamSpaceError `missing-program` where a library is not installed, or too old.
 */
export function loadGStreamer(): GStreamer {
  const glib = NativeLibrary.open("libglib-2.0.so.0");
  const gstreamer: GStreamer = {
    core: bindCore(NativeLibrary.open("libgstreamer-1.0.so.0")),
    glib: glib.bind<GLibFunctions>({
      malloc: "void* g_malloc(size_t)",
      quarkToString: "str g_quark_to_string(uint32_t)",
      errorFree: "void g_error_free(void*)",
      free: "void g_free(void*)",
    }),
    app: NativeLibrary.open("libgstapp-1.0.so.0").bind<AppFunctions>({
      setCaps: "void gst_app_src_set_caps(void*, void*)",
      pushBuffer: "int gst_app_src_push_buffer(void*, void*)",
      tryPullSample: "void* gst_app_sink_try_pull_sample(void*, uint64_t)",
    }),
    video: NativeLibrary.open("libgstvideo-1.0.so.0").bind<VideoFunctions>({
      forceKeyUnit:
        "void* gst_video_event_new_upstream_force_key_unit(uint64_t, int, uint)",
    }),
    freeFunction: glib.symbol("g_free"),
  };
  if (gstreamer.core.initCheck(null, null, [null]) === 0) {
    throw new StreamSpaceError(
      "missing-program",
      "GStreamer cannot be initialised",
    );
  }
  return gstreamer;
}

function bindCore(library: NativeLibrary): CoreFunctions {
  return library.bind<CoreFunctions>({
    initCheck: "int gst_init_check(void*, void*, _Out_ void**)",
    versionString: "str gst_version_string()",
    parseLaunchv: "void* gst_parse_launchv(str*, _Out_ void**)",
    binGetByName: "void* gst_bin_get_by_name(void*, str)",
    setState: "int gst_element_set_state(void*, int)",
    getStaticPad: "void* gst_element_get_static_pad(void*, str)",
    setPadOffset: "void gst_pad_set_offset(void*, int64_t)",
    getBus: "void* gst_element_get_bus(void*)",
    getClock: "void* gst_element_get_clock(void*)",
    clockTime: "uint64_t gst_clock_get_time(void*)",
    baseTime: "uint64_t gst_element_get_base_time(void*)",
    sendEvent: "int gst_element_send_event(void*, void*)",
    recalculateLatency: "int gst_bin_recalculate_latency(void*)",
    setProperty: "void gst_util_set_object_arg(void*, str, str)",
    busPollFd: "void gst_bus_get_pollfd(void*, void*)",
    busPop: "void* gst_bus_pop(void*)",
    parseError:
      "void gst_message_parse_error(void*, _Out_ void**, _Out_ void**)",
    parseWarning:
      "void gst_message_parse_warning(void*, _Out_ void**, _Out_ void**)",
    parseQosStats:
      "void gst_message_parse_qos_stats(void*, _Out_ int*, _Out_ uint64_t*, _Out_ uint64_t*)",
    capsFromString: "void* gst_caps_from_string(str)",
    memoryNewWrapped:
      "void* gst_memory_new_wrapped(uint, void*, size_t, size_t, size_t, void*, void*)",
    bufferNew: "void* gst_buffer_new()",
    bufferAppendMemory: "void gst_buffer_append_memory(void*, void*)",
    bufferSize: "size_t gst_buffer_get_size(void*)",
    bufferExtract: "size_t gst_buffer_extract(void*, size_t, void*, size_t)",
    sampleGetBuffer: "void* gst_sample_get_buffer(void*)",
    ref: "void* gst_mini_object_ref(void*)",
    unref: "void gst_mini_object_unref(void*)",
    objectUnref: "void gst_object_unref(void*)",
    objectName: "void* gst_object_get_name(void*)",
  });
}
