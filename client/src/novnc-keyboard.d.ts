/** The part of noVNC's keyboard module that this client uses; see the alias in vite.config.ts. */
declare module "novnc-keyboard" {
  /** Turns DOM key events into X11 keysyms, with the quirks of each platform, and remembers what is held. */
  export default class Keyboard {
    constructor(target: EventTarget);
    /** `keysym` is `null` for keys without a meaning of their own, such as dead keys. */
    onkeyevent: (keysym: number | null, code: string, down: boolean) => void;
    /** Listens to the target; every key it gets is kept from the browser. */
    grab(): void;
    /** Stops listening and reports a release for every key that is held. */
    ungrab(): void;
  }
}
