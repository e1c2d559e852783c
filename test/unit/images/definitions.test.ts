/**
 * The catalogue and the folders of the images, and what reads them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  parseCatalogue,
  type Catalogue,
} from "../../../scripts/test-image/catalogue.ts";
import {
  secretNames,
  secretWords,
} from "../../../scripts/test-image/checks-image.ts";
import {
  nameOfImage,
  parseSmokeTest,
  readSmokeTest,
} from "../../../scripts/test-image/definition.ts";
import { requiredArguments } from "../../../scripts/images/build-arguments.ts";
import { openForBrowsers } from "../../../scripts/test-image/seccomp.ts";
import { parseProcesses } from "../../../scripts/test-image/inside.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const catalogueText = readFileSync(join(root, "images/catalogue.json"), "utf8");
const catalogue = parseCatalogue(catalogueText);

/** The catalogue as text, after `change`. */
function changed(change: (catalogue: Catalogue) => void): string {
  const copy = structuredClone(catalogue);
  change(copy);
  return JSON.stringify(copy);
}

function firstOf({ images }: Catalogue): Catalogue["images"][number] {
  const [image] = images;
  if (image === undefined) throw new Error("the catalogue is empty");
  return image;
}

describe("catalogue", () => {
  it("has every folder of images/ and no other", () => {
    const folders = readdirSync(join(root, "images"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "runtime")
      .map(({ name }) => name);
    expect(catalogue.images.map(({ name }) => name).sort()).toEqual(
      folders.sort(),
    );
  });

  it.each([
    [
      "a name twice",
      (c: Catalogue) => c.images.push(firstOf(c)),
      /each image once/,
    ],
    [
      "a port that is none",
      (c: Catalogue) => {
        firstOf(c).ports = [
          { port: 70_000, protocol: "tcp", purpose: "stream" },
        ];
      },
      /65535/,
    ],
    [
      "no stream",
      (c: Catalogue) => {
        firstOf(c).ports = [];
      },
      /stream on port 8080/,
    ],
    [
      "a request above the limit",
      (c: Catalogue) => {
        firstOf(c).resources.requests.cpu = 99;
      },
      /no more than the limit/,
    ],
    [
      "a relative path",
      (c: Catalogue) => {
        firstOf(c).persistentPaths = ["home"];
      },
      /persistentPaths/,
    ],
  ])("is refused with %s", (_, change, message) => {
    expect(() => parseCatalogue(changed(change))).toThrow(message);
  });
});

describe.each(catalogue.images.map(({ name }) => name))("image %s", (name) => {
  const folder = join(root, "images", name);

  it("has a command, a readable smoke test, an icon and a README", () => {
    const command = JSON.parse(
      readFileSync(join(folder, "session/application.json"), "utf8"),
    ) as unknown;
    expect(
      Array.isArray(command) &&
        command.every((word) => typeof word === "string"),
    ).toBe(true);
    expect(readSmokeTest(root, name).window.class).not.toBe("");
    expect(existsSync(join(folder, "icon.svg"))).toBe(true);
    expect(existsSync(join(folder, "README.md"))).toBe(true);
  });

  it("says under which licences the agent and its application are", () => {
    const text = readFileSync(join(folder, "Dockerfile"), "utf8");
    expect(text).toMatch(
      / org\.opencontainers\.image\.licenses="Apache-2\.0 AND \S+" /,
    );
  });

  it("is built without an argument, unless its package may not be distributed", () => {
    const text = readFileSync(join(folder, "Dockerfile"), "utf8");
    expect(requiredArguments(text)).toEqual(
      name === "chrome" ? ["CHROME_DEB_URL", "CHROME_DEB_SHA256"] : [],
    );
  });

  it("starts from the runtime, ends as user 1000 and never switches a sandbox off", () => {
    const text = readFileSync(join(folder, "Dockerfile"), "utf8");
    expect(text).toMatch(/^FROM \$\{RUNTIME_IMAGE\}$/m);
    expect(text.match(/^USER .*/gm)?.at(-1)).toBe("USER 1000:1000");
    expect(
      readFileSync(join(folder, "session/application.json"), "utf8"),
    ).not.toContain("no-sandbox");
  });
});

describe("smoke test", () => {
  it.each([
    ["{", /not JSON/],
    ["{}", /window/],
    ['{"window":{"class":"("},"steps":[]}', /regular expression/],
    ['{"window":{"class":"x"},"steps":[{"click":[2,0]}]}', /steps\.0/],
    ['{"window":{"class":"x"},"steps":[{"waitForFile":"../x"}]}', /steps\.0/],
  ])("%s is refused", (text, message) => {
    expect(() => parseSmokeTest(text, "smoke.json")).toThrow(message);
  });

  it.each([
    ["localhost/streamspace/chromium:dev", "chromium"],
    ["registry:5000/streamspace-gimp@sha256:0123", "gimp"],
    ["firefox", "firefox"],
  ])("%s has the definition %s", (image, name) => {
    expect(nameOfImage(image)).toBe(name);
  });
});

describe("credentials", () => {
  it.each([
    "home/user/.ssh/id_ed25519",
    "root/.netrc",
    "etc/ssl/private/server.key",
    "run/secrets/ca",
  ])("the file %s is one", (name) => {
    expect(secretNames.test(name)).toBe(true);
  });
  it.each([
    "etc/ssl/certs/ca.pem",
    "usr/share/keyrings/debian-archive-keyring.gpg",
    "usr/lib/libkey.so",
  ])("the file %s is none", (name) => {
    expect(secretNames.test(name)).toBe(false);
  });
  it.each([
    ["NPM_TOKEN=abcdef123456", true],
    ["api_key=0123456789", true],
    ["STREAMSPACE_TOKEN_FILE=/run/token", false],
    ['test -n "$TOKEN"', false],
  ])("the words %s", (words, expected) => {
    expect(secretWords.test(words)).toBe(expected);
  });
});

it("reads the processes of a container", () => {
  const text =
    "\u00017\n/usr/bin/Xvfb -dpi 120 \nName:\tXvfb\nUid:\t1000\t1000\nNSpid:\t7\n\u00018\n\n";
  expect(parseProcesses(text)).toEqual([
    {
      pid: 7,
      command: "/usr/bin/Xvfb -dpi 120",
      status: { Name: "Xvfb", Uid: "1000\t1000", NSpid: "7" },
    },
  ]);
});

describe("seccomp profile for browsers", () => {
  it("allows what a sandbox needs, once, and leaves the rest as it was", () => {
    const profile = JSON.stringify({
      defaultAction: "SCMP_ACT_ERRNO",
      syscalls: [
        { names: ["read", "clone"], action: "SCMP_ACT_ALLOW" },
        { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
        { names: ["chroot", "reboot"], action: "SCMP_ACT_ERRNO" },
      ],
    });
    expect(JSON.parse(openForBrowsers(profile, "p.json"))).toMatchObject({
      defaultAction: "SCMP_ACT_ERRNO",
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
        { names: ["reboot"], action: "SCMP_ACT_ERRNO" },
        {
          names: ["clone", "clone3", "unshare", "chroot"],
          action: "SCMP_ACT_ALLOW",
        },
      ],
    });
  });

  it.each([
    ["{", /^p\.json is not JSON: /],
    ["{}", /^p\.json is no seccomp profile$/],
    ["null", /^p\.json is no seccomp profile$/],
    ['{"syscalls":[{"names":"a","action":"b"}]}', /is no seccomp profile$/],
  ])("refuses %s, which is no profile", (text, message) => {
    expect(() => openForBrowsers(text, "p.json")).toThrow(message);
  });
});

it("keeps what an operator of deploy/compose has written out of images", () => {
  const lines = (file: string): string[] =>
    readFileSync(join(root, file), "utf8").split("\n").filter(Boolean);
  const written = lines("deploy/compose/.gitignore");
  expect(written).toContain("token");
  expect(lines(".dockerignore")).toEqual(
    expect.arrayContaining(written.map((name) => `deploy/compose/${name}`)),
  );
});
