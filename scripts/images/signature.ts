/**
 * Signatures in the format of sigstore's cosign, made with a key: a payload that names the image by its digest,
 * signed with ECDSA P-256 and SHA-256, in the registry as `sha256-<digits>.sig`. `cosign verify --key` reads
 * them, and so do skopeo and podman with a policy of `sigstoreSigned`, though not those of Debian 12, which are
 * built without it. Made here, because Debian 12 has no cosign; GPG's simple signing was rejected, because it
 * keeps signatures outside of the registry, on a server of their own.
 * https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */
import {
  createPrivateKey,
  createPublicKey,
  sign as signBytes,
  verify as verifyBytes,
  type KeyObject,
} from "node:crypto";
import { readFileSync } from "node:fs";
import * as v from "valibot";
import {
  describe,
  digitsOf,
  mediaTypes,
  type Descriptor,
} from "./canonical.ts";
import { BuildFailure } from "./failure.ts";

export const payloadMediaType =
  "application/vnd.dev.cosign.simplesigning.v1+json";
export const signatureAnnotation = "dev.cosignproject.cosign/signature";

/** Environment variables with the files of the key and its passphrase: neither is ever an argument. */
export const keyVariable = "STREAMSPACE_SIGNING_KEY_FILE";
export const passphraseVariable = "STREAMSPACE_SIGNING_PASSPHRASE_FILE";

/** A signature and what it is about. */
export interface Signature {
  payload: Buffer;
  /** ASN.1, base64. */
  signature: string;
}

const payloadSchema = v.looseObject({
  critical: v.looseObject({
    identity: v.looseObject({ "docker-reference": v.string() }),
    image: v.looseObject({ "docker-manifest-digest": v.string() }),
    type: v.literal("cosign container image signature"),
  }),
});

/**
 * The private key that the environment names.
 * @throws BuildFailure `unavailable` where there is none, or it is not usable.
 */
export function readSigningKey(
  environment: NodeJS.ProcessEnv = process.env,
): KeyObject {
  const file = environment[keyVariable];
  if (file === undefined || file === "") {
    throw new BuildFailure(
      "unavailable",
      `--sign needs a private key: name its file in ${keyVariable}`,
    );
  }
  const passphraseFile = environment[passphraseVariable];
  let key: KeyObject;
  try {
    const passphrase =
      passphraseFile === undefined || passphraseFile === ""
        ? {}
        : { passphrase: readFileSync(passphraseFile, "utf8").trimEnd() };
    key = createPrivateKey({ key: readFileSync(file), ...passphrase });
  } catch (error) {
    throw new BuildFailure(
      "unavailable",
      `the file ${file} of ${keyVariable} is no private key in PEM that can be read`,
      { cause: error },
    );
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw new BuildFailure(
      "unavailable",
      `the key in ${file} is not an ECDSA key on P-256, which sigstore's tools verify`,
    );
  }
  return key;
}

/** Signs that the image `repository` has the manifest `digest`. */
export function signImage(
  repository: string,
  digest: string,
  key: KeyObject,
): Signature {
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { "docker-reference": repository },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
      },
      optional: null,
    }),
  );
  const signature = signBytes("sha256", payload, key).toString("base64");
  return { payload, signature };
}

/** Whether `signed` says, by the owner of `key`, that `repository` has the manifest `digest`. */
export function isSignedBy(
  key: KeyObject,
  signed: Signature,
  repository: string,
  digest: string,
): boolean {
  const bytes = Buffer.from(signed.signature, "base64");
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  if (!verifyBytes("sha256", signed.payload, publicKey, bytes)) return false;
  const result = v.safeParse(payloadSchema, jsonOf(signed.payload));
  if (!result.success) return false;
  const { identity, image } = result.output.critical;
  return (
    identity["docker-reference"] === repository &&
    image["docker-manifest-digest"] === digest
  );
}

function jsonOf(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString("utf8"));
  } catch {
    return undefined; // Signed, but not what is looked for.
  }
}

/** The tag under which the signatures of an image lie. */
export function signatureTag(digest: string): string {
  return `sha256-${digitsOf(digest)}.sig`;
}

/**
 * The manifest that holds a signature beside those in `others`, and the two blobs that are new of what it names.
 */
export function signatureArtefact(
  signed: Signature,
  others: readonly { digest: string }[] = [],
): {
  manifest: Buffer;
  blobs: readonly (Descriptor & { content: Buffer })[];
} {
  const layer = describe(payloadMediaType, signed.payload);
  // Readers of signatures want the configuration of an image, though there is none.
  const config = Buffer.from(
    JSON.stringify({
      architecture: "",
      os: "",
      config: {},
      rootfs: {
        type: "layers",
        diff_ids: [...others, layer].map(({ digest }) => digest),
      },
    }),
  );
  const configDescriptor = describe(mediaTypes.ociConfig, config);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: configDescriptor,
      layers: [
        ...others,
        { ...layer, annotations: { [signatureAnnotation]: signed.signature } },
      ],
    }),
  );
  return {
    manifest,
    blobs: [
      { ...configDescriptor, content: config },
      { ...layer, content: signed.payload },
    ],
  };
}
