/**
 * Who imports whom: read from the sources by the TypeScript parser.
 */
import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

/** One import of a module. */
export interface Import {
  /** Path of the importing module from the root of the repository, e.g. `agent/app.ts`. */
  from: string;
  /** A path like `from` for modules of this project, otherwise the name of a package. */
  to: string;
  isPackage: boolean;
  /** Types are gone when the program runs. */
  isTypeOnly: boolean;
}

/** All imports of the modules in `folders`, dynamic ones included. */
export function readImports(
  root: string,
  folders: readonly string[],
): Import[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root }))
    .filter((path) => !path.includes("node_modules"))
    .flatMap((path) => importsOf(path, readFileSync(join(root, path), "utf8")));
}

/** The imports of one module with the given text. */
export function importsOf(path: string, text: string): Import[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    imports.push({ from: path, isTypeOnly, ...resolve(path, specifier.text) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, isTypeImport(node.importClause));
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument)
    ) {
      add(node.argument.literal, true);
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword
    ) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every((element) => element.isTypeOnly)
  );
}

function resolve(
  from: string,
  specifier: string,
): { to: string; isPackage: boolean } {
  if (specifier.startsWith(".")) {
    const to = posix.normalize(posix.join(posix.dirname(from), specifier));
    return { to, isPackage: false };
  }
  const depth = specifier.startsWith("@") ? 2 : 1;
  return {
    to: specifier.split("/").slice(0, depth).join("/"),
    isPackage: true,
  };
}

/** A way from a node back to itself, or `undefined` where there is none. */
export function findCycle(
  edges: readonly (readonly [from: string, to: string])[],
): string[] | undefined {
  const targets = Map.groupBy(edges, ([from]) => from);
  const finished = new Set<string>();
  const path: string[] = [];
  const walk = (node: string): string[] | undefined => {
    const start = path.indexOf(node);
    if (start !== -1) return [...path.slice(start), node];
    if (finished.has(node)) return undefined;
    path.push(node);
    for (const [, to] of targets.get(node) ?? []) {
      const cycle = walk(to);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    finished.add(node);
    return undefined;
  };
  for (const node of targets.keys()) {
    const cycle = walk(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
