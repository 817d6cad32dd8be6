import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where the guides download from. */
const SONGS = 'https://cdn.jsdelivr.net/npm/audio-lena@3.0.1';

/**
 * The program for a browser in a page of docs/guides, as one script that downloads from another
 * server. A block whose first line is the name of a file is that file; the one without is the
 * program.
 *
 * @param file - bundles this one instead: the script of a worker, say
 */
export async function bundleGuide(page: string, origin: string, file?: string): Promise<Uint8Array> {
  const text = await readFile(new URL(`../../docs/guides/${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```ts browser\n([^]*?)^```$/gm)].map(([, code = '']) =>
    code.replaceAll(SONGS, origin),
  );
  const files = new Map(
    blocks.flatMap((code) => {
      const name = /^\/\/ (\S+)\.ts\n/.exec(code)?.[1];
      return name === undefined ? [] : [[`./${name}.js`, code]];
    }),
  );
  const [program, ...others] = blocks.filter((code) => ![...files.values()].includes(code));
  if (program === undefined || others.length > 0) throw new Error(`${page} has not one program for a browser.`);
  const besides: Plugin = {
    name: 'files of the guide',
    setup(plugin) {
      plugin.onResolve({ filter: /^\.\// }, ({ path, importer }) =>
        importer === '<stdin>' ? { path, namespace: 'guide' } : undefined,
      );
      plugin.onLoad({ filter: /./, namespace: 'guide' }, ({ path }) => {
        const contents = files.get(path);
        return contents === undefined ? undefined : { contents, loader: 'ts', resolveDir: ROOT };
      });
    },
  };
  const { outputFiles } = await build({
    stdin: {
      contents: file === undefined ? program : (files.get(`./${file}.js`) ?? ''),
      loader: 'ts',
      resolveDir: ROOT,
    },
    plugins: [besides],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const [script] = outputFiles;
  if (script === undefined) throw new Error(`Nothing came of ${page}.`);
  return script.contents;
}
