/**
 * The address of the WebSocket that belongs to the page at `pageUrl`, below the path of a reverse proxy
 * where there is one. Pure.
 */
export function signalingUrl(pageUrl: string): string {
  const url = new URL("ws", pageUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";
  url.hash = "";
  return url.href;
}
