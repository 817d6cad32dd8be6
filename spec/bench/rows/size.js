import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

/** @import { Row } from '../tools/row.js' */

/**
 * Bytes of what a bundler makes of `source`, minified and compressed, without rxjs.
 *
 * @param {string} source
 */
async function sizeOf(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['rxjs'],
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  if (contents.length < 1000) throw new Error('The bundle is empty.');
  return { figure: brotliCompressSync(contents).length };
}

/** @type {Row[]} */
export const sizeRows = [
  {
    id: 'size',
    what: 'core, all of `tidemark`: minified, brotli-compressed, without rxjs',
    unit: 'bytes',
    budget: 12_000,
    measure: () => sizeOf("export * from 'tidemark';"),
  },
  {
    id: 'size-used',
    what: 'what a bundler keeps of it for Resource, MemDriver, isStorageError',
    unit: 'bytes',
    measure: () => sizeOf("export { Resource, MemDriver, isStorageError } from 'tidemark';"),
  },
  {
    id: 'size-sync',
    what: '`tidemark/sync`; minified, brotli-compressed',
    unit: 'bytes',
    measure: () => sizeOf("export * from 'tidemark/sync';"),
  },
];
