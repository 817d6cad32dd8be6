import { spawnSync } from 'node:child_process';

/** @import { Row } from './row.js' */

/** Without what a user has set up for himself, proxies above all. */
export const CURL_ALONE = ['-q', '--noproxy', '*'];
export const ARIA2_ALONE = ['--no-conf', '--no-proxy=127.0.0.1'];

/**
 * Those whose program is installed; says of the others that they are left out.
 *
 * @param {readonly Row[]} rows
 */
export function withoutMissing(rows) {
  return rows.filter(({ id, needs }) => {
    const there = needs === undefined || isInstalled(needs);
    if (!there) console.error(`${id} is left out: ${needs} is not installed.`);
    return there;
  });
}

/** @param {string} program */
function isInstalled(program) {
  // However it ends: nginx does not know the flag.
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
