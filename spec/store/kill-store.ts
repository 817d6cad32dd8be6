import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderBackend } from 'tidemark/node';
import { areOfOneVersion } from './fixtures/versions.js';
import { namesIn, openStore } from './stores.js';

/**
 * A process that works on a store at random and is killed, and what is wrong with what it leaves.
 */

const WRITER = fileURLToPath(new URL('fixtures/store-writer.js', import.meta.url));
/** The writer writes so much at a time, and a file has whole blocks. */
const SLACK = 8192 + 4096;

/** What was said to be pinned, and not said to be unpinned. */
export type Pinned = Set<string>;

/** Runs a writer and kills it after so many turns and milliseconds; returns how many it made. */
export async function writeAndKill(
  folder: string,
  pinned: Pinned,
  options: { seed: number; maxBytes: number; afterTurns: number; afterMs: number },
): Promise<number> {
  const { seed, maxBytes, afterTurns, afterMs } = options;
  const child = spawn(process.execPath, [WRITER, folder, String(seed), String(maxBytes)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let turns = 0;
  let rest = '';
  let errors = '';
  let isKilled = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('pinned ')) pinned.add(line.slice(7));
      else if (line.startsWith('unpin ')) pinned.delete(line.slice(6));
      else if (line.startsWith('turn ')) turns += 1;
    }
    if (turns < afterTurns || isKilled) return;
    isKilled = true;
    setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`The writer ended by itself: ${errors}`);
  return turns;
}

/** What is wrong with a store whose writer was killed; undefined: nothing. */
export async function problemIn(folder: string, pinned: Pinned, maxBytes: number): Promise<string | undefined> {
  const store = await openStore(folderBackend({ path: folder }), { maxBytes });
  try {
    const names = store.keys.map((key) => folderBackend({ path: folder }).nameOf(key));
    const left = namesIn(folder).filter((file) => !names.some((name) => file.startsWith(name)));
    if (left.length > 0) return `${left.join()} is left`;
    const bytes = namesIn(folder).reduce((sum, file) => sum + lstatSync(join(folder, file)).blocks * 512, 0);
    if (bytes > maxBytes + SLACK) return `It takes ${bytes} of ${maxBytes} bytes.`;
    if (bytes !== store.usage.bytes) return `It says ${store.usage.bytes} and takes ${bytes} bytes.`;
    for (const key of pinned) {
      const entry = store.entry(key);
      if (entry?.state !== 'complete' || !entry.pinned) return `${key}, which was pinned, is ${JSON.stringify(entry)}`;
    }
    for (const { key, state, coveredBytes } of store.entries) {
      using lease = await store.acquire(key);
      if (lease.coveredBytes !== coveredBytes) return `${key} says ${coveredBytes} and has ${lease.coveredBytes} bytes`;
      if ((lease.status.state === 'committed') !== (state === 'complete')) return `${key} says it is ${state}`;
      for (const { start, end } of lease.coverage) {
        const found = new Uint8Array(end - start);
        lease.readAt(start, found);
        if (!areOfOneVersion(found, start, key)) return `${key} has other bytes than were written`;
      }
    }
    return undefined;
  } finally {
    await store.close();
  }
}
