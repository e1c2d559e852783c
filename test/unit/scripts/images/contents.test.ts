import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalConfig,
  imageManifest,
  parseConfig,
} from "../../../../scripts/images/canonical.ts";
import {
  LayerReader,
  mergeFindings,
  type LayerFindings,
} from "../../../../scripts/images/findings.ts";
import { cycloneDx, parseDpkgStatus } from "../../../../scripts/images/sbom.ts";
import { isSignedBy, signImage } from "../../../../scripts/images/signature.ts";
import {
  formatSummary,
  sharingOf,
} from "../../../../scripts/images/summary.ts";
import { tarArchive } from "../../../fixtures/tar-archive.ts";

describe("what layers hold", () => {
  const layer = (change: Partial<LayerFindings>): LayerFindings => ({
    dpkgStatus: undefined,
    collectedStatus: undefined,
    nodeVersion: undefined,
    osRelease: undefined,
    npm: [],
    removed: [],
    ...change,
  });
  const ws = {
    path: "opt/node_modules/ws",
    name: "ws",
    version: "8.0.0",
    licence: "MIT",
  };

  it("is read out of the archive", () => {
    const reader = new LayerReader();
    reader.write(
      tarArchive(
        {
          "var/lib/dpkg/status": "Package: a\n",
          "usr/share/streamspace/collected-packages": "Package: b\n",
          "opt/streamspace/node-version": "24.0.0\n",
          "opt/editor/package.json": '{"name":"editor","version":"3.0.0"}',
          "opt/editor/lib/package.json": '{"name":"no","version":"1"}',
          "opt/node_modules/@scope/b/package.json":
            '{"name":"@scope/b","version":"1.0.0"}',
          "opt/node_modules/c/dist/package.json": '{"name":"no","version":"1"}',
          "opt/node_modules/d/package.json": '{"type":"module"}',
          "etc/.wh.removed": "",
          "srv/.wh..wh..opq": "",
        },
        "gnu",
      ),
    );
    const findings = reader.findings();
    expect(findings.dpkgStatus).toBe("Package: a\n");
    expect(findings.collectedStatus).toBe("Package: b\n");
    expect(findings.nodeVersion).toBe("24.0.0");
    expect(
      findings.npm.toSorted((a, b) => a.path.localeCompare(b.path)),
    ).toEqual([
      {
        path: "opt/editor",
        name: "editor",
        version: "3.0.0",
        licence: undefined,
      },
      {
        path: "opt/node_modules/@scope/b",
        name: "@scope/b",
        version: "1.0.0",
        licence: undefined,
      },
    ]);
    expect([...findings.removed].sort()).toEqual(["etc/removed", "srv"]);
  });

  it("is what the upper layers leave of the lower ones", () => {
    const lower = layer({ dpkgStatus: "old", npm: [ws] });
    expect(mergeFindings([lower, layer({ dpkgStatus: "new" })])).toMatchObject({
      dpkgStatus: "new",
      npm: [ws],
    });
    expect(mergeFindings([lower, layer({ removed: ["opt"] })]).npm).toEqual([]);
    expect(mergeFindings([lower, layer({ removed: ["op"] })]).npm).toEqual([
      ws,
    ]);
  });
});

describe("a bill of materials", () => {
  it("names Debian packages that are installed, with their sources", () => {
    const status = [
      "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl (3.0.15-1)\nVersion: 3.0.15-1+b2",
      "Package: old\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1",
    ].join("\n\n");
    expect(parseDpkgStatus(status)).toEqual([
      {
        name: "libssl3",
        version: "3.0.15-1+b2",
        architecture: "amd64",
        source: "openssl",
        sourceVersion: "3.0.15-1",
      },
    ]);
  });

  it("names what files were copied out of, and Node as scanners know it", () => {
    const paragraph = (name: string, source: string): string =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nSource: ${source} (1.0)\nVersion: 1.0`;
    const bill = cycloneDx(
      { name: "a", version: "1", digest: "sha256:0", created: "" },
      {
        dpkgStatus: paragraph("libgl1", "libglvnd"),
        collectedStatus: `${paragraph("xvfb", "xorg-server")}\n\n${paragraph("libgl1", "libglvnd")}`,
        nodeVersion: "24.0.0",
        osRelease: undefined,
        npm: [],
      },
    );
    const { components } = JSON.parse(bill.toString()) as {
      components: { name: string; purl: string; cpe?: string }[];
    };
    expect(components).toMatchObject([
      { name: "libgl1" },
      {
        name: "xvfb",
        purl: "pkg:deb/debian/xvfb@1.0?arch=amd64&upstream=xorg-server%401.0",
      },
      { name: "node", cpe: "cpe:2.3:a:nodejs:node.js:24.0.0:*:*:*:*:*:*:*" },
    ]);
  });

  it("is the same for the same image", () => {
    const subject = {
      name: "a",
      version: "1",
      digest: `sha256:${"0".repeat(64)}`,
      created: "2026-01-01T00:00:00Z",
    };
    const bill = () =>
      cycloneDx(subject, {
        dpkgStatus: undefined,
        collectedStatus: undefined,
        nodeVersion: undefined,
        osRelease: undefined,
        npm: [],
      }).toString();
    expect(bill()).toBe(bill());
    expect(bill()).toMatch(
      /"urn:uuid:[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}"/,
    );
  });
});

describe("a canonical image", () => {
  const raw = (container: string, created: string) =>
    JSON.stringify({
      created,
      container,
      architecture: "amd64",
      os: "linux",
      config: {
        Hostname: container,
        Cmd: null,
        Env: ["A=1"],
        Healthcheck: { Test: ["CMD", "x"] },
        Labels: { "io.buildah.version": "1", keep: "2" },
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${"a".repeat(64)}`] },
      history: [{ created, created_by: "COPY", comment: `FROM ${container}` }],
    });

  it("forgets containers, clocks and engines, and keeps what runs", () => {
    const canonical = (container: string, created: string): string =>
      canonicalConfig(
        parseConfig(raw(container, created)),
        { added: "1" },
        "T",
      ).toString();
    const first = canonical("one", "2026-01-01T00:00:00Z");
    expect(canonical("two", "2026-02-02T00:00:00Z")).toBe(first);
    expect(JSON.parse(first)).toMatchObject({
      created: "T",
      config: {
        Healthcheck: { Test: ["CMD", "x"] },
        Labels: { added: "1", keep: "2" },
      },
      history: [{ created: "T", created_by: "COPY" }],
    });
    expect(first).not.toMatch(/one|buildah/);
    expect(
      JSON.parse(imageManifest(Buffer.from(first), []).toString()),
    ).toMatchObject({ schemaVersion: 2 });
  });

  it("is not made of something else", () => {
    expect(() => parseConfig("{}")).toThrow("cannot be read");
  });
});

describe("a signature", () => {
  const key = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const other = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const digest = `sha256:${"1".repeat(64)}`;
  const signed = signImage("host/team/a", digest, key.privateKey);

  it("is valid for its image, its name and its key alone", () => {
    const isValid = isSignedBy.bind(undefined);
    expect(isValid(key.publicKey, signed, "host/team/a", digest)).toBe(true);
    expect(isValid(other.publicKey, signed, "host/team/a", digest)).toBe(false);
    expect(isValid(key.publicKey, signed, "host/team/b", digest)).toBe(false);
    expect(
      isValid(key.publicKey, signed, "host/team/a", digest.replace("1", "2")),
    ).toBe(false);
  });

  it("is invalid when a bit of what was signed is another", () => {
    fc.assert(
      fc.property(
        fc.nat(signed.payload.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (at, mask) => {
          const payload = Buffer.from(signed.payload);
          payload.writeUInt8(payload.readUInt8(at) ^ mask, at);
          expect(
            isSignedBy(
              key.publicKey,
              { ...signed, payload },
              "host/team/a",
              digest,
            ),
          ).toBe(false);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("the summary", () => {
  const row = (name: string, layers: [string, number][]) => ({
    name,
    architecture: "amd64",
    layers: layers.map(([digest, size]) => ({
      digest,
      size,
      uncompressedSize: 2 * size,
    })),
    timeMs: 1500,
    digest: `sha256:${name}`,
    scan: { state: "unavailable", reason: "x" } as const,
    listDigest: undefined,
    signature: "-" as const,
  });
  const rows = [
    row("a", [["base", 4e6]]),
    row("b", [
      ["base", 4e6],
      ["own", 1e6],
    ]),
  ];

  it("counts a shared layer once", () => {
    expect(sharingOf(rows)).toEqual({ separate: 9e6, stored: 5e6 });
  });

  it("shows what is shared, and that nobody looked for vulnerabilities", () => {
    expect(formatSummary(rows).split("\n")).toEqual([
      "image    size     packed  layers  shared  time   vulnerabilities  signature  digest",
      "a amd64  8.0 MB   4.0 MB  1       4.0 MB  1.5 s  unavailable      -          sha256:a",
      "b amd64  10.0 MB  5.0 MB  2       4.0 MB  1.5 s  unavailable      -          sha256:b",
      "layers: 5.0 MB stored once, 9.0 MB without sharing, 4.0 MB shared",
    ]);
  });

  it("has the digest of a list of platforms once", () => {
    const both = ["amd64", "arm64"].map((architecture) => ({
      ...row("a", [["base", 4e6]]),
      architecture,
      listDigest: "sha256:list",
    }));
    expect(formatSummary(both).match(/.*sha256:list.*/g)).toEqual([
      "a on all platforms: sha256:list",
    ]);
  });
});
