/**
 * Keeps the files of the page, and nothing else: no address with a token, no answer of the agent.
 *
 * The page itself comes from the network whenever that has it, so that a new agent's page is used at once; its other
 * files have a hash in their names. Built into `sw.js`; {@link shellFiles} is filled in by the build (vite.config.ts).
 */
import { answerFor, cacheName, cachePrefix } from "./shell-cache.ts";

/** What is used of a service worker's global object, whose types do not go with those of a page. */
interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(
    type: "install" | "activate",
    listener: (event: LifeEvent) => void,
  ): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}
interface LifeEvent {
  waitUntil(done: Promise<unknown>): void;
}
interface FetchEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** Files of this version of the page, below its address. */
declare const shellFiles: readonly string[];

const worker = globalThis as unknown as WorkerScope;
const { scope } = worker.registration;
const cacheOfVersion = cacheName(scope, shellFiles);
/** A session that is away is not waited for by somebody who wants to be told so. */
const networkTimeoutMs = 5_000;

worker.addEventListener("install", (event) => {
  event.waitUntil(install());
});
worker.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const answer = answerFor(
    { method: request.method, mode: request.mode, url: request.url },
    scope,
    shellFiles,
  );
  if (answer === undefined) return;
  const respond =
    answer.first === "network"
      ? fromNetwork(request, answer.key)
      : fromCache(request, answer.key);
  event.respondWith(respond);
});

async function install(): Promise<void> {
  const cache = await caches.open(cacheOfVersion);
  await cache.addAll(shellFiles.map((file) => new Request(file)));
  await worker.skipWaiting();
}

async function activate(): Promise<void> {
  const prefix = cachePrefix(scope);
  const old = (await caches.keys()).filter(
    (name) => name.startsWith(prefix) && name !== cacheOfVersion,
  );
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

async function kept(key: string): Promise<Response | undefined> {
  const cache = await caches.open(cacheOfVersion);
  return await cache.match(key);
}

async function fromNetwork(request: Request, key: string): Promise<Response> {
  try {
    // The request itself, whose redirections are left to the browser: a proxy may want a login.
    const response = await inTime(fetch(request));
    // A proxy without an agent behind it answers, too.
    if (response.status < 500) return response;
    return (await kept(key)) ?? response;
  } catch (error) {
    const page = await kept(key);
    if (page === undefined) throw error;
    return page;
  }
}

async function inTime(answer: Promise<Response>): Promise<Response> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error("no answer in time"));
  }, networkTimeoutMs);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function fromCache(request: Request, key: string): Promise<Response> {
  return (await kept(key)) ?? (await fetch(request));
}
