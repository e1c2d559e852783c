/**
 * What a session makes of sharing: who has the control acts, and the others let go.
 */
import {
  Sharing,
  type ResumeKeeper,
  type SharingNotice,
  type SharingState,
} from "../sharing.ts";

/** What the page gives to sharing. */
export interface SharingOptions {
  /** What the others are to call this page. */
  name?: string | undefined;
  /** Keeps a name that was chosen anew. */
  onName?: (name: string) => void;
  /** Keeps the place that this page has; where left out, as long as the session lives. */
  resume?: ResumeKeeper;
}

/** @param pageUrl the address of the agent's page, for links. */
export function makeSharing(
  pageUrl: string,
  { name = "", onName, resume }: SharingOptions = {},
): Sharing {
  return new Sharing({
    resume: resume ?? { secret: undefined },
    name,
    ...(onName === undefined ? {} : { onName }),
    pageUrl: () => pageUrl,
  });
}

/** Told of this page's control, and of everything else. */
export interface ControlListener {
  /** This page may act from now on, or may not. */
  onControl(mayControl: boolean): void;
  onChange(state: SharingState): void;
  onNotice(notice: SharingNotice): void;
}

/** Tells `listener` as long as `sharing` lives. A page begins without control. */
export function followControl(
  sharing: Sharing,
  listener: ControlListener,
): void {
  let hadControl = false;
  sharing.subscribe({
    onChange: (state) => {
      if (state.mayControl !== hadControl) {
        hadControl = state.mayControl;
        listener.onControl(hadControl);
      }
      listener.onChange(state);
    },
    onNotice: (notice) => {
      listener.onNotice(notice);
    },
  });
}
