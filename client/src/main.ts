/**
 * Composes the page.
 */
import { chooseCodecs } from "./codec-choice.ts";
import { hasPicture, isLive, type ConnectionState } from "./connection.ts";
import { element } from "./dom.ts";
import { FullScreen } from "./full-screen.ts";
import { InputSender } from "./input-sender.ts";
import { Keyboard } from "./keyboard.ts";
import { Overlay } from "./overlay.ts";
import { storedName, storeName } from "./display-name.ts";
import { exposePageHandle } from "./page-handle.ts";
import { Picture } from "./picture.ts";
import { Pointer } from "./pointer.ts";
import { ResumeSecret } from "./resume-secret.ts";
import { Sharing } from "./sharing.ts";
import { signalingUrl } from "./signaling-url.ts";
import { Sound } from "./sound.ts";
import { StatsSampler } from "./stats-sampler.ts";
import { strings } from "./strings.ts";
import { TokenStore } from "./token.ts";
import { Viewer } from "./viewer.ts";

const tokens = new TokenStore();
const forcedCodec = new URLSearchParams(location.search).get("codec");
const input = new InputSender();
const sharing = new Sharing({
  resume: new ResumeSecret(),
  name: storedName(),
  onName: storeName,
  pageUrl: () => location.href,
});
const picture = new Picture({
  onFrame: () => {
    viewer.frameShown();
  },
});
const sound = new Sound({
  onState: (state) => {
    overlay.showSound(state);
  },
});
const stage = element(
  "div",
  {
    className: "stage",
    attributes: {
      tabindex: "-1",
      role: "application",
      "aria-label": strings.stage,
      "aria-description": strings.stageHelp,
    },
  },
  picture.element,
);
const page = element("main", {}, stage, sound.element);

const viewer: Viewer = new Viewer({
  url: signalingUrl(location.href),
  token: () => tokens.token ?? "",
  isTokenKnown: () => tokens.isKnown,
  features: [sharing],
  codecs: (refused) =>
    chooseCodecs({
      capabilities: videoCapabilities(),
      forced: forcedCodec,
      refused,
    }),
  input,
  listener: {
    onState,
    onTrack: (track) => {
      if (track.kind === "video") picture.show(track);
      else sound.play(track);
    },
    onHealth: (health) => {
      overlay.showHealth(health);
    },
    onOffered: (media) => {
      overlay.showOffered(media);
    },
    onError: (error) => {
      overlay.showError(error);
    },
  },
});

const pointer = new Pointer({
  stage,
  video: picture.element,
  screen: () => viewer.screen,
  input,
});
const keyboard = new Keyboard({
  stage,
  input,
  onRelease: () => {
    pointer.released();
    input.releaseAll();
  },
  onLeave: () => {
    overlay.toolbar.focus();
  },
});
const fullScreen = new FullScreen({
  onChange: (active) => {
    overlay.toolbar.setFullScreen(active);
  },
});
const overlay: Overlay = new Overlay({
  parent: page,
  fullScreenAvailable: fullScreen.available,
  isDragging: () => pointer.isDragging,
  actions: {
    onToken: (token) => {
      tokens.keep(token);
      viewer.tokenGiven();
    },
    onTryAgain: () => {
      viewer.tryAgain();
    },
    onUnlockSound: () => {
      sound.unlock();
    },
    onFullScreen: () => {
      void fullScreen.toggle();
    },
    onSound: () => {
      sound.toggle();
    },
    onDone: focusStage,
  },
});
const stats = new StatsSampler({
  connection: () => viewer.connection,
  onSnapshot: (snapshot) => {
    overlay.showStats(snapshot);
  },
});

function videoCapabilities(): RTCRtpCodec[] {
  // Some browsers are built, or configured, without WebRTC.
  if (!("RTCRtpReceiver" in window)) return [];
  return RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
}

function onState(state: ConnectionState): void {
  if (state.kind === "needs-token" && state.rejected) tokens.forget();
  if (state.kind === "negotiating") tokens.markKnown();
  const usable = hasPicture(state);
  pointer.enabled = usable;
  keyboard.enabled = usable;
  stage.tabIndex = usable ? 0 : -1;
  if (!isLive(state)) picture.hold();
  overlay.showState(state);
  // A focus that the user has put on a control stays there.
  if (usable && isNowhere(document.activeElement)) focusStage();
}

/** Browsers take the focus off a control that was hidden, but not at once. */
function isNowhere(focused: Element | null): boolean {
  return (
    focused === null ||
    focused === document.body ||
    focused.closest("[hidden]") !== null
  );
}

function focusStage(): void {
  stage.focus({ preventScroll: true });
}

/** What was held may not have arrived, or its release may not. */
input.onPathLost = () => {
  keyboard.releaseAll();
  pointer.released();
};

/** Whoever acts next must not find keys that this page holds. */
let hadControl = false;
sharing.subscribe({
  onChange: ({ mayControl }) => {
    if (hadControl && !mayControl) input.onPathLost?.();
    hadControl = mayControl;
  },
});

function listenToPage(): void {
  for (const type of ["pointerdown", "keydown"] as const) {
    document.addEventListener(
      type,
      () => {
        sound.unlock();
        if (picture.element.paused) picture.play();
      },
      { capture: true }, // The keyboard keeps its events from bubbling.
    );
  }
  // Another network, or none, or the same one again: what was open may be dead.
  for (const type of ["online", "offline"] as const) {
    window.addEventListener(type, () => {
      viewer.hurry();
    });
  }
  networkInformation()?.addEventListener("change", () => {
    viewer.hurry();
  });
  document.addEventListener("resume", () => {
    viewer.hurry();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) viewer.hurry();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") viewer.hurry();
  });
  window.addEventListener("pagehide", () => {
    viewer.suspend();
  });
  window.addEventListener("hashchange", () => {
    // With another token the page begins anew, whatever it was doing.
    if (tokens.takeFromAddress()) location.reload();
  });
}

/** Chromium tells of a change from one network to another, which is no `online`. */
function networkInformation(): EventTarget | undefined {
  return (navigator as Navigator & { connection?: EventTarget }).connection;
}

exposePageHandle({
  get state() {
    return viewer.state;
  },
  get stats() {
    return stats.snapshot;
  },
  get video() {
    return picture.element;
  },
  get audio() {
    return sound.element;
  },
  get screen() {
    return viewer.screen;
  },
  sharing,
});

document.body.append(page);
tokens.takeFromAddress();
listenToPage();
if (tokens.token === undefined) overlay.showState(viewer.state);
else viewer.tokenGiven();
