import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BROWSER_FOLDERS } from '../browser/browser-specs.js';
import { FIREFOX, installed, WEBKIT } from '../browser/others/installed.js';

/**
 * What some tests need and not every machine has, which is tried once.
 *
 * @typedef {object} Need
 * @property {(path: string) => boolean} isNeededBy
 * @property {string} name - of the tests
 * @property {(folder: string) => unknown} tryIt - throws where it is missing; may leave something
 * in the folder
 * @property {true} [isSpare] - its tests are left out with `CI=true`, too: npm does not bring it
 * @property {Promise<boolean>} [isThere]
 */

/** @type {Need[]} */
const NEEDS = [
  {
    name: 'Tests in a browser',
    isNeededBy: (path) =>
      BROWSER_FOLDERS.some((folder) => path.includes(`/${folder}/`)) && !isOther(path) && !process.env.CHROMIUM,
    async tryIt() {
      const { launchChromium } = await import('../browser/chromium.js');
      await (await launchChromium()).close();
    },
  },
  {
    name: 'Tests in Firefox',
    isNeededBy: (path) => path.endsWith('/firefox.stress.spec.ts'),
    isSpare: true,
    tryIt: () => installed(...FIREFOX),
  },
  {
    name: 'Tests in WebKitGTK',
    isNeededBy: (path) => path.endsWith('/webkit.stress.spec.ts'),
    isSpare: true,
    tryIt: () => WEBKIT.map((name) => installed(name)),
  },
  {
    name: 'Tests that mount file systems',
    isNeededBy: (path) => path.endsWith('.mounts.spec.ts'),
    tryIt(folder) {
      try {
        execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'pipe' });
      } catch {
        throw new Error('That takes Linux, and the right to mount: run them as root.');
      }
      execFileSync('umount', [folder]);
    },
  },
];

/** @param {string} path */
function isOther(path) {
  return path.includes('/spec/browser/others/');
}

/** One after the other: each changes the environment for a while. */
let turn = Promise.resolve(true);

/**
 * Jest asks which of the tests that it has found are to run, once for each project: those are left
 * out that cannot on this machine, and one line says so. With `CI=true` they are not, and fail, but
 * for those in browsers that do not come by npm. (Who names one by `CHROMIUM` wants it, too.)
 *
 * @param {string[]} paths
 * @returns {Promise<{ filtered: string[] }>}
 */
export async function leaveOut(paths) {
  let filtered = paths;
  for (const need of NEEDS) {
    if (process.env.CI === 'true' && !need.isSpare) continue;
    const isConcerned = (/** @type {string} */ path) => need.isNeededBy(path.replaceAll('\\', '/'));
    if (!filtered.some(isConcerned)) continue;
    need.isThere ??= turn = turn.then(() => isThere(need));
    if (!(await need.isThere)) filtered = filtered.filter((path) => !isConcerned(path));
  }
  return { filtered };
}

/** @param {Need} need */
async function isThere({ name, tryIt }) {
  // For what a browser leaves behind that cannot be launched.
  const { TMPDIR } = process.env;
  const folder = (process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'tidemark-try-')));
  try {
    await tryIt(folder);
    return true;
  } catch (error) {
    process.stderr.write(`\n!!! ${name} ARE LEFT OUT. ${error instanceof Error ? error.message : String(error)}\n\n`);
    return false;
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true, force: true });
  }
}
