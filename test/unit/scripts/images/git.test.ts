/**
 * What git says of a repository, with the real git.
 */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Git } from "../../../../scripts/images/git.ts";
import { ImageRepository } from "../../../fixtures/image-repository.ts";

let repository: ImageRepository;
beforeEach(() => {
  repository = new ImageRepository();
});
afterEach(async () => {
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
