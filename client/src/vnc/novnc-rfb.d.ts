/** The part of noVNC that this client uses; see the alias in vite.config.ts and noVNC's docs/API.md. */
declare module "novnc-rfb" {
  /** An RFB connection, drawn into an element. Events: `connect`, `disconnect`, `securityfailure`. */
  export default class RFB extends EventTarget {
    constructor(
      target: HTMLElement,
      channel: WebSocket,
      options?: { shared?: boolean },
    );
    viewOnly: boolean;
    scaleViewport: boolean;
    clipViewport: boolean;
    resizeSession: boolean;
    showDotCursor: boolean;
    background: string;
    qualityLevel: number;
    focusOnClick: boolean;
    disconnect(): void;
    focus(): void;
    blur(): void;
    /** Presses and releases where `down` is left out. */
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    sendCtrlAltDel(): void;
    clipboardPasteFrom(text: string): void;
  }
}
