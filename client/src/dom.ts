/**
 * Making elements. Text goes in as text nodes only, so nothing that arrives over the wire becomes markup.
 */

/** Makes an element with a class, attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: {
    className?: string;
    text?: string;
    attributes?: Readonly<Record<string, string>>;
  } = {},
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (options.className !== undefined) made.className = options.className;
  if (options.text !== undefined) made.textContent = options.text;
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** Shapes of the icons on a grid of 24, drawn as strokes. */
const iconPaths = {
  fullScreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  leaveFullScreen: "M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5",
  sound:
    "M4 10v4h3.5L12 18V6L7.5 10zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  muted: "M4 10v4h3.5L12 18V6L7.5 10zM16 9.5l5 5M21 9.5l-5 5",
  microphone:
    "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  microphoneOff:
    "M9 9v2a3 3 0 0 0 4.5 2.6M15 11V6a3 3 0 0 0-5.7-1.3M6 11a6 6 0 0 0 9 5.2M18 11a6 6 0 0 1-.6 2.6M12 17v4M4 4l16 16",
  statistics: "M5 20v-7M12 20V5M19 20v-11",
  keyboard: "M3 7h18v10H3zM6.5 10h.01M10 10h.01M13.5 10h.01M17 10h.01M8 14h8",
  more: "M5 9.5l7 6 7-6",
  desktop: "M4 5h16v11H4zM9 20h6M12 16v4",
  menu: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  close: "M6 6l12 12M18 6L6 18",
  quality: "M4 17a8.5 8.5 0 1 1 16 0M12 16l4-6",
  clipboard: "M9 5H6v16h12V5h-3M9 3h6v4H9zM9.5 12h5M9.5 16h5",
  files: "M3 6h6l2 3h10v10H3z",
  sharing:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6M18.5 14.5a6.5 6.5 0 0 1 3 5.5",
  about: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 7.5h.01",
} as const;
export type IconName = keyof typeof iconPaths;

/** An icon that screen readers pass over. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svgNamespace, "path");
  path.setAttribute("d", iconPaths[name]);
  svg.append(path);
  return svg;
}
