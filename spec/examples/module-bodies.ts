import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Which modules await at their top level, and which are above those, by their text. */

const parsed = new Map<string, ts.SourceFile>();

function parse(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known) return known;
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  parsed.set(path, source);
  return source;
}

/** Whether something in a node is found, outside of the functions in it. */
function some(node: ts.Node, found: (node: ts.Node) => boolean): boolean {
  if (found(node)) return true;
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => some(child, found) || undefined) === true;
}

/** Whether a module has a top-level `await`. */
export function awaits(path: string): boolean {
  return some(
    parse(path),
    (node) => ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined),
  );
}

/** The modules that one imports statically, directly or not, without those of packages. */
export function below(path: string, found = new Set<string>()): Set<string> {
  for (const statement of parse(path).statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
    const specifier = statement.moduleSpecifier;
    const isType = ts.isImportDeclaration(statement)
      ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : statement.isTypeOnly;
    if (specifier === undefined || !ts.isStringLiteral(specifier) || isType) continue;
    if (!specifier.text.startsWith('.')) continue;
    const target = join(dirname(path), specifier.text);
    const file = [target, target.replace(/\.js$/, '.ts')].find((name) => existsSync(name));
    if (file === undefined || found.has(file) || !/\.m?[jt]s$/.test(file)) continue;
    found.add(file);
    below(file, found);
  }
  return found;
}

/** Whether terminating a worker in the body of this module ends the process (docs/workers.md). */
export function isDangerous(path: string): boolean {
  return !awaits(path) && [...below(path)].some(awaits);
}
