import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { connectStore, serveStore } from '../../../lib/store.js';
import { codeOf } from '../../support/code-of.js';
import { range } from '../../support/range.js';
import { first, openStore, put, until } from './remote-stores.js';

const SCRIPT = fileURLToPath(new URL('other-side.js', import.meta.url));
const song = new Uint8Array(300_000).fill(7);

const SIDES: [string, (role: string) => Worker | ChildProcess, (side: Worker | ChildProcess) => unknown][] = [
  ['a thread', (role) => new Worker(SCRIPT, { argv: [role] }), (side) => (side as Worker).terminate()],
  [
    'a process',
    (role) => fork(SCRIPT, [role], { serialization: 'advanced' }),
    (side) => (side as ChildProcess).kill('SIGKILL'),
  ],
];

describe.each(SIDES)('%s', (_, start, end) => {
  it('connects to a store, and what it has is given back when it is killed', async () => {
    const store = await openStore();
    await put(store, 'song', song);
    const side = start('connect');
    const { closed } = serveStore(store, side);
    const message = await new Promise<object>((resolve) => {
      side.on('message', (each: object) => {
        if ('read' in each) resolve(each);
      });
    });
    expect(message).toEqual({ read: 7 * 300_000 });
    expect(store.entry('song')?.leases).toBe(1);
    await end(side);
    await closed;
    await until(store, 'song', (entry) => entry?.leases === 0);
  });

  it('serves a store, which is closed when it is killed', async () => {
    const side = start('serve');
    const store = await connectStore(side);
    await until(store, 'song', (entry) => entry?.state === 'complete');
    const lease = await store.acquire('song');
    expect(await firstValueFrom(lease.read(range(0, 300_000)))).toEqual(song);
    const waiting = codeOf(
      store
        .acquire('other', { url: 'http://127.0.0.1:1/', maxAge: 0 })
        .then((each) => each.read(range(0, 5)).forEach(() => undefined)),
    );
    await end(side);
    expect(await waiting).toBe('CLOSED');
    await first(lease.status$, ({ state }) => state === 'closed');
    expect(await codeOf(store.pin('song'))).toBe('CLOSED');
  });
});

it('a process that makes text of bytes is refused', async () => {
  const side = fork(SCRIPT, ['serve']);
  expect(await codeOf(connectStore(side))).toBe('INVALID_ARGUMENT');
  side.kill();
  await once(side, 'exit');
});
