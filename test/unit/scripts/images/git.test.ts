/**
 * What git says of a repository, with the real git.
 */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Git, webAddressOf } from "../../../../scripts/images/git.ts";
import { ImageRepository } from "../../../fixtures/image-repository.ts";

let repository: ImageRepository;
beforeEach(() => {
  repository = new ImageRepository();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await repository.close();
});

const never = new AbortController().signal;

it("names both places of a file that was moved from one image to another", async () => {
  renameSync(
    join(repository.root, "images/one/application"),
    join(repository.root, "images/two/moved"),
  );
  repository.commit("moved");
  const changed = await new Git(repository.root, never).changedFiles("HEAD~1");
  expect(changed.sort()).toEqual([
    "images/one/application",
    "images/two/moved",
  ]);
});

it("gives names of files as they are, with quotes and line breaks", async () => {
  const odd = ['images/one/ "a"\n', "images/one/ä"];
  repository.write(odd[0] ?? "", "new");
  repository.write(odd[1] ?? "", "committed");
  repository.git("add", "--", odd[1] ?? "");
  const git = new Git(repository.root, never);
  expect((await git.changedFiles("HEAD")).sort()).toEqual(odd.sort());
  expect(await git.files()).toEqual(expect.arrayContaining(odd));
});

it.each([
  ["https://github.com/a/b.git", "https://github.com/a/b"],
  [
    "https://user:secret@example.org:8443/a/b.git/",
    "https://example.org:8443/a/b",
  ],
  ["https://token@github.com/a/b", "https://github.com/a/b"],
  ["git@github.com:a/b.git", "https://github.com/a/b"],
  ["ssh://git@example.org:2222/a/b.c", "https://example.org/a/b.c"],
  ["/srv/git/b.git", undefined],
  ["../b", undefined],
  ["file:///srv/git/b", undefined],
  ["C:\\git\\b", undefined],
  ["", undefined],
])("of the remote %j people open %j", (remote, address) => {
  expect(webAddressOf(remote)).toBe(address);
});

it("has the address of the remote, and none without one", async () => {
  const git = new Git(repository.root, never);
  expect((await git.readState()).url).toBeUndefined();
  const remote = "https://user:secret@example.org/a.git";
  repository.git("remote", "add", "origin", remote);
  expect((await git.readState()).url).toBe("https://example.org/a");
});

it("that belongs to somebody else is told as such, in whatever language", async () => {
  vi.stubEnv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
  vi.stubEnv("LANGUAGE", "de");
  await expect(new Git(repository.root, never).readState()).rejects.toThrow(
    `git does not read ${repository.root}, which belongs to another user; where it can be trusted: git config --global --add safe.directory '${repository.root}'`,
  );
});

it("that is none, or cannot be asked for want of git, is a sentence", async () => {
  const none = new Git(repository.folder, never);
  await expect(none.readState()).rejects.toThrow(
    `${repository.folder} is no git repository with a commit`,
  );
  vi.stubEnv("PATH", "/nowhere");
  await expect(none.readState()).rejects.toThrow(
    "the program git is not installed",
  );
});
