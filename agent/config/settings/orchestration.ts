/**
 * The settings for whatever starts and ends sessions: how they end, when they are idle, where events go.
 */
import { integer } from "../number-kinds.ts";
import { optionalSetting, setting, type ValueKind } from "../setting.ts";
import { absolutePath, token } from "../value-kinds.ts";

const section = "Ending and events";

const webhookUrl: ValueKind<string> = {
  placeholder: "url",
  allowed: "an `http:` or `https:` URL without a fragment",
  read(text) {
    const url = URL.parse(text);
    if (url === null || !["http:", "https:"].includes(url.protocol))
      return { ok: false };
    return url.hash === "" ? { ok: true, value: text } : { ok: false };
  },
};

const eventTarget: ValueKind<string> = {
  placeholder: "path|fd:number",
  allowed: "an absolute path, or `fd:` and a descriptor from 3 on",
  read(text) {
    const descriptor = /^fd:(\d{1,4})$/.exec(text)?.[1];
    if (descriptor === undefined) return absolutePath.read(text);
    return Number(descriptor) >= 3
      ? { ok: true, value: `fd:${Number(descriptor)}` }
      : { ok: false, reason: "1 is for the URL, and 2 for the log" };
  },
};

/** Part of the table in settings.ts. */
export const orchestrationSettings = {
  endGraceSeconds: setting({
    flag: "--end-grace",
    variable: "STREAMSPACE_END_GRACE",
    section,
    description:
      "How long viewers keep the session after SIGTERM, so that they can save their work: they are told, and `/readyz` answers 503. It ends when the last of them leaves, or with a second signal; SIGINT and SIGHUP end the session at once. The end itself takes up to 5 s more, which the orchestrator's own limit must leave (30 s in Kubernetes, 10 s in Docker).",
    kind: integer({ min: 0, max: 86_400, unit: "seconds" }),
    default: 3,
  }),
  idleAfterSeconds: optionalSetting({
    flag: "--idle-after",
    variable: "STREAMSPACE_IDLE_AFTER",
    section,
    description:
      "After how long without a viewer the event `session.idle` is told, for orchestrators that scale to zero. The agent itself goes on; `/health` and `/metrics` say since when nobody is there in any case.",
    kind: integer({ min: 1, max: 2_000_000, unit: "seconds" }),
    defaultText: "never",
  }),
  eventLog: optionalSetting({
    flag: "--event-log",
    variable: "STREAMSPACE_EVENT_LOG",
    section,
    description:
      "Where events of the session are appended, one JSON object a line: a file, or a descriptor that the agent was started with (`3>>events.jsonl`; a file, a pipe or a terminal). See docs/events.md.",
    kind: eventTarget,
    defaultText: "nowhere",
  }),
  eventWebhook: optionalSetting({
    flag: "--event-webhook",
    variable: "STREAMSPACE_EVENT_WEBHOOK",
    section,
    description:
      "Where each event of the session is posted to, as JSON. Redirections are not followed. See docs/events.md.",
    kind: webhookUrl,
    secret: true,
    defaultText: "nowhere",
  }),
  eventWebhookSecret: optionalSetting({
    variable: "STREAMSPACE_EVENT_WEBHOOK_SECRET",
    section,
    description:
      "What the requests of the webhook are signed with. There is no flag for it: flags are visible in process lists.",
    kind: token,
    secret: true,
    defaultText: "none: requests are not signed",
  }),
  eventWebhookSecretFile: optionalSetting({
    flag: "--event-webhook-secret-file",
    variable: "STREAMSPACE_EVENT_WEBHOOK_SECRET_FILE",
    section,
    description:
      "A file that holds the secret of the webhook, read as `--token-file` is.",
    kind: absolutePath,
    defaultText: "none",
  }),
};
