import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { folder, MAPPINGS } from './served-files.js';

const SERVER = fileURLToPath(new URL('./fixtures/truncated-file.js', import.meta.url));
/** Not a multiple of a page; more than the buffers of both sockets take. */
const SIZE = 32 * 2 ** 20 - 1000;

/** Serves a file in a process of its own: should it be ended by a signal, that is told. */
async function servedWhileShortened(mapping: string, way: 'plain' | 'tls', shortened: number): Promise<object> {
  const path = join(folder, `${mapping}-${way}-${shortened}`);
  const child = spawn(process.execPath, [SERVER, path, mapping, way, String(SIZE), String(shortened)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const { exitCode, signalCode } = child;
  return exitCode === 0 ? (JSON.parse(said) as object) : { exitCode, signalCode };
}

describe.each(MAPPINGS)('a file that somebody makes shorter while it is served, mapping %s', (mapping) => {
  it('is an answer that is cut, with IO, on a plain socket and through TLS, and the process goes on', async () => {
    for (const way of ['plain', 'tls'] as const) {
      const found = await servedWhileShortened(mapping, way, 2 ** 20);
      expect([way, found]).toEqual([way, { outcome: 'IO', whole: false }]);
    }
  });

  it('is never taken for whole, though it ends within the same page', async () => {
    const found = await servedWhileShortened(mapping, 'plain', SIZE - 500);
    expect(found).toEqual({ outcome: 'IO', whole: false });
  });
});
