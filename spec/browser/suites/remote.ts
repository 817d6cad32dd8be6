import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { type Demand, MemDriver, Resource, toReadableStream } from '../../../lib/index.js';
import { connectView, serveView } from '../../../lib/remote.js';
import { filled } from '../../support/bytes.js';
import { range } from '../../support/range.js';

/** Views over the ports of a page that shares no memory, and the ends of both sides. */

const LENGTH = 300_000;

async function worker(role: string): Promise<Worker> {
  const started = new Worker(new URL('/spec/support/threads/remote-worker.js', location.origin), { type: 'module' });
  await new Promise((resolve) => started.addEventListener('message', resolve, { once: true }));
  started.postMessage(role);
  return started;
}

describe('a page that is not cross-origin isolated', () => {
  it('reads what a worker has, and learns that it was terminated', async () => {
    const serving = await worker('serve');
    const view = await connectView(serving);
    const bytes = await firstValueFrom(view.read(range(0, LENGTH)));
    expect([bytes.length, bytes.at(0), bytes.at(-1)]).toEqual([LENGTH, 1, 2]);
    expect((await new Response(toReadableStream(view)).arrayBuffer()).byteLength).toBe(LENGTH);
    const closed = firstValueFrom(view.status$.pipe(filter(({ state }) => state === 'closed')));
    serving.terminate();
    expect(await closed).toEqual({ state: 'closed' });
  });

  it('is read by a worker, and learns that it was terminated', async () => {
    const resource = Resource.open(new MemDriver(), { expectedLength: LENGTH });
    resource.writeAt(0, filled(LENGTH / 2));
    const reading = await worker('connect');
    const { closed } = serveView(resource, reading);
    const wanted = (count: number): Promise<readonly Demand[]> =>
      firstValueFrom(resource.demand$.pipe(filter(({ length }) => length === count)));
    expect(await wanted(1)).toMatchObject([{ reader: 'worker', range: range(LENGTH / 2, LENGTH) }]);
    reading.terminate();
    await closed;
    expect(await wanted(0)).toEqual([]);
  });
});
