/**
 * The browser's microphones: which there are, and one of them as a track, or why not.
 */

import { LevelMeter } from "./level-meter.ts";
import type { MicrophoneDevice, MicrophoneSource } from "./microphone.ts";
import { troubleOf, type MicrophoneTrouble } from "./microphone-state.ts";

/** What browsers do for speech by default, asked for by name; they are free not to. One channel: so it is sent. */
const speech: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** The microphones of this browser. */
export const browserMicrophones: MicrophoneSource<MediaStreamTrack> = {
  open: openMicrophone,
  devices: microphoneDevices,
  meter: (track) => new LevelMeter(track),
};

/** Opens a microphone, which may ask the user. @param device its id; the browser's choice where absent or gone. */
async function openMicrophone(
  device: string | undefined,
): Promise<MediaStreamTrack | MicrophoneTrouble> {
  const devices = mediaDevices();
  if (devices === undefined) return "insecure";
  try {
    const stream = await devices.getUserMedia({
      audio: {
        ...speech,
        ...(device === undefined ? {} : { deviceId: { ideal: device } }),
      },
    });
    return stream.getAudioTracks()[0] ?? "missing";
  } catch (error) {
    return troubleOf(error);
  }
}

/** The devices, the browser's favourite first; none where it tells none. */
async function microphoneDevices(): Promise<MicrophoneDevice[]> {
  try {
    const all = (await mediaDevices()?.enumerateDevices()) ?? [];
    return all
      .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "")
      .map(({ deviceId: id, label: name }) => ({ id, name }));
  } catch {
    return []; // A rule of the page forbids it: then there is nothing to choose.
  }
}

/** Absent where the page did not come by HTTPS; its type does not say so. */
function mediaDevices(): MediaDevices | undefined {
  return (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
}
