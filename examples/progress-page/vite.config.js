import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { defineConfig } from 'vite';

/**
 * What a page needs to share memory with its workers:
 * https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated
 */
const headers = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/**
 * The service worker, at /sw.js beside the page: one script without imports, which every browser
 * takes.
 *
 * @returns {import('vite').Plugin}
 */
function serviceWorker() {
  const name = 'sw.js';
  const bundle = async () => {
    const entryPoints = [fileURLToPath(new URL('src/sw.ts', import.meta.url))];
    const { outputFiles } = await build({ entryPoints, bundle: true, minify: true, write: false });
    return outputFiles[0]?.text ?? '';
  };
  return {
    name: 'service-worker',
    configureServer({ middlewares }) {
      middlewares.use(`/${name}`, (_request, response, next) => {
        bundle().then((script) => response.setHeader('content-type', 'text/javascript').end(script), next);
      });
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: name, source: await bundle() });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  // A slow machine is not worth a warning.
  build: { target: 'es2022', rolldownOptions: { checks: { pluginTimings: false } } },
  worker: { format: 'es' },
  plugins: [serviceWorker()],
  // What Node loads from a folder, browsers have to be given the address of.
  resolve: {
    alias: [{ find: /^libflacjs$/, replacement: fileURLToPath(new URL('src/lib-flac.ts', import.meta.url)) }],
  },
  server: { headers },
  preview: { headers },
});
