import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/**
 * What a page needs to share memory with its workers:
 * https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated
 */
const headers = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  // A slow machine is not worth a warning.
  build: { target: 'es2022', rolldownOptions: { checks: { pluginTimings: false } } },
  worker: { format: 'es' },
  // What Node loads from a folder, browsers have to be given the address of.
  resolve: {
    alias: [{ find: /^libflacjs$/, replacement: fileURLToPath(new URL('src/lib-flac.ts', import.meta.url)) }],
  },
  server: { headers },
  preview: { headers },
});
