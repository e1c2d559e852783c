/**
 * Input seats that outlive the X server.
 */
import { expect, test } from "vitest";
import { DesktopInput } from "../../../agent/session/desktop-input.ts";
import type {
  InputInjector,
  InputSeat,
} from "../../../agent/x11/input-seat.ts";

/** An injector that notes what reaches it. */
function recordingInjector(): InputInjector & {
  calls: string[];
  openSeats: number;
} {
  const injector = {
    calls: [] as string[],
    openSeats: 0,
    openSeat(): InputSeat {
      injector.openSeats += 1;
      const note =
        (name: string) =>
        (...values: unknown[]): void => {
          const given = values.filter((value) => value !== undefined);
          injector.calls.push([name, ...given.map(String)].join(" "));
        };
      const close = (): void => {
        injector.openSeats -= 1;
      };
      return {
        motion: note("motion"),
        motionBy: note("motion-by"),
        text: note("text"),
        button: note("button"),
        wheel: note("wheel"),
        key: note("key"),
        releaseAll: note("release-all"),
        close,
        [Symbol.dispose]: close,
      };
    },
    close: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
  return injector;
}

test("input goes to the display that is there", () => {
  const input = new DesktopInput();
  const injector = recordingInjector();
  input.attach(injector);
  const seat = input.openSeat();
  seat.motion(1, 2);
  seat.key(0x61, "KeyA", true);
  expect(injector.calls).toEqual(["motion 1 2", "key 97 KeyA true"]);
});

test("a seat follows the display when it was started anew", () => {
  const input = new DesktopInput();
  input.attach(recordingInjector());
  const seat = input.openSeat();
  input.detach();
  const second = recordingInjector();
  input.attach(second);
  seat.button(1, true, 3, 4);
  expect(second.calls).toEqual(["button 1 true 3 4"]);
});

test("without a display, motion is lost in silence and everything else with a word", () => {
  const seat = new DesktopInput().openSeat();
  expect(() => {
    seat.motion(1, 1);
    seat.releaseAll();
  }).not.toThrow();
  for (const act of [
    () => {
      seat.key(0x61, "KeyA", true);
    },
    () => {
      seat.button(1, true, 0, 0);
    },
    () => {
      seat.wheel(0, 1, 0, 0);
    },
  ]) {
    expect(act).toThrow(
      expect.objectContaining({ code: "display-unreachable" }),
    );
  }
});

test("a closed seat is given back, once, and does not come back with the next display", () => {
  const input = new DesktopInput();
  const first = recordingInjector();
  input.attach(first);
  const seat = input.openSeat();
  seat.close();
  seat.close();
  expect(first.openSeats).toBe(0);
  input.detach();
  const second = recordingInjector();
  input.attach(second);
  expect(second.openSeats).toBe(0);
});
