import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a block of code is for; the word behind the language in its fence, `js browser`. */
export type BlockKind = 'node' | 'browser' | 'server' | 'fragment';

/** A block of JavaScript or TypeScript in a page of the documentation, or in a doc comment. */
export interface CodeBlock {
  /** Where it is, `docs/http.md:17`. */
  readonly where: string;
  readonly page: string;
  readonly kind: BlockKind;
  /** The name that its first line gives it, `// decode-worker.js`; else one of its own. */
  readonly file: string;
  readonly code: string;
  /** The lines that it prints, where a block `output` follows. */
  readonly output: readonly string[] | undefined;
}

const FENCE = /^(?<indent> *)```(?<language>jsx?|tsx?)(?: (?<kind>\w+))?\n(?<code>.*?)^\k<indent>```\n(?<rest>\s*)/gms;
const OUTPUT = /^ *```output\n(?<lines>.*?)^ *```$/ms;
const FILE_NAME = /^\/\/ (?<name>[\w.-]+\.[jt]sx?)\n/;
const KINDS: readonly string[] = ['node', 'browser', 'server', 'fragment'] satisfies BlockKind[];

/**
 * The pages of the documentation that show code, by their names from the root of the repository.
 */
export function pages(root: string): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('api'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return ['README.md', ...docs.toSorted()];
}

/** The blocks of a page, in order. */
export function blocksOf(root: string, page: string): CodeBlock[] {
  return blocksIn(page, readFileSync(join(root, page), 'utf8'));
}

/** The blocks of all doc comments of the library. */
export function blocksOfComments(root: string): CodeBlock[] {
  const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `lib/${name.replaceAll('\\', '/')}`);
  return sources.toSorted().flatMap((source) => {
    const lines = readFileSync(join(root, source), 'utf8').split('\n');
    return blocksIn(source, lines.map((line) => /^ *\* ?(.*)$/.exec(line)?.[1] ?? '').join('\n'));
  });
}

function blocksIn(page: string, text: string): CodeBlock[] {
  return [...text.matchAll(FENCE)].map(({ 0: whole, index, groups = {} }) => {
    const { indent = '', language = '', kind = 'node', code = '' } = groups;
    const line = text.slice(0, index).split('\n').length;
    const where = `${page}:${line}`;
    if (!KINDS.includes(kind))
      throw new Error(`${where}: expected one of ${KINDS.join(', ')} in the fence, got ${kind}.`);
    const after = text.slice(index + whole.length);
    const output = OUTPUT.exec(after);
    return {
      where,
      page,
      kind: kind as BlockKind,
      file: FILE_NAME.exec(code)?.groups?.name ?? `line-${line}.${language}`,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      output: output?.index === 0 ? output.groups?.lines?.trimEnd().split('\n') : undefined,
    };
  });
}
