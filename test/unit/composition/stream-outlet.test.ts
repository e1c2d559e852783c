import { expect, test } from "vitest";
import { StreamOutlet } from "../../../agent/composition/stream-outlet.ts";
import { startsAnywhere } from "../../../encoders/key-frames.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const sink = {
  onPacket: () => undefined,
  onSenderReport: () => undefined,
  onReset: () => undefined,
};

test("viewers of each form of a stream keep its one pipeline running, and are counted apart", () => {
  let leases = 0;
  const outlet = (): StreamOutlet =>
    new StreamOutlet({
      clock: new ManualClock(),
      clockRate: 48_000,
      startsKeyFrame: startsAnywhere,
      acquire: () => {
        leases += 1;
        return () => {
          leases -= 1;
        };
      },
    });
  const [stereo, surround] = [outlet(), outlet()];
  const leaveStereo = stereo.subscribe(sink);
  const leaveSurround = surround.subscribe(sink);
  expect([leases, stereo.viewers, surround.viewers]).toEqual([2, 1, 1]);
  leaveStereo();
  leaveStereo();
  expect([leases, stereo.viewers, surround.viewers]).toEqual([1, 0, 1]);
  leaveSurround();
  expect([leases, stereo.viewers, surround.viewers]).toEqual([0, 0, 0]);
});
