/**
 * Images in a real registry: what arrives, who can verify it, and what is stored once.
 */
import { createHash, generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ImageRepository } from "../../fixtures/image-repository.ts";

interface Manifest {
  mediaType: string;
  layers: { digest: string; size: number }[];
  manifests: { digest: string; artifactType?: string }[];
}

let repository: ImageRepository;
let registry: string;
let stdout: string;
beforeAll(async () => {
  repository = new ImageRepository();
  registry = await repository.startRegistry();
  const run = await repository.run([
    ...["--all", "--version", "1", "--registry", `${registry}/team`],
    ...["--push", "--sbom", "--sign"],
  ]);
  expect(run.exitCode, run.stderr).toBe(0);
  stdout = run.stdout;
}, 120_000);
afterAll(async () => {
  await repository.close();
});

async function get(path: string): Promise<unknown> {
  const accept = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
  ].join(", ");
  const response = await fetch(`http://${registry}/v2/team/${path}`, {
    headers: { accept },
  });
  expect(response.status, path).toBe(200);
  return await response.json();
}

async function digestOfTag(name: string): Promise<string> {
  const response = await fetch(
    `http://${registry}/v2/team/${name}/manifests/1`,
    {
      method: "HEAD",
      headers: {
        accept: "application/vnd.docker.distribution.manifest.v2+json",
      },
    },
  );
  return response.headers.get("docker-content-digest") ?? "";
}

/** The payload of an image's signature and the signature, as files for OpenSSL. */
async function fetchSignature(name: string, digest: string) {
  const tag = `${digest.replace(":", "-")}.sig`;
  const manifest = (await get(`${name}/manifests/${tag}`)) as {
    layers: { digest: string; annotations: Record<string, string> }[];
  };
  const [layer] = manifest.layers;
  const payload = await get(`${name}/blobs/${layer?.digest ?? ""}`);
  const payloadFile = join(repository.folder, `${name}.payload`);
  const signatureFile = join(repository.folder, `${name}.sig`);
  const signature =
    layer?.annotations["dev.cosignproject.cosign/signature"] ?? "";
  writeFileSync(payloadFile, JSON.stringify(payload));
  writeFileSync(signatureFile, Buffer.from(signature, "base64"));
  const arguments_ = ["-signature", signatureFile, payloadFile];
  return {
    payload,
    verify: (keyFile: string): string =>
      repository.tool(
        "openssl",
        ...["dgst", "-sha256", "-verify", keyFile, ...arguments_],
      ),
  };
}

describe("a published image", () => {
  it("has its tag on the digest of the summary", async () => {
    const row = /^two amd64 .* verified +(sha256:[\da-f]{64})$/m.exec(stdout);
    expect(row?.[1]).toBe(await digestOfTag("two"));
  });

  it("can be pulled by digest by another program", async () => {
    const digest = await digestOfTag("one");
    const folder = join(repository.folder, "pulled");
    repository.tool(
      "skopeo",
      ...["copy", "--quiet", "--src-tls-verify=false", "--preserve-digests"],
      ...[`docker://${registry}/team/one@${digest}`, `dir:${folder}`],
    );
    const manifest = readFileSync(join(folder, "manifest.json"));
    const hash = createHash("sha256").update(manifest).digest("hex");
    expect(`sha256:${hash}`).toBe(digest);
  });

  // Debian 12 builds skopeo and podman without sigstore, and has no cosign: OpenSSL checks what both would.
  it("has a signature that OpenSSL verifies, over its digest and its name", async () => {
    const digest = await digestOfTag("one");
    const { payload, verify } = await fetchSignature("one", digest);
    expect(verify(join(repository.folder, "signing.pub"))).toBe(
      "Verified OK\n",
    );
    expect(payload).toEqual({
      critical: {
        identity: { "docker-reference": `${registry}/team/one` },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
      },
      optional: null,
    });
  });

  it("has a signature that no other key verifies", async () => {
    const { verify } = await fetchSignature("one", await digestOfTag("one"));
    const { publicKey } = generateKeyPairSync("ec", {
      namedCurve: "prime256v1",
    });
    const file = join(repository.folder, "other.pub");
    writeFileSync(file, publicKey.export({ type: "spki", format: "pem" }));
    expect(() => verify(file)).toThrow(/openssl dgst/);
  });

  it("has its bill of materials among its referrers", async () => {
    const digest = await digestOfTag("two");
    const index = (await get(
      `two/manifests/${digest.replace(":", "-")}`,
    )) as Manifest;
    const artefact = index.manifests.find(
      ({ artifactType }) => artifactType === "application/vnd.cyclonedx+json",
    );
    const manifest = (await get(
      `two/manifests/${artefact?.digest ?? ""}`,
    )) as Manifest & { subject: { digest: string } };
    expect(manifest.subject.digest).toBe(digest);
    const bom = (await get(
      `two/blobs/${manifest.layers[0]?.digest ?? ""}`,
    )) as { components: { purl?: string }[] };
    expect(bom.components.map(({ purl }) => purl)).toEqual([
      undefined,
      "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12&upstream=glibc%402.36-9%2Bdeb12u10",
      "pkg:npm/koffi@3.3.4",
    ]);
  });

  it("shares its layers with the others: the registry stores each once", async () => {
    const runtime = (await get("runtime/manifests/1")) as Manifest;
    const two = (await get("two/manifests/1")) as Manifest;
    const shared = runtime.layers.map(({ digest }) => digest);
    expect(two.layers.map(({ digest }) => digest)).toEqual(
      expect.arrayContaining(shared),
    );
    const port = registry.split(":")[1] ?? "";
    const blobs = readdirSync(
      join(
        repository.folder,
        `registry-${port}`,
        "docker/registry/v2/blobs/sha256",
      ),
      { recursive: true, encoding: "utf8" },
    ).filter((path) => path.endsWith("/data"));
    for (const digest of shared) {
      const digits = digest.replace("sha256:", "");
      expect(blobs.filter((path) => path.includes(digits))).toHaveLength(1);
    }
    expect(stdout).toMatch(/^layers: .* stored once, .* shared$/m);
  });

  it("collects no second signature when it is published again", async () => {
    const digest = await digestOfTag("runtime");
    const path = `runtime/manifests/${digest.replace(":", "-")}.sig`;
    const before = await get(path);
    const run = await repository.run([
      ...["--version", "1", "--registry", `${registry}/team`],
      ...["--push", "--sign"],
    ]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(await get(path)).toEqual(before);
    expect(run.stderr).toMatch(/0\.0 MB uploaded/);
  }, 60_000);

  it("is one list for several platforms, signed like each of them", async () => {
    const run = await repository.run([
      ...["--name", "one", "--version", "3", "--registry", `${registry}/team`],
      ...["--platforms", "linux/amd64,linux/arm64", "--push", "--sign"],
      // Both start from scratch, so buildah would take the steps of one for the other.
      "--no-cache",
    ]);
    expect(run.exitCode, run.stderr).toBe(0);
    const response = await fetch(`http://${registry}/v2/team/one/manifests/3`, {
      headers: {
        accept: "application/vnd.docker.distribution.manifest.list.v2+json",
      },
    });
    const digest = response.headers.get("docker-content-digest") ?? "";
    expect(run.stdout).toContain(`\none on all platforms: ${digest}\n`);
    const list = (await response.json()) as {
      manifests: { digest: string; platform: { architecture: string } }[];
    };
    expect(list.manifests.map(({ platform }) => platform.architecture)).toEqual(
      ["amd64", "arm64"],
    );
    const keyFile = join(repository.folder, "signing.pub");
    for (const signed of [digest, ...list.manifests.map((m) => m.digest)]) {
      const { verify } = await fetchSignature("one", signed);
      expect(verify(keyFile)).toBe("Verified OK\n");
    }
  }, 60_000);

  it("is not pushed without the signature that the policy requires", async () => {
    const run = await repository.run([
      ...["--version", "2", "--registry", registry, "--push"],
    ]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/pushed without a signature; add --sign/);
    const tags = (await get("runtime/tags/list")) as { tags: string[] };
    expect(tags.tags).not.toContain("2");
  }, 60_000);

  it("is not signed with a key that is none, and the key is not shown", async () => {
    const file = join(repository.folder, "bad.key");
    writeFileSync(file, "secret words");
    const run = await repository.run(
      ["--registry", registry, "--push", "--sign"],
      { STREAMSPACE_SIGNING_KEY_FILE: file },
    );
    expect(run.exitCode).toBe(69);
    expect(run.stderr).toMatch(/^error: the file .* is no private key in PEM/);
    expect(run.stderr).not.toContain(readFileSync(file, "utf8"));
  }, 60_000);
});
