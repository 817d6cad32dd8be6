import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import type { ReaderHandle } from '../../lib/index.js';
import { type OpenReader, openReader } from '../support/open-reader.js';
import { Flag, ownerThread, readerThread, soon, type TestThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { demandsOfReader } from '../support/demands-of.js';
import { range } from '../support/range.js';

const asyncReader = (): Promise<OpenReader> => openReader(readerThread(), 'attach');

/** Runs `act` while the reader's thread is stopped, so that it finds all of it at once. */
async function atOnce(thread: TestThread, act: () => void): Promise<void> {
  const flag = new Flag();
  const parked = thread.call('park', flag.words);
  while (Atomics.load(flag.words, 1) === 0) await soon(1);
  act();
  flag.set();
  await parked;
}

describe('an asynchronous reader in a worker', () => {
  it('waits and reads as the resource itself does', async () => {
    const { resource, thread } = await asyncReader();
    await thread.call('wait', 'a', 'ready', range(0, 10));
    await thread.call('readAsync', 'a', 'bytes', range(5, 15));
    await thread.call('wait', 'a', 'part', range(0, 25));
    await thread.call('wait', 'a', 'eof', range(20, 25));
    await thread.call('readAsync', 'a', 'short', range(15, 100));
    await thread.call('readAsync', 'a', 'empty', range(50, 100));
    await demandsOfReader(resource, 'a', 6);
    resource.writeAt(0, filled(10, 1));
    expect(await thread.ended('ready')).toBe('ready');
    resource.writeAt(10, filled(10, 2));
    expect(await thread.ended('bytes')).toEqual(new Uint8Array([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]));
    resource.commit();
    expect(await thread.ended('part')).toBe('ready');
    expect(await thread.ended('eof')).toBe('eof');
    expect(await thread.ended('short')).toEqual(filled(5, 2));
    expect(await thread.ended('empty')).toEqual(filled(0));
    await thread.call('wait', 'a', 'empty range', range(99, 99));
    expect(await thread.ended('empty range')).toBe('ready');
    await thread.call('wait', 'a', 'invalid', range(2, 1));
    expect(await thread.ended('invalid')).toBe('INVALID_RANGE');
  });

  it('errors its waits with what ended the resource', async () => {
    const { resource, thread } = await asyncReader();
    resource.writeAt(0, filled(4));
    await thread.call('wait', 'a', 'failed', range(0, 5));
    await demandsOfReader(resource, 'a');
    resource.fail('no more');
    expect(await thread.ended('failed')).toBe('FAILED');
    await thread.call('wait', 'a', 'covered', range(0, 4));
    expect(await thread.ended('covered')).toBe('ready');
    resource.reactivate();
    await thread.call('wait', 'a', 'closed', range(0, 5));
    await demandsOfReader(resource, 'a');
    resource.close();
    expect(await thread.ended('closed')).toBe('CLOSED');
  });

  it('gives a stream, and waits as that', async () => {
    const { resource, thread } = await asyncReader();
    const all = thread.call('stream', 'a');
    const part = thread.call('stream', 'a', range(5, 15));
    await demandsOfReader(resource, 'a', 2);
    resource.writeAt(10, filled(10, 2));
    resource.writeAt(0, filled(10, 1));
    resource.commit();
    expect(await part).toEqual(new Uint8Array([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]));
    expect(await all).toEqual(new Uint8Array([...filled(10, 1), ...filled(10, 2)]));
    resource.reactivate();
    const failing = codeOf(thread.call('stream', 'a'));
    await demandsOfReader(resource, 'a');
    resource.fail('no more');
    expect(await failing).toBe('FAILED');
  });

  it('gives a byte source, and waits as that', async () => {
    const { resource, thread } = await asyncReader();
    const answer = thread.call('source', 'a', 2, 6);
    expect((await demandsOfReader(resource, 'a')).map((demand) => demand.range)).toEqual([range(0, 1)]);
    resource.expectedLength = 100;
    await firstValueFrom(
      resource.demand$.pipe(filter((demands) => demands.some((demand) => demand.range.start === 2))),
    );
    resource.writeAt(0, filled(10));
    expect(await answer).toEqual([100, filled(4)]);
  });

  it('ends reads that wait at the expected length when that changes, and only those', async () => {
    const { resource, thread } = await asyncReader();
    resource.writeAt(0, filled(6));
    await thread.call('readAsync', 'a', 'read', range(0, 100));
    await thread.call('wait', 'a', 'wait', range(0, 100));
    await demandsOfReader(resource, 'a', 2);
    resource.expectedLength = 8;
    await soon();
    resource.writeAt(6, filled(2));
    expect(await thread.ended('read')).toEqual(filled(8));
    resource.expectedLength = undefined;
    resource.writeAt(8, filled(92));
    expect(await thread.ended('wait')).toBe('ready');
  });

  it('is woken for passive waits, and for more waits than its cell can name, in any order', async () => {
    const { resource, thread } = await asyncReader();
    const waits = Array.from({ length: 60 }, (_, i) => ({
      waitKey: `w${i}`,
      range: range(i, i + 1 + (i % 3)),
      options: i % 2 === 0 ? { passive: true } : {},
    }));
    await thread.call('waitMany', 'a', waits);
    const ended: string[] = [];
    for (const { waitKey } of waits) void thread.ended(waitKey).then(() => ended.push(waitKey));
    await demandsOfReader(resource, 'a', 8);
    for (let i = 61; i >= 0; i -= 1) {
      resource.writeAt(i, filled(1));
      if (i < 60) await thread.ended(`w${i}`);
    }
    expect(ended).toEqual(waits.map(({ waitKey }) => waitKey).reverse());
    for (const { waitKey } of waits) expect(await thread.ended(waitKey)).toBe('ready');
  });

  it('settles 10,000 waits and forgets 10,000 others', async () => {
    const { resource, thread } = await asyncReader();
    const kept = Array.from({ length: 10_000 }, (_, i) => ({ waitKey: `k${i}`, range: range(i % 10, 1000) }));
    const dropped = Array.from({ length: 10_000 }, (_, i) => ({ waitKey: `d${i}`, range: range(2000 + i, 50_000) }));
    await thread.call('waitMany', 'a', [...kept, ...dropped]);
    await demandsOfReader(resource, 'a', 8);
    await thread.call('unsubscribe', ...dropped.map(({ waitKey }) => waitKey));
    resource.writeAt(0, filled(1000));
    const ends = await firstValueFrom(
      thread.events$.pipe(
        filter(({ event }) => event === 'ended'),
        take(kept.length),
        toArray(),
      ),
    );
    expect(new Set(ends.map(({ key, value }) => `${key} ${String(value)}`))).toEqual(
      new Set(kept.map(({ waitKey }) => `${waitKey} ready`)),
    );
    expect(await demandsOfReader(resource, 'a', 0)).toEqual([]);
  });
});

describe('coverage$ and status$ in a worker', () => {
  it('replay, follow, and are conflated to what is newest', async () => {
    const { resource, thread } = await asyncReader();
    resource.writeAt(0, filled(1));
    await thread.call('watchCoverage', 'a', 'c');
    const emitted = firstValueFrom(thread.told('coverage', 'c').pipe(take(3), toArray()));
    await thread.call('echo');
    await atOnce(thread, () => {
      for (let i = 2; i < 2000; i += 2) resource.writeAt(i, filled(1));
      resource.writeAt(0, filled(1000));
    });
    await firstValueFrom(thread.told('coverage', 'c').pipe(take(2), toArray()));
    resource.writeAt(0, filled(5000));
    const [first, second, third] = (await emitted) as { start: number; end: number }[][];
    expect(first).toEqual([range(0, 1)]);
    // [0, 1000) and its neighbour at 1000, and the single bytes behind.
    expect(second?.[0]).toEqual(range(0, 1001));
    expect(second).toHaveLength(500);
    expect(third).toEqual([range(0, 5000)]);
  });

  it('emit nothing when nothing has changed', async () => {
    const { resource, port, thread } = await asyncReader();
    await thread.call('watchBoth', 'a', 'b');
    resource.writeAt(0, filled(10));
    await firstValueFrom(thread.told('both', 'b').pipe(take(3), toArray()));
    port.interrupt();
    resource.writeAt(2, filled(3));
    resource.identity = 'v2';
    await thread.call('wait', 'a', 'w', range(0, 20));
    await demandsOfReader(resource, 'a');
    await thread.call('unsubscribe', 'w');
    resource.expectedLength = 20;
    const told = await firstValueFrom(thread.told('both', 'b').pipe(take(4), toArray()));
    expect(told).toEqual([
      ['coverage', 0],
      ['status', 'active'],
      ['coverage', 10],
      ['status', 'active'],
    ]);
  });

  it('say all in order up to the end: the last coverage before the status that ends it', async () => {
    const { resource, thread } = await asyncReader();
    await thread.call('watchBoth', 'a', 'b');
    await thread.call('echo');
    await atOnce(thread, () => {
      resource.writeAt(0, filled(10));
      resource.commit();
    });
    const committed = await firstValueFrom(thread.told('both', 'b').pipe(take(4), toArray()));
    expect(committed).toEqual([
      ['coverage', 0],
      ['status', 'active'],
      ['coverage', 10],
      ['status', 'committed'],
    ]);
    resource.reactivate();
    resource.close();
    await thread.call('wait', 'a', 'w', range(0, 20));
    expect(await thread.ended('w')).toBe('CLOSED');
    const told: unknown[][] = [];
    await new Promise<void>((resolve) => {
      thread.told<unknown[]>('both', 'b').subscribe((event) => {
        told.push(event);
        if (event[0] === 'status completed') resolve();
      });
    });
    // Active again in between, if the thread was quick enough to see it.
    expect(told.slice(4).filter(([, state]) => state !== 'active')).toEqual([
      ['status', 'closed'],
      ['coverage completed'],
      ['status completed'],
    ]);
  });

  it.each(['close', 'port'])('complete when the reader ends (%s)', async (how) => {
    const { port, thread } = await asyncReader();
    await thread.call('watchBoth', 'a', 'b');
    await thread.call('echo');
    if (how === 'close') await thread.call('close', 'a');
    else port.close();
    const told = await firstValueFrom(thread.told('both', 'b').pipe(take(5), toArray()));
    expect(told).toEqual([
      ['coverage', 0],
      ['status', 'active'],
      ['status', 'closed'],
      ['coverage completed'],
      ['status completed'],
    ]);
  });

  it.each([0, 3000])(
    'leave the thread its event loop while the owner writes at full speed, with %i waits',
    async (waits) => {
      const owner = ownerThread();
      await owner.call('open', 'r');
      const handle = await owner.call<ReaderHandle>('handle', 'r');
      const thread = readerThread();
      await thread.call('attach', 'a', handle);
      await thread.call('watchCoverage', 'a', 'c');
      await thread.call(
        'waitMany',
        'a',
        Array.from({ length: waits }, (_, i) => ({ waitKey: `w${i}`, range: range(2 ** 40 + i, 2 ** 41) })),
      );
      const flag = new Flag();
      const stopped = owner.call<boolean>('writeUntil', 'r', flag.words, 4e7);
      for (let i = 0; i < 20; i += 1) {
        await thread.call('echo');
        await soon(1);
      }
      flag.set();
      // False: the thread has heard nothing before the owner gave up.
      expect(await stopped).toBe(true);
    },
  );
});
