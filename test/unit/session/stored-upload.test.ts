import { expect, test } from "vitest";
import { StoredUpload } from "../../../agent/session/stored-upload.ts";

const noDisk = (): Promise<never> => Promise.reject(new Error("EIO"));
const done = (): Promise<void> => Promise.resolve();

test.each([
  { what: "closing the file", closeFile: noDisk, path: "/nonexistent" },
  // Below a file nothing can be removed: ENOTDIR.
  { what: "removing the part", closeFile: done, path: "/dev/null" },
  { what: "both", closeFile: noDisk, path: "/dev/null" },
])("the folder is closed although $what fails", async (row) => {
  const { closeFile, path } = row;
  const steps: string[] = [];
  const upload = await StoredUpload.begin({
    name: "report.pdf",
    bytes: 1,
    open: () => Promise.resolve({ write: noDisk, close: closeFile }),
    folder: {
      pathOf: (name) => {
        steps.push("path");
        return `${path}/${name}`;
      },
      close: () => {
        steps.push("closed");
        return Promise.resolve();
      },
    },
    onEnd: () => {
      steps.push("ended");
    },
  });
  steps.length = 0;
  await upload.discard();
  await upload.discard();
  expect(steps).toEqual(["path", "closed", "ended"]);
});
