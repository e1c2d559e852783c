/**
 * What clients say to VNC servers, message by message: how long each is, and who may say it.
 *
 * Plain RFB is RFC 6143, section 7.5, with the extensions that noVNC and TigerVNC have (registry of the RFB community
 * wiki); KasmVNC's dialect is that of its own server, whose pointer events have 11 bytes.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";

export const rfbDialects = ["rfb", "kasm"] as const;
/** `rfb`: plain RFB; `kasm`: KasmVNC's. */
export type RfbDialect = (typeof rfbDialects)[number];

/**
 * What a message needs: `look` everybody has; `input`, `clipboard` and `resize` are given by role and settings; `nobody`
 * has what would go around the agent, such as a relay to other sockets, or a power switch.
 */
export type RfbRight = "look" | "input" | "clipboard" | "resize" | "nobody";

/** What becomes of a message whose right the client has. */
export type RfbFate =
  /** To the VNC server. */
  | "forward"
  /** To the agent itself, which does it by its own rules. */
  | "agent"
  /** To both: the server refuses it, and clients wait for its answer before they ask again. */
  | "both";

/** `take`: so many bytes at once, which the reader is given; `pass`: so many bytes, as they come. */
export type ReadStep = { take: number } | { pass: number };
/** Reads one message from behind its type; each `take` is answered with its bytes. */
export type MessageReader = () => Generator<ReadStep, void, Buffer>;

/** One type of message. */
export interface RfbRule {
  readonly name: string;
  readonly right: RfbRight;
  readonly fate: RfbFate;
  readonly read: MessageReader;
}

/** Bounds: no real client comes near them. */
export const rfbLimits = {
  encodings: 1_024,
  screens: 16,
  fenceBytes: 64,
  clipboardFormats: 32,
  mimeBytes: 127,
} as const;

/** Encodings that a client does not get, since what they bring is not the VNC server's business, or not followed here. */
export const withheldEncodings: ReadonlySet<number> = new Set([
  // Extended clipboard: contents go by the agent's own channel and rules.
  0xc0a1e5ce | 0,
  // Extended mouse buttons: pointer events would have two lengths.
  -316,
  // QEMU audio, xvp (power switch), GII (tablets).
  -259,
  -309,
  -305,
]);

function badMessage(what: string): StreamSpaceError {
  return new StreamSpaceError("bad-message", `RFB: ${what}`);
}

/** A message of `total` bytes, its type included. */
function fixed(total: number): MessageReader {
  return function* () {
    yield { take: total - 1 };
  };
}

function* setEncodings(): Generator<ReadStep, void, Buffer> {
  const count = (yield { take: 3 }).readUInt16BE(1);
  if (count > rfbLimits.encodings) throw badMessage(`${count} encodings`);
  if (count > 0) yield { take: 4 * count };
}

function* setDesktopSize(): Generator<ReadStep, void, Buffer> {
  const screens = (yield { take: 7 }).readUInt8(5);
  if (screens > rfbLimits.screens) throw badMessage(`${screens} screens`);
  if (screens > 0) yield { take: 16 * screens };
}

/** A negative length is that of the extended form. */
function* cutText(): Generator<ReadStep, void, Buffer> {
  const length = (yield { take: 7 }).readInt32BE(3);
  yield { pass: Math.abs(length) };
}

function* fence(): Generator<ReadStep, void, Buffer> {
  const length = (yield { take: 8 }).readUInt8(7);
  if (length > rfbLimits.fenceBytes)
    throw badMessage(`a fence of ${length} bytes`);
  if (length > 0) yield { take: length };
}

/** Of QEMU's messages only keys are left: no server offers the others, see {@link withheldEncodings}. */
function* qemu(): Generator<ReadStep, void, Buffer> {
  const submessage = (yield { take: 1 }).readUInt8(0);
  if (submessage !== 0) throw badMessage(`QEMU's message ${submessage}`);
  yield { take: 10 };
}

function* kasmClipboard(): Generator<ReadStep, void, Buffer> {
  const formats = (yield { take: 1 }).readUInt8(0);
  if (formats > rfbLimits.clipboardFormats)
    throw badMessage(`${formats} formats of a clipboard`);
  for (let index = 0; index < formats; index += 1) {
    const mimeBytes = (yield { take: 1 }).readUInt8(0);
    if (mimeBytes > rfbLimits.mimeBytes)
      throw badMessage(`a MIME type of ${mimeBytes} bytes`);
    const head = yield { take: mimeBytes + 4 };
    yield { pass: head.readUInt32BE(mimeBytes) };
  }
}

function* kasmUdp(): Generator<ReadStep, void, Buffer> {
  yield { pass: (yield { take: 2 }).readUInt16BE(0) };
}

function* kasmRelayName(): Generator<ReadStep, void, Buffer> {
  yield { pass: (yield { take: 1 }).readUInt8(0) };
}

function* kasmRelay(): Generator<ReadStep, void, Buffer> {
  yield* kasmRelayName();
  yield { pass: (yield { take: 4 }).readUInt32BE(0) };
}

function rule(
  name: string,
  right: RfbRight,
  read: MessageReader,
  fate: RfbFate = "forward",
): RfbRule {
  return { name, right, fate, read };
}

const common = {
  0: rule("SetPixelFormat", "look", fixed(20)),
  2: rule("SetEncodings", "look", setEncodings),
  3: rule("FramebufferUpdateRequest", "look", fixed(10)),
  150: rule("EnableContinuousUpdates", "look", fixed(10)),
  248: rule("ClientFence", "look", fence),
} satisfies Readonly<Record<number, RfbRule>>;

/** The messages of each dialect, by type. Any other type ends the connection: where it ends is not known. */
export const rfbRules: Readonly<
  Record<RfbDialect, Readonly<Record<number, RfbRule>>>
> = {
  rfb: {
    ...common,
    4: rule("KeyEvent", "input", fixed(8), "agent"),
    5: rule("PointerEvent", "input", fixed(6), "agent"),
    6: rule("ClientCutText", "clipboard", cutText, "agent"),
    250: rule("xvp", "nobody", fixed(4)),
    251: rule("SetDesktopSize", "resize", setDesktopSize, "both"),
    255: rule("QEMU", "input", qemu, "agent"),
  },
  kasm: {
    ...common,
    4: rule("KeyEvent", "input", fixed(8)),
    5: rule("PointerEvent", "input", fixed(11)),
    // Its server ignores the old form; the new one is BinaryClipboard.
    6: rule("ClientCutText", "nobody", cutText),
    178: rule("RequestStats", "look", fixed(4)),
    179: rule("FrameStats", "look", fixed(12)),
    180: rule("BinaryClipboard", "clipboard", kasmClipboard),
    // A port that nobody has asked for, and sockets of other programs.
    181: rule("UpgradeToUdp", "nobody", kasmUdp),
    182: rule("SubscribeUnixRelay", "nobody", kasmRelayName),
    183: rule("UnixRelay", "nobody", kasmRelay),
    184: rule("KeepAlive", "look", fixed(1)),
    // The session's screen is the agent's to resize; a KasmVNC beside it gives its own the same size.
    251: rule("SetDesktopSize", "resize", setDesktopSize, "both"),
    // A setting of the server, for all viewers.
    252: rule("SetMaxVideoResolution", "input", fixed(5)),
    255: rule("QEMU", "input", qemu),
  },
};
