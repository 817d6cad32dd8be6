// Builds the page, and serves it on this machine with the headers that shared memory needs, beside
// a slow song.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import lena from 'audio-lena';
import { build, preview } from 'vite';
import { fileHandler } from '../shared/file-server.js';

try {
  const { port, rate } = options();
  const configFile = fileURLToPath(new URL('vite.config.js', import.meta.url));
  await build({ configFile, logLevel: 'warn' });
  const song = fileHandler(fileURLToPath(lena.url('flac')), rate);
  const server = await preview({
    configFile,
    preview: { host: '127.0.0.1', port },
    plugins: [
      { name: 'sample', configurePreviewServer: ({ middlewares }) => void middlewares.use('/sample.flac', song) },
    ],
  });
  console.log(`The page is at ${server.resolvedUrls?.local[0]} (Ctrl-C ends it).`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/**
 * `--port`: where the page is; another if that is taken. `--rate`: of the sample, in bytes per
 * second.
 */
function options() {
  const { port, rate } = parseArgs({ options: { port: { type: 'string' }, rate: { type: 'string' } } }).values;
  return {
    port: number('--port', port, 4173, 'a port, 0 to 65535', (value) => Number.isInteger(value) && value < 65_536),
    rate: number('--rate', rate, 64_000, 'a positive number of bytes per second', (value) => value > 0),
  };
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} fallback
 * @param {string} expected
 * @param {(value: number) => boolean} isGood
 */
function number(name, text, fallback, expected, isGood) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && isGood(value))) {
    throw new Error(`${name} is ${JSON.stringify(text)}; expected ${expected}.`);
  }
  return value;
}
