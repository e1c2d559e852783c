import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  linkWith,
  Sharing,
  type SharingNotice,
  type SharingState,
} from "../../../client/src/sharing.ts";
import { dispatch, helloOf } from "../../../client/src/feature.ts";
import { BulkChannel } from "../../../signaling/protocol/bulk-channel.ts";
import type {
  ClientMessage,
  ServerMessage,
} from "../../../signaling/protocol.ts";

const page = "https://desk.example/s/1/?codec=vp8#token=controllers";

let sent: ClientMessage[];
let states: SharingState[];
let notices: SharingNotice[];
let keeper: { secret: string | undefined };
let names: string[];
let sharing: Sharing;

beforeEach(() => {
  sent = [];
  states = [];
  notices = [];
  names = [];
  keeper = { secret: undefined };
  sharing = new Sharing({
    resume: keeper,
    name: "",
    onName: (name) => {
      names.push(name);
    },
    pageUrl: () => page,
  });
  sharing.subscribe({
    onChange: (state) => {
      states.push(state);
    },
    onNotice: (notice) => {
      notices.push(notice);
    },
  });
});

it.each(["giveControl", "denyControl", "kick", "rename"] as const)(
  "%s takes strings alone, and sends nothing else",
  (method) => {
    open();
    for (const given of [undefined, null, 7, {}])
      expect(() => {
        sharing[method](given as string);
      }).toThrow(TypeError);
    expect(sent).toEqual([]);
  },
);

function hear(message: ServerMessage): void {
  dispatch([sharing], message);
}

function open(viewerId = "me"): void {
  const nothing = { sendFrame: () => undefined, sendMessage: () => undefined };
  sharing.onOpen({
    viewerId,
    role: "controller",
    send: (message) => {
      sent.push(message);
    },
    bulk: new BulkChannel("viewer", nothing),
  });
}

const control = {
  type: "control",
  mode: "exclusive",
  holders: ["me"],
  requests: ["other"],
  yours: true,
  mayAsk: false,
  decides: ["other"],
  kept: false,
} as const;

function hearControl(changes: Partial<SharingWire> = {}): void {
  hear({
    ...control,
    holders: [...control.holders],
    requests: [...control.requests],
    decides: [...control.decides],
    ...changes,
  });
}
type SharingWire = Extract<ServerMessage, { type: "control" }>;

describe("the page's side of sharing", () => {
  it("knows nothing and may do nothing before it is let in", () => {
    expect(sharing.state).toMatchObject({
      isConnected: false,
      mayControl: false,
      viewers: [],
    });
    sharing.takeControl();
    expect(sent).toEqual([]);
  });

  it("says what the agent says", () => {
    open();
    hearControl();
    expect(sharing.state).toMatchObject({
      isConnected: true,
      viewerId: "me",
      role: "controller",
      mode: "exclusive",
      mayControl: true,
      isAsking: false,
      requests: ["other"],
      decides: ["other"],
    });
    hearControl({ yours: false, mayAsk: true, requests: ["me"], decides: [] });
    expect(sharing.state).toMatchObject({ mayControl: false, isAsking: true });
    expect(states.at(-1)).toBe(sharing.state);
  });

  it("loses control with its connection, and remembers the others", () => {
    open();
    hearControl();
    const viewer = {
      id: "me",
      number: 1,
      name: "",
      role: "controller",
      since: "2026-01-01T00:00:00.000Z",
      controls: true,
      transport: "webrtc",
    } as const;
    hear({ type: "presence", viewers: [viewer] });
    sharing.onClosed();
    expect(sharing.state).toMatchObject({
      isConnected: false,
      mayControl: false,
      decides: [],
      viewers: [viewer],
    });
  });

  it.each([
    ["requestControl", { type: "control-request" }],
    ["takeControl", { type: "control-take" }],
    ["releaseControl", { type: "control-release" }],
    ["giveControl", { type: "control-give", viewer: "other" }],
    ["denyControl", { type: "control-deny", viewer: "other" }],
    ["kick", { type: "kick", viewer: "other" }],
  ] as const)("asks the agent to %s", (method, message) => {
    open();
    sharing[method]("other");
    expect(sent).toEqual([message]);
  });

  it("passes on what has happened to its control", () => {
    hear({ type: "control-notice", event: "taken", by: "other" });
    hear({ type: "control-notice", event: "expired" });
    expect(notices).toEqual([
      { event: "taken", by: "other" },
      { event: "expired" },
    ]);
  });

  it("tells nobody who does not listen any more", () => {
    const heard = vi.fn();
    const end = sharing.subscribe({ onChange: heard });
    end();
    end();
    open();
    expect(heard).not.toHaveBeenCalled();
  });
});

describe("its hello", () => {
  it("has nothing to add at first", () => {
    expect(helloOf([sharing])).toEqual({});
  });

  it("has the secret of the latest welcome, and the name", () => {
    hear({
      type: "welcome",
      version: 1,
      viewerId: "me",
      role: "controller",
      resume: "secret",
      agentVersion: "1",
      screen: { width: 1, height: 1 },
      iceServers: [],
      iceTransportPolicy: "all",
    });
    sharing.rename(" Ann ");
    expect(keeper.secret).toBe("secret");
    expect(names).toEqual(["Ann"]);
    expect(helloOf([{ handlers: {} }, sharing])).toEqual({
      name: "Ann",
      resume: "secret",
    });
  });

  it("has a name that the agent takes, however long it is", () => {
    open();
    sharing.rename("😀".repeat(200));
    expect(sharing.name.length).toBeLessThanOrEqual(160);
    expect(sharing.name.isWellFormed()).toBe(true);
    expect(sent).toEqual([{ type: "rename", name: sharing.name }]);
  });
});

describe("a link for lookers", () => {
  it("is this page with the token of lookers in place of its own", async () => {
    open();
    const link = sharing.shareLink();
    expect(sent).toEqual([{ type: "share-link" }]);
    hear({ type: "share-link", token: "look+er&s" });
    await expect(link).resolves.toBe(
      "https://desk.example/s/1/?codec=vp8#token=look%2Ber%26s",
    );
    const { hash } = new URL(linkWith(page, "look+er&s"));
    expect(new URLSearchParams(hash.slice(1)).get("token")).toBe("look+er&s");
  });

  it("is refused with the agent's words", async () => {
    open();
    const link = sharing.shareLink();
    hear({
      type: "error",
      error: "not-allowed",
      message: "only lets you look",
      about: "share-link",
    });
    await expect(link).rejects.toThrow("only lets you look");
  });

  it("is not waited for without end, nor without a connection", async () => {
    vi.useFakeTimers();
    try {
      await expect(sharing.shareLink()).rejects.toThrow("no connection");
      open();
      const late = expect(sharing.shareLink()).rejects.toThrow("not answer");
      await vi.advanceTimersByTimeAsync(5_000);
      await late;
      const lost = expect(sharing.shareLink()).rejects.toThrow("was lost");
      sharing.onClosed();
      await lost;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
