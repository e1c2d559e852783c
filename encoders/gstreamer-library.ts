/**
 * Native libraries in this process. The only module that imports the `koffi` package.
 *
 * Only the host child (`host/main.ts`) calls into it: a defect in a native library ends that child,
 * never the agent.
 */
import koffi, { type LibraryHandle } from "koffi";
import { messageOf, StreamSpaceError } from "../agent/base/errors.ts";

/** An address in this process; C's `NULL` is `null`. */
export type Pointer = bigint;

/** A C function. `async` runs it on a thread of libuv's pool and calls back on the main thread. */
export interface NativeFunction<Arguments extends unknown[], Result> {
  (...values: Arguments): Result;
  async(
    ...values: [...Arguments, (error: unknown, result: Result) => void]
  ): void;
}

/** A shared library. It stays loaded until the process ends. */
export class NativeLibrary {
  readonly #library: LibraryHandle;
  readonly #name: string;

  private constructor(library: LibraryHandle, name: string) {
    this.#library = library;
    this.#name = name;
  }

  /**
   * @param name file name as the dynamic linker knows it, with its version: `libgstreamer-1.0.so.0`.
   * @throws StreamSpaceError `missing-program` where it is not installed.
   */
  static open(name: string): NativeLibrary {
    try {
      return new NativeLibrary(koffi.load(name), name);
    } catch (cause) {
      throw new StreamSpaceError(
        "missing-program",
        `the library ${name} cannot be loaded: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  /** What this process is linked with, the C library above all. */
  static ofProcess(): NativeLibrary {
    return new NativeLibrary(koffi.load(null), "this process");
  }

  /**
   * The functions of `prototypes`, each a C declaration in koffi's words.
   * @throws StreamSpaceError `missing-program` where the library is too old to have one of them.
   */
  bind<Functions>(
    prototypes: Readonly<Record<keyof Functions & string, string>>,
  ): Functions {
    const bound = Object.entries<string>(prototypes).map(
      ([name, prototype]) => [name, this.#function(prototype)] as const,
    );
    // What koffi builds from a declaration has the type the caller wrote beside it; nothing can check that.
    return Object.fromEntries(bound) as Functions;
  }

  /** The address of a function, to hand to another function. */
  symbol(name: string): Pointer {
    return this.#library.symbol(name) as Pointer;
  }

  #function(prototype: string): unknown {
    try {
      return this.#library.func(prototype);
    } catch (cause) {
      throw new StreamSpaceError(
        "missing-program",
        `${this.#name} lacks "${prototype}"`,
        { cause },
      );
    }
  }
}

/** Public head of every GStreamer object that is counted by reference (gstminiobject.h). */
const miniObject = koffi.struct({
  type: "size_t",
  refcount: "int",
  lockstate: "int",
  flags: "uint",
  copy: "void*",
  dispose: "void*",
  free: "void*",
  privateInt: "uint",
  privatePointer: "void*",
});
/** `GstBuffer` up to what the host writes (gstbuffer.h). */
const buffer = koffi.struct({
  miniObject,
  pool: "void*",
  pts: "uint64_t",
});
/** `GstMessage` up to what the host reads (gstmessage.h). */
const message = koffi.struct({
  miniObject,
  type: "int",
  timestamp: "uint64_t",
  source: "void*",
});
/** `GError` (gerror.h). */
const gError = koffi.struct({ domain: "uint32_t", code: "int", text: "str" });
/** `GPollFD` (gmain.h). */
const gPollFd = koffi.struct({
  fd: "int",
  events: "uint16_t",
  revents: "uint16_t",
});

const offsets = {
  refcount: koffi.offsetof(miniObject, "refcount"),
  flags: koffi.offsetof(miniObject, "flags"),
  pts: koffi.offsetof(buffer, "pts"),
  messageType: koffi.offsetof(message, "type"),
  messageSource: koffi.offsetof(message, "source"),
};

/** References to a `GstMiniObject`, e.g. a `GstMemory`. */
export function readRefcount(object: Pointer): number {
  return koffi.decode(object, offsets.refcount, "int") as number;
}

/** Flags of a `GstMiniObject`, e.g. of a `GstBuffer`. */
export function readFlags(object: Pointer): number {
  return koffi.decode(object, offsets.flags, "uint") as number;
}

/** Presentation timestamp of a `GstBuffer` in nanoseconds. */
export function readPts(gstBuffer: Pointer): bigint {
  return BigInt(
    koffi.decode(gstBuffer, offsets.pts, "uint64_t") as number | bigint,
  );
}

/** Sets the presentation timestamp of a `GstBuffer`; for this GStreamer has a macro and no function. */
export function writePts(gstBuffer: Pointer, ptsNs: bigint): void {
  koffi.encode(gstBuffer, offsets.pts, "uint64_t", ptsNs);
}

/** Type and source of a `GstMessage`. */
export function readMessage(gstMessage: Pointer): {
  type: number;
  source: Pointer | null;
} {
  return {
    type: koffi.decode(gstMessage, offsets.messageType, "int") as number,
    source: koffi.decode(
      gstMessage,
      offsets.messageSource,
      "void*",
    ) as Pointer | null,
  };
}

/** What a `GError` says. */
export interface NativeError {
  /** Number of the domain, see `g_quark_to_string`. */
  domain: number;
  code: number;
  text: string;
}

/** What a `GError` says, copied; the caller still has to free it. @param error not null. */
export function readGError(error: Pointer): NativeError {
  return koffi.decode(error, gError) as NativeError;
}

/** A C string: UTF-8 up to a zero byte. */
export function readText(text: Pointer): string {
  return koffi.decode(text, "char", -1) as string;
}

/** A `GPollFD` for a function to fill in. */
export function newPollFd(): { pointer: Uint8Array; fd: () => number } {
  const memory = new Uint8Array(koffi.sizeof(gPollFd));
  return {
    pointer: memory,
    fd: () => new DataView(memory.buffer).getInt32(0, isLittleEndian),
  };
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The pointers of a C array. */
export function readPointers(array: Pointer, count: number): Pointer[] {
  return koffi.decode(array, koffi.array("void*", count)) as Pointer[];
}

/** Native memory as an `ArrayBuffer`; it must not be touched after the memory is gone. */
export function viewMemory(address: Pointer, bytes: number): ArrayBuffer {
  return koffi.view(address, bytes);
}

/** `errno` of the last native call on this thread. */
export function lastErrno(): number {
  return koffi.errno();
}

/** Calls back whenever `fd` can be read, until the returned function is called. */
export function watchReadable(fd: number, onReadable: () => void): () => void {
  const handle = koffi.node.poll(fd, { readable: true }, onReadable);
  return () => {
    handle.close();
  };
}
