/**
 * The page's panel with every section in it, on made-up contents, without an agent: to look at while working on it, and
 * for the tests. Not part of what is built.
 */
import { element } from "../src/dom.ts";
import { SessionClient } from "../src/library/session-client.ts";
import { PagePanel } from "../src/page-panel.ts";
import { SettingsStore } from "../src/settings.ts";
import {
  clipboardState,
  displayState,
  filesState,
  keyboardState,
  Sample,
  sharingState,
} from "./samples.ts";

/** What was asked of the features, in order, as words. */
const calls: string[] = [];
const note =
  (name: string) =>
  (...values: readonly unknown[]): void => {
    calls.push([name, ...values].join(" "));
  };

const clipboard = new Sample(clipboardState);
const display = new Sample(displayState);
const keyboard = new Sample(keyboardState);
const files = new Sample(filesState);
const sharing = new Sample(sharingState);

const client = new SessionClient({
  url: location.href,
  token: () => undefined,
});
const page = element("main");
client.mount(page);
document.body.append(page);
document.body.classList.add("had-picture");

const panel = new PagePanel({
  parent: page,
  client,
  settings: new SettingsStore(undefined),
  controls: {
    clipboard: Object.assign(clipboard, {
      send: (text: string) => {
        note("send")(text);
        return Promise.resolve(true);
      },
      copy: () => {
        note("copy")();
        return Promise.resolve(true);
      },
    }),
    display: Object.assign(display, {
      setMode: (mode: typeof displayState.mode) => {
        note("mode")(mode);
        display.set({ ...display.state, mode });
      },
    }),
    keyboard: Object.assign(keyboard, {
      press: note("press"),
      setLayout: note("layout"),
    }),
    files: Object.assign(files, {
      upload: (chosen: readonly File[]) => {
        note("upload")(...chosen.map(({ name }) => name));
      },
      drop: () => {
        note("drop")();
      },
      cancel: note("cancel"),
      clear: note("clear"),
      download: note("download"),
      refresh: note("refresh"),
    }),
    sharing: Object.assign(sharing, {
      request: note("request"),
      release: note("release"),
      give: note("give"),
      refuse: note("refuse"),
      remove: note("remove"),
      take: note("take"),
      rename: note("rename"),
    }),
  },
  onMute: note("mute"),
  onFigures: note("figures"),
  onOpen: note("open"),
  onAttention: note("attention"),
  onDone: note("done"),
});

Object.assign(window, {
  gallery: { calls, panel: panel.panel, clipboard, display, files, sharing },
});
