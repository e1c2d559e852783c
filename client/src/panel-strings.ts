/**
 * The words of the side panel. Pure.
 */

import { limitWords } from "./file-strings.ts";

export const panelStrings = {
  title: "Session",
  sections: "Sections",
  close: "Close",
  quality: {
    title: "Quality",
    legend: "The most to send",
    presets: {
      automatic: {
        name: "Automatic",
        hint: "As good as the session and the connection allow.",
      },
      balanced: { name: "Balanced", hint: "At most 4 Mbit/s." },
      saver: {
        name: "Save data",
        hint: "At most 1.5 Mbit/s and 30 frames a second.",
      },
      slow: {
        name: "Slow connection",
        hint: "At most 0.4 Mbit/s and 15 frames a second.",
      },
    },
    viewersOnly: "Whoever controls the session decides about its quality.",
    graph: "Delay in the last minute",
    roundTrip: "Round trip",
    inBrowser: "In this browser",
    more: "More figures",
    overPicture: "Show the figures over the picture",
  },
  sound: {
    title: "Sound",
    on: "Play the session’s sound",
    volume: "Volume",
    none: "This session sends no sound.",
    blocked: "The browser plays sound only after you turn it on.",
    microphone: "Let the session hear my microphone",
    microphoneLevel: "How loud you are",
    microphoneDevice: "Microphone",
    microphoneDefault: "The browser's choice",
    unnamedDevice: "Microphone without a name",
  },
  display: {
    title: "Display",
    fullScreen: "Full screen",
    fullScreenHint:
      "In full screen the session also gets the keys that the browser keeps to itself, where the browser allows it.",
    noFullScreen: "This browser has no full screen for pages.",
    mode: "The remote screen",
    modes: {
      follow: {
        name: "Follow this window",
        hint: "It always has the size of the window.",
      },
      scale: {
        name: "Scale to the window",
        hint: "It keeps its size, and the picture is scaled.",
      },
      actual: {
        name: "Actual size",
        hint: "One pixel is one pixel; what does not fit is scrolled.",
      },
    },
    sizeOf: (width: number, height: number): string =>
      `It has ${width} × ${height} pixels now.`,
    fixed: "Only who controls the session changes its size.",
    keeps: "The screen of this session keeps its size.",
  },
  clipboard: {
    title: "Clipboard",
    text: "Text",
    textHint: "Text for the session’s clipboard; paste it there as usual.",
    send: "Put on the session’s clipboard",
    sent: "It is on the session’s clipboard.",
    remote: "On the session’s clipboard",
    remoteNone: "Nothing.",
    formats: { text: "Text", html: "Formatted text", png: "A picture" },
    refusals: {
      "not-allowed": "This session does not take that.",
      "too-large": "It is larger than this session takes.",
      outdated: "Something newer was copied meanwhile.",
      unavailable: "The program that copied it does not give it.",
      failed: "It did not get through.",
      browser: "The browser did not let this page at its clipboard.",
    },
    copy: "Copy to this device",
    copied: "Copied to this device.",
    copyFailed: "The browser did not let this page copy it.",
    viewersOnly: "Only who controls the session uses its clipboard.",
    directions: {
      off: "This session shares no clipboard.",
      in: "This session takes what you copy, and gives nothing back.",
      out: "This session gives what is copied in it, and takes nothing.",
      both: "What is copied on either side can be pasted on the other.",
    },
  },
  keyboard: {
    title: "Keyboard",
    combinations: "Press keys in the session",
    combinationsHint:
      "For keys that your system or the browser would take for themselves.",
    layout: "Layout in the session",
    layoutOwn: "The display’s own",
    viewersOnly: "You can look at this session, but not type into it.",
    leave: "Control, Alt, Shift and M leads from the session to this page.",
  },
  files: {
    title: "Files",
    drop: "Drop files here or anywhere on the picture, or",
    choose: "Choose files…",
    most: (bytes: number): string =>
      `Files of up to ${limitWords(bytes)} each.`,
    uploads: "Transfers",
    clear: "Clear the list",
    cancel: "Cancel",
    cancelNamed: (name: string): string => `Cancel ${name}`,
    folder: "In the session’s folder",
    folderEmpty: "There are no files.",
    folderMore: "These are the latest; there are more.",
    folderAsking: "Looking…",
    refresh: "Look again",
    download: "Download",
    upload: "Upload",
    downloadNamed: (name: string): string => `Download ${name}`,
    states: {
      waiting: "Waiting",
      moving: "Under way",
      done: "Done",
      failed: "Failed",
      cancelled: "Cancelled",
    },
    neither: "This session exchanges no files.",
  },
  sharing: {
    title: "Sharing",
    people: "Who is here",
    you: "You",
    controls: "Controls",
    looks: "Looks",
    mine: "You control the session.",
    others: "Somebody else controls the session.",
    free: "Nobody controls the session.",
    looking: "You can look at this session.",
    request: "Ask for control",
    take: "Take control",
    takeBack: "Take control from those who look",
    name: "Your name",
    nameHint: "The others see it. Leave it empty to be a guest.",
    asked: "You have asked for control.",
    release: "Give control back",
    give: "Give control",
    giveTo: (name: string): string => `Give control to ${name}`,
    asks: (name: string): string => `${name} asks for control.`,
    refuse: "Not now",
    refuseNamed: (name: string): string => `Not now: ${name} asks for control`,
    remove: "Remove",
    removeNamed: (name: string): string => `Remove ${name} from the session`,
    link: "Link for looking",
    linkHint: "Whoever has it can look at this session, and do nothing in it.",
    copyLink: "Copy the link",
    copied: "Copied.",
    copyFailed: "Select the link and copy it.",
  },
  about: {
    title: "About",
    words:
      "This is a Linux desktop that runs somewhere else. Picture and sound come to you by WebRTC.",
    version: "Version",
    health: "Session",
    status: {
      ready: "All is well",
      degraded: "Works, with trouble",
      "not-ready": "Not ready",
    },
    unknown: "Not connected",
    keys: "Keys",
    leaveKeys: "Ctrl+Alt+Shift+M",
    leaveMeaning: "leads from the session to the controls of this page",
    escape: "Esc",
    escapeMeaning: "leads from the controls back to the session",
    licenses: "Licences of what this page is built with",
  },
} as const;

/** The graph in words, for those who do not see it. `undefined`: not known. */
export function graphWords(
  latestMs: number | undefined,
  worstMs: number | undefined,
): string {
  if (latestMs === undefined || worstMs === undefined)
    return "Round trip: not known yet.";
  return `Round trip: ${Math.round(latestMs)} ms now, ${Math.round(worstMs)} ms at most in the last minute.`;
}
