import { join } from 'node:path';
import * as esbuild from 'esbuild';
import * as vite from 'vite';
import webpack from 'webpack';

/** How webpack names what it leaves outside. */
const EXTERNAL = 'external "';

/**
 * What a bundler made of an entry: minified for production, with RxJS left outside.
 *
 * @typedef {object} Bundle
 * @property {string} file - where it is
 * @property {string[]} modules - paths of the modules in it, and names of those that the bundler
 * has put in their place
 * @property {string[]} imports - what it imports when it runs
 */

/**
 * Each bundles `folder/name.js` into `folder/bundler/name.mjs`, for browsers, and rejects where it
 * cannot.
 *
 * @type {Record<string, (folder: string, name: string) => Promise<Bundle>>}
 */
export const bundlers = {
  async esbuild(folder, name) {
    const file = join(folder, 'esbuild', `${name}.mjs`);
    const { metafile } = await esbuild.build({
      absWorkingDir: folder,
      entryPoints: [`${name}.js`],
      outfile: file,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      external: ['rxjs'],
      metafile: true,
      logLevel: 'silent',
    });
    const [output] = Object.values(metafile.outputs);
    if (output === undefined) throw new Error('Expected esbuild to write a file, and it wrote none.');
    const used = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    return { file, modules: used.map(([path]) => join(folder, path)), imports: output.imports.map(({ path }) => path) };
  },

  async vite(folder, name) {
    const outDir = join(folder, 'vite');
    const built = await vite.build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        outDir,
        emptyOutDir: false,
        modulePreload: false,
        rolldownOptions: {
          input: join(folder, `${name}.js`),
          external: ['rxjs'],
          preserveEntrySignatures: 'strict',
          output: { entryFileNames: '[name].mjs' },
        },
      },
    });
    if (!('output' in built)) throw new Error('Expected Vite to build once.');
    const [chunk] = built.output;
    return { file: join(outDir, chunk.fileName), modules: Object.keys(chunk.modules), imports: chunk.imports };
  },

  async webpack(folder, name) {
    const path = join(folder, 'webpack');
    const stats = await new Promise((/** @type {(stats: webpack.Stats | undefined) => void} */ resolve, reject) => {
      webpack(
        {
          mode: 'production',
          target: 'web',
          context: folder,
          entry: { [name]: join(folder, `${name}.js`) },
          output: { path, filename: '[name].mjs', library: { type: 'module' } },
          experiments: { outputModule: true },
          externalsType: 'module',
          externals: ['rxjs'],
        },
        (error, done) => (error === null ? resolve(done) : reject(error)),
      );
    });
    if (stats === undefined || stats.hasErrors()) throw new Error(stats?.toString({ all: false, errors: true }));
    const { modules = [] } = stats.toJson({ all: false, modules: true, nestedModules: true, ids: true });
    // Those that were joined into one are inside of it; what has no name is webpack's own, or a
    // heading.
    const names = modules
      .flatMap((module) => module.modules ?? [module])
      .flatMap(({ nameForCondition, name }) => nameForCondition ?? name ?? []);
    const [external, internal] = [true, false].map((is) => names.filter((name) => name.startsWith(EXTERNAL) === is));
    return {
      file: join(path, `${name}.mjs`),
      modules: internal ?? [],
      imports: external?.map((name) => name.slice(EXTERNAL.length, -1)) ?? [],
    };
  },
};
