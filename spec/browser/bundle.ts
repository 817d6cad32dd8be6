import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE_MODULE = new RegExp(`^(node:.*|graceful-fs|${builtinModules.join('|')})$`);

/**
 * What is imported under these names, or from these files, is another file of `in-place-of` in a
 * browser.
 */
const inPlaceOf: Record<string, string> = {
  '@jest/globals': 'jest-globals.ts',
  'node:worker_threads': 'worker-threads.ts',
  'tidemark/node': 'tidemark-node.js',
  'node:util': 'util.js',
  'lib/node.js': 'tidemark-node.js',
  'spec/support/tested-driver.js': 'tested-driver.js',
  'spec/support/threads/second-copy.js': 'second-copy.js',
};

const browserInPlaceOfNode: Plugin = {
  name: 'browser in place of Node',
  setup(plugin) {
    plugin.onResolve({ filter: /./ }, ({ path, resolveDir }) => {
      const replacement = inPlaceOf[path.startsWith('.') ? relative(ROOT, join(resolveDir, path)) : path];
      return replacement === undefined ? undefined : { path: join(ROOT, 'spec/browser/in-place-of', replacement) };
    });
    plugin.onResolve({ filter: NODE_MODULE }, ({ path, importer }) => {
      // The parts of jest can do more in Node: `expect` shows the lines of a file, say. They have
      // to load, not to do it.
      if (importer.includes('/node_modules/')) return { path, namespace: 'absent' };
      const file = relative(ROOT, importer);
      const text = `${file} imports ${path}, which no browser has: see spec/browser/core-specs.ts`;
      return { errors: [{ text }] };
    });
    plugin.onLoad({ filter: /./, namespace: 'absent' }, () => ({
      contents: "module.exports = new Proxy({}, { get: () => () => '' })",
    }));
    // A chunk has an address of its own; what a module finds beside itself is where its source is.
    plugin.onLoad({ filter: /\/spec\/.*\.[jt]s$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!source.includes('import.meta.url')) return undefined;
      const address = `new URL('/${relative(ROOT, path)}', location.origin).href`;
      return { contents: source.replaceAll('import.meta.url', address), loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/** What a web server has to give for modules that run in a browser: the content of each address. */
export type Site = Map<string, Uint8Array>;

export interface BundleOptions {
  /**
   * How many random runs, unless `FUZZ_RUNS` says so: fewer than in Node, where the same are run.
   */
  readonly fuzzRuns?: number;
  /** What the tests are about. `@default` memory */
  readonly driver?: 'window';
}

/**
 * Bundles modules, named by their paths from the root of the project; each has the address of its
 * path, as JavaScript.
 */
export async function bundle(
  entryPoints: readonly string[],
  { fuzzRuns = 30, driver }: BundleOptions = {},
): Promise<Site> {
  const common: BuildOptions = {
    absWorkingDir: ROOT,
    outbase: ROOT,
    outdir: ROOT,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  };
  const builds = await Promise.all([
    build({
      ...common,
      write: false,
      entryPoints: [...entryPoints],
      splitting: true,
      // A spec may import another for what that does; `sideEffects` in our package.json knows of
      // the library alone.
      ignoreAnnotations: true,
      plugins: [browserInPlaceOfNode],
      define: {
        global: 'globalThis',
        // What the parts of jest look at when they are loaded.
        __dirname: '"/"',
        'process.stdout': '{}',
        'process.platform': '"browser"',
        'process.env': JSON.stringify({ FUZZ_RUNS: process.env.FUZZ_RUNS ?? String(fuzzRuns), TESTED_DRIVER: driver }),
      },
    }),
    // By itself, so that it shares nothing with the others.
    build({ ...common, write: false, entryPoints: { 'second-copy': 'dist/sync.js' } }),
  ]);
  const files = builds.flatMap(({ outputFiles }) => outputFiles);
  return new Map(files.map(({ path, contents }) => [`/${relative(ROOT, path)}`, contents]));
}
