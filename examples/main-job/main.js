// The main job: decode music while it is still being downloaded, out of order, and prove that it
// came out right.

import { firstValueFrom, fromEvent, map, merge, of, switchMap } from 'rxjs';
import { createDisplay } from './display.js';
import { serveFile } from '../shared/file-server.js';
import { runJob } from './job.js';
import { USAGE, readOptions } from './options.js';
import { isRight, report } from './report.js';

const STOPPED = 130; // what shells expect after Ctrl-C: 128 + SIGINT

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

/**
 * @param {import('./options.js').Options} options
 * @returns {Promise<number>} the exit code
 */
function run({ url, file, rate, seek, store }) {
  const url$ = url ? of(url) : serveFile(file, rate);
  const verdict$ = url$.pipe(
    switchMap((source) => runJob({ url: source, seek, store }, createDisplay(process.stdout))),
    map((outcome) => {
      console.log(report(outcome));
      return isRight(outcome) ? 0 : 1;
    }),
  );
  const ctrlC$ = fromEvent(process, 'SIGINT').pipe(map(() => STOPPED));
  // The first ends the other: requests, thread, server and all. What is stored is kept.
  return firstValueFrom(merge(ctrlC$, verdict$));
}

/** @param {unknown} error */
function explain(error) {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  // `fetch` says little without its cause; a StorageError has it in its message.
  return cause instanceof Error && !message.includes(cause.message) ? `${message} (${cause.message})` : message;
}
