import { polls$ } from '../support/threads/without-wait-async.js';
import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, type Observable, takeUntil, timer, toArray } from 'rxjs';
import { ownerGone, type ReaderPort, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { type OpenReader, openReader } from '../support/open-reader.js';
import { ownerThread, poorThread, readerThread, soon, type TestThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { demandsOfReader } from '../support/demands-of.js';
import { range } from '../support/range.js';

const poorReader = (): Promise<OpenReader> => openReader(poorThread(), 'attach');

/** Resolves once nothing polls in this thread any more, or in another. */
async function expectQuiet(thread?: TestThread): Promise<void> {
  const counts: Observable<number> = thread === undefined ? polls$ : thread.told<number>('polls', '');
  if (thread !== undefined) await thread.call('echo');
  // What a thread has told replays: the last one counts.
  const told = await firstValueFrom(counts.pipe(takeUntil(timer(thread === undefined ? 0 : 50)), toArray()));
  if (told.at(-1) !== 0) await expectQuiet(thread);
}

it('Atomics.waitAsync is missing in this thread, and in those that these tests start', async () => {
  expect('waitAsync' in Atomics).toBe(false);
  const thread = poorThread();
  expect(await firstValueFrom(thread.told('polls', ''))).toBe(0);
});

describe('demand$ without Atomics.waitAsync', () => {
  it('shows a thread that blocks and one that gives up, though nothing happens in the owner', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('openSync', 'r', resource.createPort({ name: 'r' }).handle);
    const emitted: number[] = [];
    resource.demand$.subscribe((demands) => emitted.push(demands.length));
    expect(await codeOf(thread.call('call', 'r', 'waitRange', range(0, 10), { timeout: 2000 }))).toBe('TIMEOUT');
    while (emitted.length < 3) await soon(1);
    expect(emitted).toEqual([0, 1, 0]);
    resource.close();
  });

  it('polls while somebody subscribes and there is a port, and at no other time', async () => {
    const resource = Resource.open(newDriver());
    await expectQuiet();
    const first = resource.demand$.subscribe();
    const second = resource.demand$.subscribe();
    expect(polls$.value).toBe(0);
    const ports = [resource.createPort(), resource.createPort()];
    expect(polls$.value).toBe(1);
    ports[0]?.close();
    first.unsubscribe();
    await soon();
    expect(polls$.value).toBe(1);
    second.unsubscribe();
    await expectQuiet();
    const third = resource.demand$.subscribe();
    expect(polls$.value).toBe(1);
    ports[1]?.close();
    await expectQuiet();
    resource.createPort();
    expect(polls$.value).toBe(1);
    resource.close();
    await expectQuiet();
    third.unsubscribe();
  });

  it('stops to poll when its last reader closes', async () => {
    const resource = Resource.open(newDriver());
    resource.demand$.subscribe();
    const thread = readerThread();
    await thread.call('openSync', 'r', resource.createPort().handle);
    expect(polls$.value).toBe(1);
    await thread.call('close', 'r');
    await expectQuiet();
    resource.close();
  });

  it('lets an owner write what a blocked thread waits for, wherever that is', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('openSync', 'r', resource.createPort().handle);
    const writing = resource.demand$.subscribe((demands) => {
      for (const { range: wanted } of demands) resource.writeAt(wanted.start, filled(wanted.end - wanted.start, 7));
    });
    for (const at of [500, 0, 90, 10, 1000]) {
      expect(await thread.call('read', 'r', 10, { at })).toEqual(filled(10, 7));
    }
    writing.unsubscribe();
    resource.close();
  });
});

describe('an asynchronous reader without Atomics.waitAsync', () => {
  it('waits and reads to the end', async () => {
    const { resource, thread } = await poorReader();
    await thread.call('wait', 'a', 'ready', range(0, 10));
    await thread.call('readAsync', 'a', 'bytes', range(5, 15));
    await thread.call('wait', 'a', 'eof', range(20, 25));
    await demandsOfReader(resource, 'a', 3);
    resource.writeAt(0, filled(10, 1));
    expect(await thread.ended('ready')).toBe('ready');
    resource.writeAt(10, filled(10, 2));
    expect(await thread.ended('bytes')).toEqual(new Uint8Array([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]));
    resource.commit();
    expect(await thread.ended('eof')).toBe('eof');
    await expectQuiet(thread);
  });

  it.each<[string, string, (context: OpenReader) => unknown]>([
    ['an interrupt', 'interrupted', ({ port }) => port.interrupt()],
    ['a failure', 'FAILED', ({ resource }) => resource.fail('no more')],
    ['the end of the owner', 'CLOSED', ({ resource }) => resource.close()],
    ['the end of its port', 'CLOSED', ({ port }) => port.close()],
    ['its own end', 'CLOSED', ({ thread }) => thread.call('close', 'a')],
  ])('is told of %s, and polls no more', async (_, code, act) => {
    const context = await poorReader();
    await context.thread.call('wait', 'a', 'w', range(0, 10));
    await demandsOfReader(context.resource, 'a');
    await act(context);
    expect(await context.thread.ended('w')).toBe(code);
    await expectQuiet(context.thread);
  });

  it('is told that the resource was cancelled', async () => {
    const abort = new AbortController();
    const resource = Resource.open(newDriver(), { signal: abort.signal });
    const thread = poorThread();
    await thread.call('attach', 'a', resource.createPort({ name: 'a' }).handle);
    await thread.call('wait', 'a', 'w', range(0, 10));
    await demandsOfReader(resource, 'a');
    abort.abort();
    expect(await thread.ended('w')).toBe('CANCELLED');
    await expectQuiet(thread);
  });

  it('is freed by ownerGone when its owner was terminated', async () => {
    const [owner, thread] = [ownerThread(), poorThread()];
    await owner.call('open', 'r');
    const handle = await owner.call<ReaderPort['handle']>('handle', 'r', 'a');
    await thread.call('attach', 'a', handle);
    await thread.call('wait', 'a', 'w', range(0, 10));
    await owner.terminate();
    ownerGone(handle);
    expect(await thread.ended('w')).toBe('CLOSED');
  });

  it('polls for nothing once a wait is withdrawn', async () => {
    const { resource, thread } = await poorReader();
    await thread.call('wait', 'a', 'w', range(0, 10));
    await demandsOfReader(resource, 'a');
    await firstValueFrom(thread.told<number>('polls', '').pipe(filter((count) => count === 1)));
    await thread.call('unsubscribe', 'w');
    await demandsOfReader(resource, 'a', 0);
    await expectQuiet(thread);
  });

  it('tells coverage and status as they change, until nobody subscribes', async () => {
    const { resource, thread } = await poorReader();
    await thread.call('watchStatus', 'a', 's');
    await thread.call('watchCoverage', 'a', 'c');
    resource.writeAt(0, filled(4));
    await firstValueFrom(thread.told<unknown[]>('coverage', 'c').pipe(filter((ranges) => ranges.length === 1)));
    resource.writeAt(8, filled(4));
    await firstValueFrom(thread.told<unknown[]>('coverage', 'c').pipe(filter((ranges) => ranges.length === 2)));
    resource.fail('no more');
    await firstValueFrom(thread.told<{ state: string }>('status', 's').pipe(filter(({ state }) => state === 'failed')));
    await thread.call('unsubscribe', 's', 'c');
    await expectQuiet(thread);
  });

  it('has all waits of a full-speed owner answered', async () => {
    const { resource, thread } = await poorReader();
    const waits = Array.from({ length: 100 }, (_, i) => ({ waitKey: `w${i}`, range: range(10 * i, 10 * i + 5) }));
    await thread.call('waitMany', 'a', waits);
    // As many as a reader names at once.
    await demandsOfReader(resource, 'a', 8);
    for (let at = 0; at < 1000; at += 1) resource.writeAt(at, filled(1));
    for (const { waitKey } of waits) expect(await thread.ended(waitKey)).toBe('ready');
    await expectQuiet(thread);
  });
});
