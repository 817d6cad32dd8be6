import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** How long processes may take to end, in milliseconds. */
const PATIENCE = 3000;

/**
 * Runs after all tests. Removes what they have stored, ends what they have started, and fails the
 * run, saying what it was, if a test has left something behind.
 *
 * @param {import('@jest/types').Config.GlobalConfig} config
 */
export default async function end({ watch, watchAll }) {
  const { RUN_FOLDER: run, TESTED_FOLDER: tested, TESTED_FILES: untold, TMPDIR: temporary } = process.env;
  if (run === undefined || tested === undefined || temporary === undefined) return;
  const processes = await endProcesses(run);
  const files = [temporary, tested].flatMap(namesIn).filter((path) => path !== untold);
  for (const folder of [tested, run]) rmSync(folder, { recursive: true, force: true });
  for (const left of [...processes, ...files]) {
    process.stderr.write(`A test has left behind: ${left}\n`);
    process.exitCode = 1;
  }
  // Where jest runs the tests itself, in one process, what a failed one has left open would keep it
  // alive.
  if (!watch && !watchAll) setTimeout(exit, PATIENCE).unref();
}

function exit() {
  process.exit();
}

/** @param {string} folder */
function namesIn(folder) {
  return readdirSync(folder).map((name) => `${folder}/${name}`);
}

/**
 * Waits until the processes of this run have ended, ends those that have not, and returns what they
 * are.
 *
 * @param {string} run
 */
async function endProcesses(run) {
  const until = performance.now() + PATIENCE;
  while (performance.now() < until) {
    if (processesOf(run).length === 0) return [];
    await delay(50);
  }
  return processesOf(run).map((id) => {
    const command = commandOf(id);
    process.kill(id, 'SIGKILL');
    return `process ${id}, ${command}`;
  });
}

/**
 * Whatever has the environment of this run, but for this process itself, and esbuild, which ends
 * with the one that has started it. Only Linux tells.
 *
 * @param {string} run
 */
function processesOf(run) {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((id) => id !== process.pid && contentOf(`/proc/${id}/environ`).includes(`RUN_FOLDER=${run}\0`))
    .filter((id) => !/esbuild.*--service=/.test(commandOf(id)));
}

/** @param {number} id */
function commandOf(id) {
  return contentOf(`/proc/${id}/cmdline`).replaceAll('\0', ' ');
}

/** @param {string} path */
function contentOf(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // it has just ended, or is not ours
  }
}
