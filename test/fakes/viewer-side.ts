/**
 * A viewer as a feature sees it, which remembers what it was sent.
 */
import { BulkChannel } from "../../signaling/protocol/bulk-channel.ts";
import type { BulkMessage } from "../../signaling/protocol/bulk.ts";
import type {
  ErrorName,
  Role,
  ServerMessage,
} from "../../signaling/protocol.ts";
import type { ViewerSide } from "../../signaling/viewer-feature.ts";
import { silentLog } from "./logs.ts";

export class FakeViewerSide implements ViewerSide {
  readonly viewerId = "viewer";
  readonly role: Role;
  readonly log = silentLog;
  readonly bulkFrames: Uint8Array[] = [];
  readonly bulkMessages: BulkMessage[] = [];
  readonly bulk = new BulkChannel("agent", {
    sendFrame: (frame) => {
      this.bulkFrames.push(frame);
    },
    sendMessage: (message) => {
      this.bulkMessages.push(message);
    },
  });
  readonly frames: Uint8Array[] = [];
  readonly sent: ServerMessage[] = [];
  readonly reports: ErrorName[] = [];
  controls: boolean;

  constructor(role: Role = "controller") {
    this.role = role;
    this.controls = role === "controller";
  }

  mayControl(): boolean {
    return this.controls;
  }

  sendFrame(frame: Uint8Array): void {
    this.frames.push(frame);
  }

  send(message: ServerMessage): void {
    this.sent.push(message);
  }

  report(error: ErrorName): void {
    this.reports.push(error);
  }
}
