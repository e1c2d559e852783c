/**
 * Writes a new image's folder and its entry in the catalogue; called by `scripts/new-image.sh`.
 */
import {
  cpSync,
  existsSync,
  globSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { messageOf } from "../../agent/base/errors.ts";
import {
  parseCatalogue,
  readCatalogue,
  type Catalogue,
  type CatalogueImage,
} from "./catalogue.ts";
import { checkWords, type ImageWords } from "./image-words.ts";

/** Makes the image of these words in the repository `root`. @throws Error one sentence. */
async function makeImage(root: string, given: ImageWords): Promise<void> {
  const words = checkWords(given);
  const folder = join(root, "images", words.name);
  if (existsSync(folder)) {
    throw new Error(`images/${words.name} is there already`);
  }
  const catalogueFile = join(root, "images", "catalogue.json");
  const catalogue = readCatalogue(catalogueFile);
  const template = catalogue.images.find(({ name }) => name === "template");
  if (template === undefined) throw new Error("the catalogue has no template");
  const text = await extendedCatalogue(catalogue, template, words);
  // Renamed when it is whole, so that an interrupted run leaves no half image.
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(join(root, "images", "template"), unfinished, { recursive: true });
  fillTemplate(unfinished, template, words);
  await writeOwnFiles(unfinished, template, words);
  renameSync(unfinished, folder);
  writeFileSync(catalogueFile, text);
}

function descriptionOf({ title }: ImageWords): string {
  return `${title} in a session of its own`;
}

function fillTemplate(
  folder: string,
  template: CatalogueImage,
  words: ImageWords,
): void {
  const { name, program, title } = words;
  for (const file of globSync("**/*", { cwd: folder })) {
    const path = join(folder, file);
    if (!statSync(path).isFile()) continue;
    const text = readFileSync(path, "utf8")
      .replaceAll("images/template", `images/${name}`)
      .replaceAll("streamspace-install xterm", `streamspace-install ${program}`)
      .replaceAll(template.description, descriptionOf(words))
      .replaceAll("Template", title);
    writeFileSync(path, text);
  }
}

async function writeOwnFiles(
  folder: string,
  { resources: { limits } }: CatalogueImage,
  words: ImageWords,
): Promise<void> {
  const { program, title } = words;
  writeFileSync(
    join(folder, "session", "application.json"),
    `${JSON.stringify([program])}\n`,
  );
  writeFileSync(
    join(folder, "smoke.json"),
    `${JSON.stringify({ window: { class: "." }, steps: [] }, undefined, 2)}\n`,
  );
  const readme = `# ${title}

${descriptionOf(words)}.

- Starts \`${program}\` (\`session/application.json\`).
- Limits that suit it: ${limits.memoryMiB} MiB, ${limits.cpu} cores. Keeps \`/home/user\`.
- Built and tested like all of them: [../README.md](../README.md).
`;
  writeFileSync(
    join(folder, "README.md"),
    await format(readme, { parser: "markdown" }),
  );
}

async function extendedCatalogue(
  catalogue: Catalogue,
  template: CatalogueImage,
  words: ImageWords,
): Promise<string> {
  const { name, title } = words;
  const extended: Catalogue = {
    ...catalogue,
    images: [
      ...catalogue.images,
      {
        ...template,
        name,
        title,
        description: descriptionOf(words),
        icon: `images/${name}/icon.svg`,
      },
    ],
  };
  // As the check of the format wants it: another form would be a change of every entry.
  const text = await format(JSON.stringify(extended, undefined, 2), {
    parser: "json",
  });
  parseCatalogue(text);
  return text;
}

const [root = "", name = "", program = "", title = ""] = process.argv.slice(2);
try {
  await makeImage(root, { name, program, title });
  process.stdout.write(
    `images/${name} is there. Next: what starts (session/application.json), what the test does (smoke.json),
resources and category (images/catalogue.json), its licence (the label in the Dockerfile), the icon. Then:
  ./scripts/build-images.sh --name ${name} --version dev
  ./scripts/test-image.sh localhost/streamspace/${name}:dev\n`,
  );
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 2;
}
