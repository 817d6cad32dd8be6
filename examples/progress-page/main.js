// Builds the page, and serves it on this machine with the headers that shared memory needs, beside a slow song.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import lena from 'audio-lena';
import { build, preview } from 'vite';
import { fileHandler } from '../shared/file-server.js';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4173' }, rate: { type: 'string', default: '64000' } },
});
const configFile = fileURLToPath(new URL('vite.config.js', import.meta.url));

await build({ configFile, logLevel: 'warn' });
const song = fileHandler(fileURLToPath(lena.url('flac')), Number(values.rate));
const server = await preview({
  configFile,
  preview: { host: '127.0.0.1', port: Number(values.port) },
  plugins: [
    {
      name: 'sample',
      configurePreviewServer: ({ middlewares }) => void middlewares.use('/sample.flac', song),
    },
  ],
});
console.log(`The page is at ${server.resolvedUrls?.local[0]} (Ctrl-C ends it).`);
