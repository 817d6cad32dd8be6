import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { attachReader, MemDriver, Resource, StorageError } from '../../lib/index.js';
import { connectView, serveView, type RemoteView } from '../../lib/remote.js';
import { codeOf } from '../support/code-of.js';
import { coldEvictingResource, coldResource, numbered } from '../support/cold-resources.js';
import { range } from '../support/range.js';
import { channel, remote, until } from './remote-views.js';

const PIECE = 262_144;
const LENGTH = 16 * PIECE;
const CREDIT = 4;

/** A remote view, and a count of the answers that were sent and not received yet. */
async function counted(): Promise<{
  view: RemoteView;
  underWay: () => number;
  most: () => number;
  sent: () => number;
}> {
  const [one, two] = channel();
  let sent = 0;
  let most = 0;
  let received = 0;
  two.on('message', ({ type }: { type: string }) => {
    if (type === 'given') received += 1;
  });
  serveView(Resource.open(new MemDriver({ initialData: numbered(LENGTH) })), {
    postMessage(message: { type: string }) {
      if (message.type === 'given') sent += 1;
      most = Math.max(most, sent - received);
      one.postMessage(message);
    },
    on: one.on.bind(one) as (event: string, listener: object) => unknown,
    off: one.off.bind(one) as (event: string, listener: object) => unknown,
  });
  return { view: await connectView(two), underWay: () => sent - received, most: () => most, sent: () => sent };
}

describe('what a remote view fetches', () => {
  it('is 1 MiB under way at the most, however many reads there are', async () => {
    const { view, most, sent } = await counted();
    const reads = Array.from({ length: 16 }, async (_, i) =>
      firstValueFrom(view.read(range(i * PIECE, (i + 1) * PIECE))),
    );
    const bytes = Buffer.concat(await Promise.all(reads));
    expect(Buffer.compare(bytes, numbered(LENGTH))).toBe(0);
    expect([most(), sent()]).toEqual([CREDIT, 16]);
  });

  it('is so, too, if reads are given up again and again', async () => {
    const { view, sent, underWay } = await counted();
    for (let i = 0; i < 50; i += 1) view.read(range(0, LENGTH)).subscribe().unsubscribe();
    expect(await firstValueFrom(view.read(range(0, 5)))).toEqual(numbered(5));
    await until(() => underWay() === 0);
    expect(sent()).toBe(CREDIT + 1);
  });

  it('ends where bytes went that are cold on the other side, too, and holds up nothing', async () => {
    for (let passed = 0; passed < 6; passed += 1) {
      const resource = coldEvictingResource();
      resource.writeAt(0, numbered(100));
      const { view: near } = await remote(resource);
      const { view } = await remote(near);
      await until(() => view.has(range(0, 100)));
      const reads = Array.from({ length: CREDIT }, async () => firstValueFrom(view.read(range(0, 5))));
      // In one of the rounds the near view knows of them when it is asked, and fetches too late.
      for (let turns = 0; turns < passed; turns += 1) await Promise.resolve();
      if (passed > 3) await turn();
      resource.evict(range(0, 5));
      expect(await firstValueFrom(view.read(range(10, 15)))).toEqual(numbered(15).subarray(10));
      resource.writeAt(0, numbered(5));
      for (const read of reads) expect(await read).toEqual(numbered(5));
    }
  });

  it('ends when the resource is cancelled', async () => {
    const controller = new AbortController();
    const resource = Resource.open(new MemDriver(), { signal: controller.signal });
    resource.writeAt(0, numbered(LENGTH));
    const { view } = await remote(resource);
    await until(() => view.has(range(0, LENGTH)));
    const read = codeOf(firstValueFrom(view.read(range(0, LENGTH))));
    controller.abort();
    expect(await read).toBe('CANCELLED');
  });

  it('is withdrawn on the way to where the bytes are, and answered', async () => {
    const { view } = await remote(attachReader(coldResource(numbered(LENGTH)).createPort().handle));
    for (let i = 0; i < 3 * CREDIT; i += 1) {
      const reading = view.read(range(0, LENGTH)).subscribe();
      await turn();
      if (i % 2 === 0) await turn();
      reading.unsubscribe();
    }
    expect(await firstValueFrom(view.read(range(0, 5)))).toEqual(numbered(5));
  });

  it('errors with the range that was asked for', async () => {
    const resource = coldResource(numbered(LENGTH));
    const { view } = await remote(resource);
    resource.driver.failure = new StorageError('IO', 'The disk has gone.');
    await expect(firstValueFrom(view.read(range(5, 10)))).rejects.toMatchObject({ range: range(5, 10) });
  });
});
