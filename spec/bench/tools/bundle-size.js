import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * Bytes of what a bundler makes of `source`, minified and compressed, without what is `external`.
 *
 * @param {string} source
 * @param {string[]} external - names of packages
 */
export async function bundleSize(source, external) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external,
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  if (contents.length < 1000) throw new Error('The bundle is empty.');
  return brotliCompressSync(contents).length;
}
