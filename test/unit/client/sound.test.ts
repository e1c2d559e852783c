import { afterEach, beforeEach, expect, test } from "vitest";
import { Sound, type SoundState } from "../../../client/src/sound.ts";

/** An audio element in the page, as far as it is used. */
class FakeAudio extends EventTarget {
  isConnected = true;
  paused = true;
  ended = false;
  muted = false;
  autoplay = false;
  volume = 1;
  srcObject: object | null = null;
  /** Whether the browser wants a gesture. */
  isLocked = false;

  play(): Promise<void> {
    if (this.isLocked)
      return Promise.reject(new DOMException("no gesture", "NotAllowedError"));
    this.paused = false;
    return Promise.resolve();
  }

  /** What browsers do to an element that leaves the page. */
  pauseByItself(): void {
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

let audio: FakeAudio;
let states: SoundState[];
let sound: Sound<FakeAudio>;
const stream = {};
const settled = (): Promise<void> => new Promise(setImmediate);

beforeEach(() => {
  audio = new FakeAudio();
  states = [];
  sound = new Sound({
    element: audio,
    onState: (state) => states.push(state),
  });
});
afterEach(() => {
  sound.close();
});

test("what the browser has paused is not called on, and plays on when it is resumed", async () => {
  sound.play(stream);
  await settled();
  audio.pauseByItself();
  expect(states).toEqual(["on", "blocked"]);
  sound.resume();
  await settled();
  expect(audio.paused).toBe(false);
  expect(states).toEqual(["on", "blocked", "on"]);
});

test("a gesture plays on what is paused in the page, and nothing that is out of it", async () => {
  sound.play(stream);
  await settled();
  audio.pauseByItself();
  audio.isConnected = false;
  sound.unlock();
  expect(audio.paused).toBe(true);
  audio.isConnected = true;
  sound.unlock();
  await settled();
  expect([audio.paused, sound.state]).toEqual([false, "on"]);
});

test("muted sound plays on muted", async () => {
  sound.play(stream);
  await settled();
  sound.mute(true);
  audio.pauseByItself();
  sound.resume();
  await settled();
  expect([audio.paused, audio.muted, sound.state]).toEqual([
    false,
    true,
    "muted",
  ]);
});

test("sound whose connection has ended waits for the next one, not for the user", async () => {
  sound.play(stream);
  await settled();
  audio.ended = true;
  audio.pauseByItself();
  expect(states).toEqual(["on"]);
});

test("a late word of a pause that is over changes nothing", async () => {
  sound.play(stream);
  await settled();
  audio.dispatchEvent(new Event("pause"));
  expect(states).toEqual(["on"]);
});

test("what the browser does not let play is blocked, until a gesture", async () => {
  audio.isLocked = true;
  sound.play(stream);
  await settled();
  expect(states).toEqual(["blocked"]);
  audio.isLocked = false;
  sound.unlock();
  await settled();
  expect(states).toEqual(["blocked", "on"]);
});

test("there is nothing to resume before there is sound", () => {
  sound.resume();
  expect([audio.paused, sound.state]).toEqual([true, "none"]);
});
