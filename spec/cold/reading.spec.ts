import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { ownerGone, type ReaderPort, type Resource, StorageError } from '../../lib/index.js';
import {
  coldEvictingResource,
  type ColdDriver,
  coldResource,
  numbered,
  partlyColdResource,
} from '../support/cold-resources.js';
import { codeOf } from '../support/code-of.js';
import { range } from '../support/range.js';
import { readerThread, soon, type TestThread } from '../support/threads.js';

const LENGTH = 300_000;
const content = numbered(LENGTH);

interface Opened {
  readonly resource: Resource<ColdDriver>;
  readonly port: ReaderPort;
  readonly thread: TestThread;
}

async function opened(how: 'openSync' | 'attach', resource = coldResource(content)): Promise<Opened> {
  const thread = readerThread();
  const port = resource.createPort({ name: 'a' });
  await thread.call(how, 'a', port.handle);
  return { resource, port, thread };
}

function expectBytes(found: unknown, expected: Uint8Array): void {
  expect(Buffer.compare(found as Uint8Array, expected)).toBe(0);
}

/** Waits for a call that is made while the owner's thread does not return to its event loop. */
async function whileBusy<T>(call: Promise<T>): Promise<T> {
  const end = performance.now() + 300;
  while (performance.now() < end);
  return call;
}

describe('a blocking reader of cold bytes', () => {
  it('reads any range, and its cursor advances', async () => {
    const { thread } = await opened('openSync');
    expectBytes(await thread.call('read', 'a', LENGTH), content);
    expect(await thread.call('get', 'a', 'position')).toBe(LENGTH);
    expect(await thread.call('read', 'a', 10)).toHaveLength(0);
    expectBytes(await thread.call('read', 'a', 1000, { at: 70_000 }), content.subarray(70_000, 71_000));
    // As many as the owner gives at once, and no fewer than asked for.
    expectBytes(await thread.call('read', 'a', 200_000, { at: 5, min: 3 }), content.subarray(5, 5 + 65_536));
    expectBytes(await thread.call('read', 'a', 100, { at: LENGTH - 5 }), content.subarray(LENGTH - 5));
  });

  it('finds them covered, and cannot copy them without waiting', async () => {
    const { resource, thread } = await opened('openSync');
    expect(await thread.call('call', 'a', 'has', range(0, LENGTH))).toBe(true);
    expect(await thread.call('call', 'a', 'waitRange', range(0, LENGTH))).toBe('ready');
    expect(await thread.call('readAt', 'a', 0, 10)).toHaveLength(0);
    expect(resource.driver.reads).toBe(0);
    const own = new Uint8Array(10);
    expect(resource.readAt(0, own)).toBe(10);
  });

  it('asks at a poll, and gets at a later one what it has asked for', async () => {
    const { resource, thread } = await opened('openSync');
    expect(await whileBusy(thread.call('poll', 'a', 100, 50))).toBe('TIMEOUT');
    while (resource.driver.reads === 0) await soon(1);
    await soon(1);
    expect(await thread.call('poll', 'a', 100, 50)).toBe(100);
    expect(resource.driver.reads).toBe(1);
  });

  it('never gets by a poll what has been written anew since', async () => {
    const { resource, thread } = await opened('openSync', coldResource());
    resource.writeAt(0, numbered(100));
    expect(await whileBusy(thread.call('poll', 'a', 100, 0))).toBe('TIMEOUT');
    while (resource.driver.reads === 0) await soon(1);
    const rewritten = numbered(100, 99);
    resource.writeAt(0, rewritten);
    expectBytes(await thread.call('read', 'a', 100), rewritten);
  });

  it('runs out of time if the owner does not return to its event loop, and reads again', async () => {
    const { thread } = await opened('openSync');
    const read = codeOf(thread.call('read', 'a', 100, { timeout: 30 }));
    // Longer than the time-out, and than the thread takes to begin.
    const end = performance.now() + 400;
    while (performance.now() < end);
    expect(await read).toBe('TIMEOUT');
    expect(await thread.call('get', 'a', 'position')).toBe(0);
    expectBytes(await thread.call('read', 'a', 100), content.subarray(0, 100));
  });

  it('is interrupted where it would have to fetch, once', async () => {
    const { port, thread } = await opened('openSync');
    port.interrupt(7);
    expect(await codeOf(thread.call('read', 'a', 100))).toBe('INTERRUPTED');
    expectBytes(await thread.call('read', 'a', 100), content.subarray(0, 100));
    expect(await thread.call('call', 'a', 'takeInterrupt')).toEqual({ token: 7 });
  });

  it('throws what the owner could not read them for, and can read again', async () => {
    const { resource, thread } = await opened('openSync');
    resource.driver.failure = new StorageError('IO', 'The disk has gone.', { path: '/disk', cause: new Error('EIO') });
    expect(await codeOf(thread.call('read', 'a', 100))).toBe('IO');
    resource.driver.failure = new TypeError('Something else.');
    await expect(thread.call('read', 'a', 100)).rejects.toMatchObject({ code: 'IO', message: 'Something else.' });
    resource.driver.failure = undefined;
    expectBytes(await thread.call('read', 'a', 100), content.subarray(0, 100));
  });

  it('waits for what is missing behind them, and shows only that in the demand', async () => {
    const { resource, thread } = await opened('openSync', coldResource());
    resource.writeAt(0, content.subarray(0, 100_000));
    const read = thread.call('read', 'a', 200_000);
    const demand = await firstValueFrom(resource.demand$.pipe(filter((demands) => demands.length > 0)));
    expect(demand).toMatchObject([{ range: range(100_000, 200_000) }]);
    resource.writeAt(100_000, content.subarray(100_000, 200_000));
    expectBytes(await read, content.subarray(0, 200_000));
  });

  it('waits again for bytes that were evicted before they were given', async () => {
    const { resource, thread } = await opened('openSync', coldEvictingResource());
    resource.writeAt(0, content.subarray(0, 1000));
    const poll = whileBusy(thread.call('poll', 'a', 1000, 0));
    // The owner has not seen the ask yet: it would answer in its next turn.
    expect(resource.evict(range(0, 1000))).toBe(1000);
    expect(await poll).toBe('TIMEOUT');
    const read = thread.call('read', 'a', 1000);
    await soon();
    resource.writeAt(0, content.subarray(1000, 2000));
    expectBytes(await read, content.subarray(1000, 2000));
  });

  it('ends with CLOSED once the owner has closed, committed or not', async () => {
    for (const resource of [coldResource(content), coldResource()]) {
      if (resource.status.state === 'active') resource.writeAt(0, content);
      const { thread } = await opened('openSync', resource);
      expectBytes(await thread.call('read', 'a', 100), content.subarray(0, 100));
      resource.close();
      expect(await codeOf(thread.call('read', 'a', 100))).toBe('CLOSED');
    }
  });

  it('ends with CLOSED once its owner is gone', async () => {
    const { port, thread } = await opened('openSync');
    ownerGone(port.handle);
    expect(await codeOf(thread.call('read', 'a', 100))).toBe('CLOSED');
    expect(await thread.call('get', 'a', 'length')).toBe(LENGTH);
  });

  it('reads by itself what is not cold, and fetches the rest', async () => {
    const hot = new Uint8Array(new SharedArrayBuffer(100_000));
    const { resource, thread } = await opened('openSync', partlyColdResource(hot));
    resource.writeAt(0, content);
    resource.commit();
    expect(await thread.call('readAt', 'a', 99_990, 100)).toHaveLength(10);
    expectBytes(await thread.call('read', 'a', 90_000), content.subarray(0, 90_000));
    expect(resource.driver.reads).toBe(0);
    expectBytes(await thread.call('read', 'a', LENGTH, { at: 0 }), content);
    expect(resource.driver.reads).toBeGreaterThan(0);
  });
});

describe('an asynchronous reader of cold bytes', () => {
  it('reads many ranges at once', async () => {
    const { thread } = await opened('attach');
    const ranges = Array.from({ length: 20 }, (_, i) => range(i * 9001, i * 9001 + 100_000));
    for (const [i, each] of ranges.entries()) await thread.call('readAsync', 'a', String(i), each);
    for (const [i, { start, end }] of ranges.entries())
      expectBytes(await thread.ended(String(i)), content.subarray(start, end));
    expect(await thread.call('readAt', 'a', 0, 10)).toHaveLength(0);
  });

  it('reads them by streams, chunks and byte sources', async () => {
    const { thread } = await opened('attach');
    expectBytes(await thread.call('stream', 'a'), content);
    expectBytes(await thread.call('stream', 'a', range(70_000, 170_000)), content.subarray(70_000, 170_000));
    const [lengths, bytes] = await thread.call<[number[], Uint8Array]>('chunks', 'a', { chunkSize: 50_000 });
    expect(lengths).toEqual(Array.from({ length: 6 }, () => 50_000));
    expectBytes(bytes, content);
    const [size, part] = await thread.call<[number, Uint8Array]>('source', 'a', 10, 100_010);
    expect(size).toBe(LENGTH);
    expectBytes(part, content.subarray(10, 100_010));
  });

  it('streams what is covered of a resource that has failed, and then errors', async () => {
    const { resource, thread } = await opened('attach', coldResource());
    resource.writeAt(0, content.subarray(0, 10));
    resource.fail('no more');
    await thread.call('readAsync', 'a', 'covered', range(0, 10));
    expectBytes(await thread.ended('covered'), content.subarray(0, 10));
    expect(await codeOf(thread.call('stream', 'a'))).toBe('FAILED');
  });

  it('is interrupted while it fetches', async () => {
    const { port, thread } = await opened('attach');
    const read = thread.call('readAsync', 'a', 'read', range(0, LENGTH));
    // The owner's thread cannot answer before the interrupt.
    const end = performance.now() + 200;
    while (performance.now() < end);
    port.interrupt();
    await read;
    expect(await thread.ended('read')).toBe('INTERRUPTED');
    await thread.call('readAsync', 'a', 'again', range(0, LENGTH));
    expectBytes(await thread.ended('again'), content);
  });

  it('errors with what the owner could not read them for', async () => {
    const { resource, thread } = await opened('attach');
    resource.driver.failure = new StorageError('IO', 'The disk has gone.');
    await thread.call('readAsync', 'a', 'failed', range(0, LENGTH));
    expect(await thread.ended('failed')).toBe('IO');
    resource.driver.failure = undefined;
    expectBytes(await thread.call('stream', 'a'), content);
  });

  it('ends with CLOSED once the owner has closed committed content', async () => {
    const { resource, thread } = await opened('attach');
    const read = thread.call('readAsync', 'a', 'closed', range(0, LENGTH));
    const end = performance.now() + 200;
    while (performance.now() < end);
    resource.close();
    await read;
    expect(await thread.ended('closed')).toBe('CLOSED');
    await thread.call('readAsync', 'a', 'later', range(0, LENGTH));
    expect(await thread.ended('later')).toBe('CLOSED');
  });

  it('never mixes content that was replaced with what replaced it', async () => {
    const { resource, thread } = await opened('attach', coldResource());
    const all = (byte: number): Uint8Array => new Uint8Array(LENGTH).fill(byte);
    resource.writeAll(all(1));
    const kinds = new Set<string>();
    for (let round = 2; round < 40; round += 1) {
      await thread.call('readAsync', 'a', `${round}`, range(0, LENGTH));
      for (let turn = 0; turn < round % 7; turn += 1) await new Promise(setImmediate);
      resource.reactivate();
      resource.writeAll(all(round));
      const bytes = await thread.ended<Uint8Array>(`${round}`);
      kinds.add([bytes.length, ...new Set(bytes)].join());
    }
    expect([...kinds].filter((kind) => kind.split(',').length !== 2 || !kind.startsWith(`${LENGTH},`))).toEqual([]);
  });
});
