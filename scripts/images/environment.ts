/**
 * Settings from the environment. Pure.
 */
import { resolve } from "node:path";

/** A variable's value; one that is empty counts as not set. */
export function settingOf(
  environment: NodeJS.ProcessEnv,
  name: string,
): string | undefined {
  const value = environment[name];
  return value === "" ? undefined : value;
}

/** Another base of the runtimes, or `undefined`. */
export function baseImageOf(
  environment: NodeJS.ProcessEnv,
): string | undefined {
  return settingOf(environment, "STREAMSPACE_BASE_IMAGE");
}

/** Variables that name files and folders. */
const pathVariables = [
  "STREAMSPACE_SIGNING_KEY_FILE",
  "STREAMSPACE_SIGNING_PASSPHRASE_FILE",
  "STREAMSPACE_IMAGE_CACHE",
  "STREAMSPACE_IMAGE_ROOT",
  "REGISTRY_AUTH_FILE",
  "DOCKER_CONFIG",
];

/**
 * The same variables with whole paths: a relative one is meant from where the build was called, and the engine, which
 * reads some of them too, runs in the repository.
 */
export function withWholePaths(
  environment: NodeJS.ProcessEnv,
  folder: string,
): NodeJS.ProcessEnv {
  const whole = { ...environment };
  for (const name of pathVariables) {
    const path = settingOf(environment, name);
    if (path !== undefined) whole[name] = resolve(folder, path);
  }
  return whole;
}
