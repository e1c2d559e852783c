/**
 * The page at `/vnc/`: the desktop by VNC, for browsers and networks that WebRTC does not work with.
 */
import { retryDelayMs } from "../connection.ts";
import { element } from "../dom.ts";
import { FullScreen } from "../full-screen.ts";
import { strings } from "../strings.ts";
import { TokenStore } from "../token.ts";
import { VncCard, type VncCardState } from "./vnc-card.ts";
import { kasmClientUrl, requestVncSession } from "./vnc-session-request.ts";
import { VncToolbar } from "./vnc-toolbar.ts";
import { VncView, type VncLoss, type VncMode } from "./vnc-view.ts";

/** Of the page's main address: this one is a folder below it. */
const mainPage = new URL("../", location.href).href;

class VncPage {
  readonly #tokens = new TokenStore();
  readonly #stage = element("div", {
    className: "vnc-stage",
    attributes: { role: "application", "aria-label": strings.stage },
  });
  readonly #card = new VncCard({
    onToken: (token) => {
      this.#tokens.keep(token);
      void this.#connect();
    },
    onTryAgain: () => {
      this.#attempt = 0;
      void this.#connect();
    },
    mainPage,
  });
  readonly #fullScreen = new FullScreen({
    onChange: (active) => {
      this.#toolbar.setFullScreen(active);
    },
  });
  readonly #toolbar: VncToolbar = new VncToolbar(
    {
      onMode: (mode) => {
        this.#mode = mode;
        this.#view?.setMode(mode);
      },
      onSecureAttention: () => {
        this.#view?.sendCtrlAltDel();
      },
      onFullScreen: () => {
        void this.#fullScreen.toggle();
      },
      onDone: () => {
        this.#view?.focus();
      },
    },
    {
      ...{ mode: "scale", mainPage },
      fullScreenAvailable: this.#fullScreen.available,
    },
  );
  #mode: VncMode = "scale";
  #view: VncView | undefined;
  #attempt = 0;
  /** Counts requests: the answer to one that somebody did not wait for is of no use. */
  #request = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The agent has said that the session ends, and has not been heard of since: that it is not reached is no news then. */
  #hasEnded = false;

  start(): void {
    document.getElementById("splash")?.remove();
    document.body.append(
      this.#stage,
      this.#toolbar.element,
      this.#card.element,
    );
    window.addEventListener("hashchange", () => {
      if (this.#tokens.takeFromAddress()) location.reload();
    });
    this.#tokens.takeFromAddress();
    void this.#connect();
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#timer);
    this.#view?.close();
    const request = (this.#request += 1);
    const { token } = this.#tokens;
    if (token === undefined) {
      this.#show({ kind: "needs-token", rejected: false });
      return;
    }
    if (!this.#hasEnded) this.#show({ kind: "connecting" });
    const answer = await requestVncSession(location.href, token);
    if (request !== this.#request) return;
    if (answer.kind !== "network") this.#hasEnded = false;
    switch (answer.kind) {
      case "unauthorized":
        this.#reject();
        break;
      case "unavailable":
        this.#onLost({ reason: "unavailable", retry: true });
        break;
      case "off":
        this.#onLost({ reason: "off", retry: true });
        break;
      case "network":
        this.#onLost({ reason: "network", retry: true });
        break;
      case "session":
        if (answer.session.client === "kasmvnc")
          location.replace(kasmClientUrl(location.href));
        else {
          this.#show({ kind: "connecting" });
          this.#open(token);
        }
        break;
    }
  }

  #open(token: string): void {
    this.#view = new VncView({
      ...{ parent: this.#stage, url: mainPage, token, mode: this.#mode },
      listener: {
        onConnected: ({ role }) => {
          this.#toolbar.setRole(role);
        },
        onFirstFrame: () => {
          this.#attempt = 0;
          this.#show({ kind: "picture" });
          this.#view?.focus();
        },
        onLost: (loss) => {
          this.#onLost(loss);
        },
        onLeave: () => {
          this.#toolbar.focus();
        },
      },
    });
  }

  #onLost(loss: VncLoss | { reason: "off"; retry: boolean }): void {
    if (loss.reason === "unauthorized") {
      this.#reject();
      return;
    }
    this.#hasEnded ||= loss.reason === "goingAway";
    const reason = this.#hasEnded ? "goingAway" : loss.reason;
    this.#show({ kind: "lost", ...loss, reason });
    if (!loss.retry) return;
    this.#attempt += 1;
    this.#timer = setTimeout(
      () => void this.#connect(),
      retryDelayMs(this.#attempt, Math.random()),
    );
  }

  #reject(): void {
    this.#tokens.forget();
    this.#show({ kind: "needs-token", rejected: true });
  }

  #show(state: VncCardState): void {
    document.body.dataset["state"] = state.kind;
    this.#toolbar.element.hidden = state.kind !== "picture";
    this.#card.show(state);
  }
}

new VncPage().start();
