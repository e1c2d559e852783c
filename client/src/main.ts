/**
 * Composes the page.
 */
import { clipboardControls } from "./clipboard-controls.ts";
import { controlActions, controlStanding } from "./control-words.ts";
import { storedName, storeName } from "./display-name.ts";
import { displayControls } from "./display-controls.ts";
import { element } from "./dom.ts";
import { hasPicture, type ConnectionState } from "./connection.ts";
import { readTransport } from "./media-path.ts";
import { SessionKeyboardControls } from "./keyboard-controls.ts";
import { LatePanel } from "./late-panel.ts";
import { FileDrop } from "./file-drop.ts";
import { SessionClient } from "./library/session-client.ts";
import { Overlay } from "./overlay.ts";
import { exposePageHandle } from "./page-handle.ts";
import { presets } from "./quality-presets.ts";
import { readMode, writeMode } from "./screen-mode.ts";
import { keepShell } from "./shell.ts";
import { ResumeSecret } from "./resume-secret.ts";
import { browserStorage, SettingsStore } from "./settings.ts";
import { SharingPanelControls } from "./sharing-controls.ts";
import { controlWords, transportWords, viewerName } from "./strings.ts";
import { TokenStore } from "./token.ts";

const query = new URLSearchParams(location.search);
const tokens = new TokenStore();
const settings = new SettingsStore(browserStorage());
const page = element("main");

const client = new SessionClient({
  url: location.href,
  token: () => tokens.token,
  codec: query.get("codec"),
  transport: readTransport(query.get("transport")),
  vnc: () => import("./vnc/vnc-view.ts"),
  quality: presets[settings.get("quality")],
  muted: settings.get("muted"),
  volume: settings.get("volume"),
  isTokenKnown: () => tokens.isKnown,
  sharing: {
    name: storedName(),
    onName: storeName,
    resume: new ResumeSecret(),
  },
  screenMode: readMode(settings.get("screen")),
  fullScreenElement: document.documentElement,
});
client.mount(page);
tokens.takeFromAddress();
// The agent is reached while the rest of the page is made.
if (tokens.token !== undefined) client.connect();

const focusStage = (): void => {
  client.focus();
};
const keyboard = new SessionKeyboardControls(client);
const sharing = new SharingPanelControls(client.sharing);
const overlay: Overlay = new Overlay({
  parent: page,
  fullScreenAvailable: client.fullScreenAvailable,
  isDragging: () => client.pointer.isDragging,
  actions: {
    onToken: (token) => {
      tokens.keep(token);
      client.connect();
    },
    onTryAgain: () => {
      client.connect();
    },
    onUnlockSound: () => {
      client.audio.unlock();
    },
    onFullScreen: () => {
      void client.fullScreen(!client.isFullScreen);
    },
    onSound: () => {
      mute(client.sound === "on");
    },
    onMicrophone: () => {
      void client.microphone.turn(!client.microphone.isWanted);
    },
    onMenu: () => {
      panel.toggle();
    },
    onDone: focusStage,
  },
});
const panel: LatePanel = new LatePanel({
  parent: page,
  client,
  settings,
  controls: {
    clipboard: clipboardControls(client.clipboard, client.sharing),
    display: displayControls(client.sizing, client.sharing),
    keyboard,
    files: client.files,
    sharing,
  },
  onMute: mute,
  onFigures: (shown) => {
    overlay.showFigures(shown);
  },
  onOpen: (open) => {
    overlay.toolbar.setMenu(open);
    if (open) overlay.dropOffers();
  },
  onAttention: (wanted) => {
    overlay.toolbar.setMenuBadge(wanted);
  },
  onDone: focusStage,
});

function mute(muted: boolean): void {
  settings.set("muted", muted);
  client.mute(muted);
}

function onState(state: ConnectionState): void {
  if (state.kind === "needs-token" && state.rejected) tokens.forget();
  if (state.kind === "negotiating") tokens.markKnown();
  overlay.showState(state);
  panel.showState(state);
  if (state.kind === "connected") tellStanding();
  // A focus that the user has put on a control stays there.
  if (hasPicture(state) && isNowhere(document.activeElement)) focusStage();
}

/** The connection that was told who acts in its place. */
let toldStanding: string | undefined;
/** Whoever comes without control learns of it, and how to get it, before the first click that does nothing. */
function tellStanding(): void {
  const { viewerId } = client.sharing.state;
  if (viewerId === toldStanding) return;
  toldStanding = viewerId;
  const standing = controlStanding(client.sharing.state, sharing);
  const actions = controlActions(sharing);
  if (standing !== undefined && actions.length > 0)
    overlay.notify(standing, actions);
}

/** Browsers take the focus off a control that was hidden, but not at once. */
function isNowhere(focused: Element | null): boolean {
  return (
    focused === null ||
    focused === document.body ||
    focused.closest("[hidden], [inert]") !== null
  );
}

/** Shows where the keyboard has gone, to those who work without a pointer. */
function markArrival(): void {
  const { stage } = client;
  stage.addEventListener("focus", ({ relatedTarget }) => {
    const byKeyboard =
      relatedTarget !== null && stage.matches(":focus-visible");
    stage.classList.toggle("arrived", byKeyboard);
  });
  // A press gives the focus itself, and shows where.
  for (const type of ["pointerdown", "animationend"]) {
    stage.addEventListener(type, () => {
      stage.classList.remove("arrived");
    });
  }
}

markArrival();
new FileDrop(page, client.files);
client.on("connection", onState);
client.on("report", (health) => {
  overlay.showHealth(health);
});
client.on("ending", (ending) => {
  overlay.showEnding(ending);
});
client.on("offered", (media) => {
  overlay.showOffered(media);
});
client.on("notice", (words) => {
  overlay.notify(words);
});
client.on("control", ({ event, by }) => {
  const who = client.sharing.state.viewers.find(({ id }) => id === by);
  overlay.notify(
    controlWords(event, who === undefined ? undefined : viewerName(who)),
  );
});
client.on("screenMode", (mode) => {
  settings.set("screen", writeMode(mode));
});
client.on("microphone", (state) => {
  overlay.showMicrophone(state);
});
client.on("route", ({ transport, peerTrouble }) => {
  overlay.notify(transportWords(transport, peerTrouble));
});
client.on("error", ({ name, words }) => {
  if (words === undefined) return;
  overlay.notify(words, name === "no-control" ? controlActions(sharing) : []);
});
client.on("sharing", (state) => {
  overlay.showControl(state.mayControl, controlStanding(state, sharing));
});
client.on("sound", (state) => {
  overlay.showSound(state);
});
client.on("stats", (stats) => {
  overlay.showStats(stats);
});
client.on("fullScreen", (active) => {
  overlay.toolbar.setFullScreen(active);
});
client.on("leave", () => {
  overlay.toolbar.focus();
});
window.addEventListener("hashchange", () => {
  // With another token the page begins anew, whatever it was doing.
  if (tokens.takeFromAddress()) location.reload();
});

exposePageHandle({
  get state() {
    return client.connection;
  },
  get stats() {
    return client.stats;
  },
  get video() {
    return client.picture.element;
  },
  get audio() {
    return client.audio.element;
  },
  get screen() {
    return client.screen;
  },
  get transport() {
    return client.transport;
  },
  clipboard: {
    get state() {
      return client.clipboard.state;
    },
    onState: (listener) => client.clipboard.onState(listener),
    copyFromSession: () => client.clipboard.copyFromSession(),
    sendText: (text) => client.clipboard.sendText(text),
  },
  keyboard,
  files: client.files,
  microphone: client.microphone,
  sharing: client.sharing,
});

document.getElementById("splash")?.remove();
document.body.append(page);
overlay.showFigures(settings.get("figures"));
onState(client.connection);
keepShell();
