import { expect, test } from "vitest";
import { recordingLog } from "../../fakes/logs.ts";

const secret = "correct-horse-battery";

test.each(["token", "password", "credential", "authorization", "sdp", "text"])(
  "never writes the value of %s, at any of three depths",
  (name) => {
    const { log, lines } = recordingLog();
    log.info({ [name]: secret }, "top");
    log.info({ hello: { [name]: secret } }, "nested");
    log.info({ viewer: { message: { [name]: secret } } }, "nested twice");
    log.child({ [name]: secret }).warn("by a child");
    expect(lines).toHaveLength(4);
    expect(lines.join("")).not.toContain(secret);
    expect(lines.filter((line) => line.includes("[redacted]"))).toHaveLength(4);
  },
);

test("never writes which key was pressed", () => {
  const { log, lines } = recordingLog();
  log.info(
    { message: { type: "key", keysym: 0xdead, pressed: true } },
    "a key",
  );
  expect(lines.join("")).not.toContain(String(0xdead));
  expect(lines.join("")).toContain('"pressed":true');
});

test("writes errors with code, message and cause", () => {
  const { log, lines } = recordingLog();
  log.error(
    { err: new Error("outer", { cause: new Error("inner") }) },
    "it failed",
  );
  expect(lines.join("")).toContain("outer");
  expect(lines.join("")).toContain("inner");
});
