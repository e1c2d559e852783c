/**
 * A session whose screen takes on another size, as its viewers see it: attached to a display of the test, polled, with
 * the services as the agent composes them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll } from "../../../agent/base/deadline.ts";
import { sessionServices } from "../../../agent/composition/session-services.ts";
import { loadConfig } from "../../../agent/config/load-config.ts";
import { createSessionDirectory } from "../../../agent/session/session-directory.ts";
import { Supervisor } from "../../../agent/supervisor/supervisor.ts";
import { EncoderCatalogue } from "../../../encoders/proof/catalogue.ts";
import type { MediaSource } from "../../../signaling/media.ts";
import { silentLog } from "../../fakes/logs.ts";
import { candidate } from "../../fixtures/encoders.ts";
import { h264PictureSize } from "../../fixtures/h264-sps.ts";
import { setScreenSize } from "../../fixtures/x11-moving-content.ts";
import { startXvfb } from "../../fixtures/x11-xvfb.ts";

/** The H.264 stream of a session that is attached to `display`, under its supervisor. */
function polledSession(
  display: string,
  owned: AsyncDisposableStack,
): MediaSource {
  const folder = mkdtempSync(join(tmpdir(), "screen-size-"));
  owned.defer(() => {
    rmSync(folder, { recursive: true });
  });
  const { config } = loadConfig({
    flags: {
      display,
      videoCapture: "polling",
      videoCodecs: "h264",
      audio: "false",
    },
    env: {},
  });
  const spawner = new ChildSpawner();
  const catalogue = owned.use(
    new EncoderCatalogue({
      choice: {
        codecs: config.videoCodecs,
        explicit: [],
        preference: [],
        fallback: true,
      },
      cache: undefined,
      candidates: [candidate("x264enc")],
      spawner,
      clock: systemClock,
    }),
  );
  catalogue.start();
  const services = sessionServices({
    config,
    paths: createSessionDirectory(folder).paths,
    spawner,
    clock: systemClock,
    log: silentLog,
    catalogue,
  });
  const supervisor = new Supervisor({
    services: services.specs,
    clock: systemClock,
    log: silentLog,
  });
  owned.defer(async () => {
    await supervisor.close();
    expect(spawner.children.size).toBe(0);
  });
  supervisor.start();
  const [video] = services.video;
  if (video === undefined) throw new Error("the session has no video");
  video.stream.bind(supervisor.service(video.stream.name));
  return video.stream;
}

// ximagesrc follows the screen by itself, but not where it was told to leave out the last pixel of an odd side.
it("polled video takes on a new size of the screen, grown or shrunk, and is not cropped", async () => {
  await using xvfb = await startXvfb({ width: 1280, height: 720 });
  await setScreenSize(xvfb.display, { width: 701, height: 501 });
  await using owned = new AsyncDisposableStack();
  const stream = polledSession(xvfb.display, owned);
  let size: { width: number; height: number } | undefined;
  stream.subscribe({
    onPacket: (packet, startsKeyFrame) => {
      if (startsKeyFrame) size = h264PictureSize(packet) ?? size;
    },
    onSenderReport: () => undefined,
    onReset: () => undefined,
  });
  const untilSize = (width: number, height: number): Promise<unknown> =>
    poll(() => (size?.width === width && size.height === height) || undefined, {
      everyMs: 10,
      timeoutMs: 8_000,
      what: `a picture of ${width} × ${height}`,
    });
  await untilSize(700, 500);
  await setScreenSize(xvfb.display, { width: 1024, height: 600 });
  await untilSize(1024, 600);
  await setScreenSize(xvfb.display, { width: 641, height: 481 });
  await untilSize(640, 480);
});
