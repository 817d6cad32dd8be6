// The command line.

import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import lena from 'audio-lena';

export const USAGE = `\
Usage: npm start -- [FILE-OR-URL] [--rate BYTES_PER_SECOND] [--seek SECONDS]

Downloads a FLAC file in pieces, decodes it meanwhile in another thread, and checks the MD5 of what came out.

  FILE-OR-URL  what to decode; a file is served by a slow web server on this machine (default: a song by Lena)
  --rate       how slow that is, in bytes per second (default: 120000)
  --seek       seek to that second as soon as the first samples are out`;

const DEFAULT_RATE = 120_000; // makes the song take four seconds

/**
 * @typedef {object} Options
 * @property {URL | undefined} url what to download; undefined: serve `file`, and download that
 * @property {string} file
 * @property {number} rate in bytes per second
 * @property {number | undefined} seek in seconds
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
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (positionals.length > 1) throw new Error(`One file or URL at a time, not ${positionals.length}.`);
  const [source = fileURLToPath(lena.url('flac'))] = positionals;
  const rate = number('rate', values.rate) ?? DEFAULT_RATE;
  if (rate === 0) throw new Error('--rate: nothing ever arrives at 0 bytes per second.');
  return {
    file: source,
    url: /^https?:\/\//.test(source) ? new URL(source) : undefined,
    rate,
    seek: number('seek', values.seek),
    help: values.help,
  };
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
