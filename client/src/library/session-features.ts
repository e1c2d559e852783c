/**
 * Files and the size of the screen, as features of a session: what they have to say goes out as events.
 */
import { Files } from "../files.ts";
import { filesNoticeWords } from "../file-strings.ts";
import { ScreenSizing } from "../resize.ts";
import { saveBlob } from "../save-blob.ts";
import { defaultMode, type ScreenMode } from "../screen-mode.ts";
import type { Sharing } from "../sharing.ts";
import type { Emitter } from "./emitter.ts";
import type { ClientEvents } from "./session-options.ts";

/** Makes the transfer of files of a session; what is received is saved as a download of the page. */
export function makeFiles(events: Emitter<ClientEvents>): Files {
  const files = new Files({
    onNotice: (notice) => {
      events.emit("notice", filesNoticeWords(notice));
    },
    save: saveBlob,
  });
  files.subscribe(() => {
    events.emit("files", files.state);
  });
  return files;
}

/** Makes what fits the remote screen and the stage to each other; only who has the control changes the screen. */
export function makeSizing(parts: {
  stage: HTMLElement;
  video: HTMLVideoElement;
  sharing: Sharing;
  events: Emitter<ClientEvents>;
  mode: ScreenMode | undefined;
}): ScreenSizing {
  const { stage, video, sharing, events, mode = defaultMode } = parts;
  return new ScreenSizing({
    ...{ stage, video, mode },
    mayControl: () => sharing.state.mayControl,
    onMode: (chosen) => {
      events.emit("screenMode", chosen);
    },
    onNotice: (words) => {
      events.emit("notice", words);
    },
  });
}
