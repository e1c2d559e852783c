/**
 * System V shared memory, which the X server writes into (MIT-SHM).
 */
import { constants } from "node:os";
import { StreamSpaceError } from "../../agent/base/errors.ts";
import {
  lastErrno,
  NativeLibrary,
  type Pointer,
} from "../gstreamer-library.ts";

interface ShmFunctions {
  get(key: number, bytes: number, flags: number): number;
  attach(id: number, address: null, flags: number): Pointer | null;
  detach(address: Pointer): number;
  control(id: number, command: number, buffer: null): number;
}

/** `IPC_PRIVATE`, `IPC_CREAT`, `IPC_RMID` (sys/ipc.h). */
const ipc = { private: 0, create: 0o1000, remove: 0 } as const;
/** The address that stands for a failure of `shmat`. */
const failedAddress = 0xffff_ffff_ffff_ffffn;

/** A segment that is attached to this process. */
export interface SharedMemory {
  /** For the X server's `ShmAttach`. */
  id: number;
  address: Pointer;
  bytes: number;
  /** To be called when the other side has attached it: from then on it ends with its last user. */
  markForRemoval(): void;
  close(): void;
}

/**
 * Makes a segment for this user alone.
 * @throws StreamSpaceError `missing-program` where the C library or the kernel has none.
 */
export function createSharedMemory(bytes: number): SharedMemory {
  const shm = loadShm();
  const id = shm.get(ipc.private, bytes, ipc.create | 0o600);
  if (id < 0) throw refused("made", bytes);
  const address = shm.attach(id, null, 0);
  if (address === null || address === failedAddress) {
    const error = refused("attached", bytes);
    shm.control(id, ipc.remove, null);
    throw error;
  }
  let isOpen = true;
  let isMarked = false;
  // Once only: afterwards the number may belong to somebody else's segment.
  const markForRemoval = (): void => {
    if (isMarked) return;
    isMarked = true;
    shm.control(id, ipc.remove, null);
  };
  return {
    id,
    address,
    bytes,
    markForRemoval,
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      markForRemoval();
      shm.detach(address);
    },
  };
}

function refused(what: string, bytes: number): StreamSpaceError {
  const errno = lastErrno();
  const name =
    Object.entries(constants.errno).find(([, code]) => code === errno)?.[0] ??
    `errno ${errno}`;
  return new StreamSpaceError(
    "missing-program",
    `${bytes} bytes of shared memory cannot be ${what}: ${name}`,
  );
}

let loadedShm: ShmFunctions | undefined;

function loadShm(): ShmFunctions {
  loadedShm ??= NativeLibrary.ofProcess().bind<ShmFunctions>({
    get: "int shmget(int, size_t, int)",
    attach: "void* shmat(int, void*, int)",
    detach: "int shmdt(void*)",
    control: "int shmctl(int, int, void*)",
  });
  return loadedShm;
}
