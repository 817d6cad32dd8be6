import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, of, timeout, toArray } from 'rxjs';
import { type Demand, MemDriver, readChunks, Resource, toReadableStream, WindowDriver } from '../../lib/index.js';
import { connectView, serveView } from '../../lib/remote.js';
import { codeOf } from '../support/code-of.js';
import { coldEvictingResource, numbered } from '../support/cold-resources.js';
import { range } from '../support/range.js';
import { channel, remote, until } from './remote-views.js';

const WINDOW = 2 ** 20;
const LENGTH = 4 * WINDOW;

/** Brings what is demanded, in pieces. */
function bring(resource: Resource, content: Uint8Array): void {
  resource.demand$.subscribe(([demand]) => {
    if (demand === undefined) return;
    const { start, end } = demand.range;
    resource.writeAt(start, content.subarray(start, Math.min(end, start + 65_536)));
  });
}

describe('a wait of a remote view', () => {
  it('demands bytes again that went before it was told of them', async () => {
    const resource = coldEvictingResource();
    resource.expectedLength = LENGTH;
    const { view } = await remote(resource);
    let demands: readonly Demand[] = [];
    resource.demand$.subscribe((now) => (demands = now));
    const wait = firstValueFrom(view.waitRange(range(100, 200)));
    await until(() => demands.length === 1);
    // The first change has not been acknowledged yet, so the others are not told.
    resource.writeAt(5000, numbered(5));
    await Promise.resolve();
    resource.writeAt(100, numbered(100));
    resource.evict(range(100, 200));
    await until(() => view.has(range(5000, 5005)));
    await until(() => demands.length === 1);
    resource.writeAt(100, numbered(100));
    expect(await wait).toBe('ready');
  });

  it('is told of bytes that are there for a moment', async () => {
    const resource = coldEvictingResource();
    const { view } = await remote(resource);
    let demand = 0;
    resource.demand$.subscribe(({ length }) => (demand = length));
    const wait = firstValueFrom(view.waitRange(range(100, 200)));
    await until(() => demand === 1);
    resource.writeAt(100, numbered(100));
    resource.evict(range(100, 200));
    expect(await wait).toBe('ready');
    await until(() => demand === 0 && view.coveredBytes === 0);
  });
});

describe('a wait of a remote view beyond the end', () => {
  it('ends at the commit, and once more after that', async () => {
    const resource = Resource.open(new MemDriver());
    const [one, two] = channel();
    const told: string[] = [];
    two.on('message', ({ type }: { type: string }) => told.push(type));
    serveView(resource, one);
    const view = await connectView(two);
    let demand = 0;
    resource.demand$.subscribe(({ length }) => (demand = length));
    const ends = [view.waitRange(range(5, 50)), view.waitRange(range(20, 50))].map(async (each) =>
      firstValueFrom(each),
    );
    await until(() => demand === 2);
    resource.writeAt(0, numbered(10));
    await until(() => view.has(range(0, 10)));
    // It has acknowledged that.
    await new Promise((resolve) => setTimeout(resolve, 20));
    resource.commit();
    resource.reactivate();
    expect(await Promise.all(ends)).toEqual(['ready', 'eof']);
    await until(() => demand === 0 && view.status.state === 'active');
    expect(told).not.toContain('unmet');
  });
});

describe('a remote view of a window', () => {
  const content = numbered(LENGTH);

  it('reads more than the window keeps', async () => {
    const resource = Resource.open(new WindowDriver({ maxBytes: WINDOW }), { expectedLength: LENGTH });
    bring(resource, content);
    const { view: near } = await remote(resource);
    const { view: far } = await remote(near);
    const demand = firstValueFrom(resource.demand$.pipe(filter(({ length }) => length > 0)));
    for (const view of [near, far]) {
      expect(Buffer.compare(await firstValueFrom(view.read(range(5, LENGTH + 5))), content.subarray(5))).toBe(0);
      expect(await firstValueFrom(view.read(range(LENGTH, LENGTH + WINDOW)))).toHaveLength(0);
      expect(await firstValueFrom(view.read(range(5, 5)))).toHaveLength(0);
    }
    // It needs no more at once than it can fetch at once.
    expect((await demand)[0]?.range).toEqual(range(5, 5 + 262_144));
    const chunks = await lastValueFrom(readChunks(near, { chunkSize: 65_536 }).pipe(toArray()));
    expect(Buffer.compare(Buffer.concat(chunks), content)).toBe(0);
    const streamed = await new Response(toReadableStream(far)).arrayBuffer();
    expect(Buffer.compare(new Uint8Array(streamed), content)).toBe(0);
  });

  it('never mixes content in such a read', async () => {
    const resource = Resource.open(new WindowDriver({ maxBytes: WINDOW }), { expectedLength: LENGTH });
    let byte = 1;
    resource.demand$.subscribe(([demand]) => {
      if (demand === undefined) return;
      const { start, end } = demand.range;
      resource.writeAt(start, new Uint8Array(Math.min(65_536, end - start)).fill(byte));
    });
    const { view } = await remote(resource);
    const read = firstValueFrom(view.read(range(0, LENGTH)));
    await until(() => !view.has(range(0, 1)) && view.has(range(LENGTH / 2, LENGTH / 2 + 1)));
    byte = 2;
    resource.writeAll(new Uint8Array(WINDOW / 2).fill(byte));
    const bytes = await read;
    expect([bytes.length, ...new Set(bytes)]).toEqual([WINDOW / 2, 2]);
  });

  it('waits for no more than the window keeps', async () => {
    const { view } = await remote(Resource.open(new WindowDriver({ maxBytes: WINDOW }), { expectedLength: LENGTH }));
    const { view: far } = await remote(view);
    for (const each of [view, far]) {
      await expect(firstValueFrom(each.waitRange(range(5, LENGTH)))).rejects.toMatchObject({
        code: 'CAPACITY',
        range: range(5, LENGTH),
      });
      const longest = each.waitRange(range(0, WINDOW / 2));
      expect(await codeOf(firstValueFrom(longest.pipe(timeout({ first: 20, with: () => of('pending') }))))).toBe(
        undefined,
      );
    }
  });

  it('errors with GONE where bytes have made room for others', async () => {
    const resource = Resource.open(new WindowDriver({ maxBytes: WINDOW, keep: 'latest' }));
    const { view } = await remote(resource);
    for (const part of [0, 1, 2, 3]) resource.writeAt(part * WINDOW, content.subarray(0, WINDOW));
    const asked = [
      view.read(range(0, 10)),
      view.waitRange(range(0, 10)),
      view.waitRange(range(0, 10), { passive: true }),
    ];
    for (const each of asked) expect(await codeOf(firstValueFrom<unknown>(each))).toBe('GONE');
  });
});
