// Where a download is kept if nobody says where.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, parse } from 'node:path';

const MOST_CHARACTERS = 80; // the driver appends to it, and file systems have names of 255 bytes
const HASH_CHARACTERS = 10;

/**
 * A path that stays the same for a source, and that no other source has.
 *
 * @param {URL} source
 */
export function defaultStorePath(source) {
  const named = basename(source.pathname) || source.hostname;
  const { name, ext } = parse(named.replaceAll(/[^\w.-]+/g, '_').slice(-MOST_CHARACTERS));
  const hash = createHash('sha256').update(source.href).digest('hex').slice(0, HASH_CHARACTERS);
  return join(tmpdir(), 'tidemark', `${name}-${hash}${ext}`);
}

/** Whether two paths lead to one file that exists. @param {string} one @param {string} other */
export function isSameFile(one, other) {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}
