import { expect, it } from "vitest";
import {
  baseImageOf,
  withWholePaths,
} from "../../../../scripts/images/environment.ts";
import { basesOf } from "../../../../scripts/images/check.ts";

it("takes an empty base for none", () => {
  const environment = { STREAMSPACE_BASE_IMAGE: "" };
  expect(baseImageOf(environment)).toBeUndefined();
  const dockerfile = "ARG BASE_IMAGE=debian:12\nFROM ${BASE_IMAGE}\n";
  expect(basesOf(dockerfile, true, environment)).toEqual(["debian:12"]);
});

it("makes relative paths of files whole, and leaves the rest alone", () => {
  const environment = {
    STREAMSPACE_SIGNING_KEY_FILE: "../a.key",
    STREAMSPACE_IMAGE_CACHE: "",
    REGISTRY_AUTH_FILE: "/etc/auth.json",
    DOCKER_CONFIG: "docker",
    PATH: "bin",
  };
  expect(withWholePaths(environment, "/home/user")).toEqual({
    STREAMSPACE_SIGNING_KEY_FILE: "/home/a.key",
    STREAMSPACE_IMAGE_CACHE: "",
    REGISTRY_AUTH_FILE: "/etc/auth.json",
    DOCKER_CONFIG: "/home/user/docker",
    PATH: "bin",
  });
});
