/**
 * Writes a new image's folder and its entry in the catalogue; called by `scripts/new-image.sh`, which checks the words.
 */
import {
  cpSync,
  globSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { parseCatalogue, type Catalogue } from "./catalogue.ts";

const [root, name, program, title] = process.argv.slice(2);
if (
  root === undefined ||
  name === undefined ||
  program === undefined ||
  title === undefined
)
  throw new Error("new-image.ts takes the root, a name, a package and a title");

const folder = join(root, "images", name);
const unfinished = `${folder}.new`;
const catalogueFile = join(root, "images", "catalogue.json");
const catalogue = parseCatalogue(readFileSync(catalogueFile, "utf8"));
const template = catalogue.images.find((image) => image.name === "template");
if (template === undefined) throw new Error("the catalogue has no template");

// Renamed when it is whole, so that an interrupted run leaves no half image.
rmSync(unfinished, { recursive: true, force: true });
cpSync(join(root, "images", "template"), unfinished, { recursive: true });
for (const file of globSync("**/*", { cwd: unfinished })) {
  const path = join(unfinished, file);
  if (!statSync(path).isFile()) continue;
  const text = readFileSync(path, "utf8")
    .replaceAll("images/template", `images/${name}`)
    .replaceAll("streamspace-install xterm", `streamspace-install ${program}`)
    .replaceAll(template.description, `${title} in a session of its own`)
    .replaceAll("Template", title);
  writeFileSync(path, text);
}
writeFileSync(
  join(unfinished, "session", "application.json"),
  `${JSON.stringify([program])}\n`,
);
writeFileSync(
  join(unfinished, "smoke.json"),
  `${JSON.stringify({ window: { class: "." }, steps: [] }, undefined, 2)}\n`,
);
writeFileSync(
  join(unfinished, "README.md"),
  `# ${title}

${title} in a session of its own.

- Starts \`${program}\` (\`session/application.json\`).
- Limits that suit it: ${template.resources.limits.memoryMiB} MiB, ${template.resources.limits.cpu} cores. Keeps \`/home/user\`.
- Built and tested like all of them: [../README.md](../README.md).
`,
);
const extended: Catalogue = {
  ...catalogue,
  images: [
    ...catalogue.images,
    {
      ...template,
      name,
      title,
      description: `${title} in a session of its own`,
      icon: `images/${name}/icon.svg`,
    },
  ],
};
// As the check of the format wants it: another form would be a change of every entry.
const text = await format(JSON.stringify(extended, undefined, 2), {
  parser: "json",
});
parseCatalogue(text);
renameSync(unfinished, folder);
writeFileSync(catalogueFile, text);
process.stdout.write(
  `images/${name} is there. Next: what starts (session/application.json), what the test does (smoke.json),
resources and category (images/catalogue.json), the icon. Then:
  ./scripts/build-images.sh --name ${name} --version dev
  ./scripts/test-image.sh localhost/streamspace/${name}:dev\n`,
);
