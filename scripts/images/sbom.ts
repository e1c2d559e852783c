/**
 * Bills of materials in CycloneDX 1.5: Debian packages by the package database and by the list of those that files were
 * copied out of, Node, npm packages by what lies in `node_modules`. Pure, and the same for the same image. https://cyclonedx.org/docs/1.5/json/
 */
import { createHash } from "node:crypto";
import type { ImageFindings, NpmPackage } from "./findings.ts";

export const sbomMediaType = "application/vnd.cyclonedx+json";

/** The image that is described. */
export interface SbomSubject {
  name: string;
  version: string;
  /** Digest of its manifest. */
  digest: string;
  /** RFC 3339. */
  created: string;
}

interface Component {
  type: "application" | "library" | "operating-system";
  "bom-ref": string;
  name: string;
  version: string;
  purl?: string;
  cpe?: string;
  licenses?: readonly object[];
  properties?: readonly { name: string; value: string }[];
}

/** A Debian package that is installed. */
export interface DebianPackage {
  name: string;
  version: string;
  architecture: string;
  /** Source package and version, as vulnerability data names them. */
  source: string;
  sourceVersion: string;
}

/** The installed packages of a dpkg database, by name. See deb822(5) and dpkg-query(1). */
export function parseDpkgStatus(text: string): DebianPackage[] {
  const packages: DebianPackage[] = [];
  for (const paragraph of text.split(/\n\n+/)) {
    const fields = new Map<string, string>();
    for (const line of paragraph.split("\n")) {
      const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (match !== null) fields.set(match[1] ?? "", match[2] ?? "");
    }
    const name = fields.get("Package");
    const version = fields.get("Version");
    const isInstalled = fields.get("Status")?.endsWith(" installed") ?? false;
    if (name === undefined || version === undefined || !isInstalled) continue;
    const source = /^(\S+)(?:\s+\((.+)\))?$/.exec(fields.get("Source") ?? name);
    packages.push({
      name,
      version,
      architecture: fields.get("Architecture") ?? "all",
      source: source?.[1] ?? name,
      sourceVersion: source?.[2] ?? version,
    });
  }
  return packages.sort((a, b) => compare(a.name, b.name));
}

/** The bill of materials of an image, ready to be written. */
export function cycloneDx(
  subject: SbomSubject,
  findings: ImageFindings,
): Buffer {
  const system = parseOsRelease(findings.osRelease ?? "");
  const components = [
    ...operatingSystem(system),
    ...debianPackages(findings).map((found) => debianComponent(found, system)),
    ...node(findings.nodeVersion),
    ...distinct(findings.npm).map(npmComponent),
  ];
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${uuidOf(subject.digest)}`,
    version: 1,
    metadata: {
      timestamp: subject.created,
      component: {
        type: "container",
        "bom-ref": subject.digest,
        name: subject.name,
        version: subject.version,
        hashes: [
          { alg: "SHA-256", content: subject.digest.replace("sha256:", "") },
        ],
      },
    },
    components,
  };
  return Buffer.from(`${JSON.stringify(bom, undefined, 1)}\n`);
}

interface OsRelease {
  id: string;
  versionId: string;
}

function parseOsRelease(text: string): OsRelease {
  const value = (name: string): string =>
    new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return { id: value("ID"), versionId: value("VERSION_ID") };
}

function operatingSystem({ id, versionId }: OsRelease): Component[] {
  if (id === "") return [];
  return [
    {
      type: "operating-system",
      "bom-ref": `os:${id}-${versionId}`,
      name: id,
      version: versionId,
    },
  ];
}

/** Each once: what a file was copied out of may be installed as well, by an image that needs the rest of it. */
function debianPackages(findings: ImageFindings): DebianPackage[] {
  const all = [findings.dpkgStatus, findings.collectedStatus].flatMap((text) =>
    parseDpkgStatus(text ?? ""),
  );
  return [...new Map(all.map((each) => [`${each.name} ${each.version}`, each]))]
    .sort(([a], [b]) => compare(a, b))
    .map(([, found]) => found);
}

/** Vulnerability data knows Node by its CPE: it is a program of its own, not a package of npm. */
function node(version: string | undefined): Component[] {
  if (version === undefined) return [];
  const purl = `pkg:generic/node@${encodeURIComponent(version)}`;
  return [
    {
      type: "application",
      "bom-ref": purl,
      name: "node",
      version,
      purl,
      cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    },
  ];
}

function debianComponent(found: DebianPackage, system: OsRelease): Component {
  const vendor = system.id === "" ? "debian" : system.id;
  const distribution =
    system.versionId === "" ? "" : `&distro=${vendor}-${system.versionId}`;
  const upstream =
    found.source === found.name && found.sourceVersion === found.version
      ? ""
      : `&upstream=${encodeURIComponent(`${found.source}@${found.sourceVersion}`)}`;
  const purl = `pkg:deb/${vendor}/${encodeURIComponent(found.name)}@${encodeURIComponent(found.version)}?arch=${found.architecture}${distribution}${upstream}`;
  return {
    type: "library",
    "bom-ref": purl,
    name: found.name,
    version: found.version,
    purl,
    properties: [
      { name: "streamspace:source", value: found.source },
      { name: "streamspace:sourceVersion", value: found.sourceVersion },
    ],
  };
}

function npmComponent(found: NpmPackage): Component {
  const name = found.name.replace(/^@/, "%40");
  const purl = `pkg:npm/${name}@${encodeURIComponent(found.version)}`;
  return {
    type: "library",
    "bom-ref": purl,
    name: found.name,
    version: found.version,
    purl,
    ...(found.licence === undefined
      ? {}
      : { licenses: [{ expression: found.licence }] }),
  };
}

/** One of each name and version: npm nests the same package in several places. */
function distinct(packages: readonly NpmPackage[]): NpmPackage[] {
  const byKey = new Map(
    packages.map((found) => [`${found.name}@${found.version}`, found]),
  );
  return [...byKey].sort(([a], [b]) => compare(a, b)).map(([, found]) => found);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A UUID (version 5 in shape) out of a digest, so that the same image has the same bill. RFC 9562, 5.5. */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
