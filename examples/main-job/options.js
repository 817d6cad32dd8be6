// The command line.

import { parseArgs } from 'node:util';
import { fileURLToPath, pathToFileURL } from 'node:url';
import lena from 'audio-lena';
import { defaultStorePath, isSameFile } from './store-path.js';

export const USAGE = `\
Usage: npm start -- [FILE-OR-URL] [--rate BYTES_PER_SECOND] [--seek SECONDS]
                    [--to PATH] [--fresh] [--memory]

Downloads a FLAC file in pieces, decodes it meanwhile in another thread, and checks the MD5 of what came out.
Stopped half-way, by Ctrl-C or in any other way, and started again, it goes on where it was.

  FILE-OR-URL  what to decode; a file is served by a slow web server on this machine (default: a song by Lena)
  --rate       how slow that is, in bytes per second (default: 120000)
  --seek       seek to that second as soon as the first samples are out
  --to         the file to store into (default: one for each source, in the folder "tidemark" for temporary files)
  --fresh      remove first what is there from earlier runs
  --memory     store into memory, and into no file`;

const DEFAULT_RATE = 120_000; // makes the song take four seconds

/**
 * @typedef {object} Options
 * @property {URL | undefined} url what to download; undefined: serve `file`, and download that
 * @property {string} file
 * @property {number} rate in bytes per second
 * @property {number | undefined} seek in seconds
 * @property {import('./store.js').Store} store
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {Options} throws if the arguments make no sense
 */
export function readOptions(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rate: { type: 'string' },
      seek: { type: 'string' },
      to: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      memory: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (positionals.length > 1) throw new Error(`One file or URL at a time, not ${positionals.length}.`);
  const [source = fileURLToPath(lena.url('flac'))] = positionals;
  const rate = number('rate', values.rate) ?? DEFAULT_RATE;
  if (rate === 0) throw new Error('--rate: nothing ever arrives at 0 bytes per second.');
  const url = /^https?:\/\//.test(source) ? new URL(source) : undefined;
  return {
    file: source,
    url,
    rate,
    seek: number('seek', values.seek),
    store: { path: storePath(url ?? pathToFileURL(source), values), fresh: values.fresh },
    help: values.help,
  };
}

/**
 * @param {URL} source
 * @param {{ to?: string, fresh: boolean, memory: boolean }} values
 */
function storePath(source, { to, fresh, memory }) {
  if (memory) {
    if (to !== undefined || fresh) throw new Error('--memory goes with neither --to nor --fresh: there is no file.');
    return undefined;
  }
  if (to !== undefined && source.protocol === 'file:' && isSameFile(fileURLToPath(source), to))
    throw new Error(`--to: ${to} is the very file to be downloaded.`); // which --fresh would remove
  return to ?? defaultStorePath(source);
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
function number(name, text) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new Error(`--${name}: ${JSON.stringify(text)} is not a number of 0 or more.`);
}
