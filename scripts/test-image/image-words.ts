/**
 * The words that a new image is made of, before anything is written. Pure.
 */
import { nameProblem } from "../images/image-name.ts";

export interface ImageWords {
  name: string;
  /** The Debian package, and the program. */
  program: string;
  title: string;
}

/**
 * Checks the words; the title comes back without spaces that nobody sees.
 * @throws Error one sentence about the first that is wrong.
 */
export function checkWords({ name, program, title }: ImageWords): ImageWords {
  const problem = nameProblem(name);
  if (problem !== undefined) {
    throw new Error(`no image can be called "${name}": ${problem}`);
  }
  if (!/^[a-z0-9][a-z0-9.+-]+$/.test(program)) {
    throw new Error(`"${program}" is no name of a Debian package`);
  }
  const plain = title.trim().replaceAll(/ +/g, " ");
  // It begins a paragraph of Markdown, where "+ Foo" and "1. Foo" are lists.
  const isTitle =
    /^[\p{L}\p{N}][\p{L}\p{N} .+-]{0,39}$/u.test(plain) &&
    !/^\d+\. /.test(plain);
  if (!isTitle) {
    throw new Error(
      `"${title}" is no title: it has up to 40 letters, digits, spaces and .+-, and begins with a letter or digit`,
    );
  }
  return { name, program, title: plain };
}
