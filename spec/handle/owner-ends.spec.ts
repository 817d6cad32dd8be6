import { describe, expect, it } from '@jest/globals';
import { ownerGone, type ReaderHandle, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { Flag, ownerThread, readerThread, soon, type TestThread } from '../support/threads.js';
import { codesOf, ownedByWorker, waitingReaders } from '../support/waiting-readers.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { demandsOfReader } from '../support/demands-of.js';
import { range } from '../support/range.js';

/** Where the sequence word of a control block lies (`lib/control/layout.ts`). */
const SEQUENCE_AT = 2;

/** Leaves a resource as an owner does that was terminated in the middle of an update. */
function stopInUpdate(handle: ReaderHandle): void {
  Atomics.add(new Int32Array(handle.control), SEQUENCE_AT, 1);
}

describe('readers that wait', () => {
  it.each([
    ['closes', 'CLOSED', (resource: Resource) => resource.close()],
    ['discards', 'CLOSED', (resource: Resource) => resource.discard()],
  ])('hear of an owner that %s', async (_, code, end) => {
    const resource = Resource.open(newDriver());
    const readers = await waitingReaders((name) => Promise.resolve(resource.createPort({ name }).handle));
    await soon();
    end(resource);
    expect(await codesOf(readers)).toEqual([code, code, code, code]);
    expect(await readers[0]?.thread.call('get', 'r', 'status')).toEqual({ state: 'closed' });
  });

  it('hear of an owner that aborts, by an AbortError', async () => {
    const abort = new AbortController();
    const resource = Resource.open(newDriver(), { signal: abort.signal });
    const readers = await waitingReaders((name) => Promise.resolve(resource.createPort({ name }).handle));
    await soon();
    abort.abort();
    expect(await codesOf(readers)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED', 'CANCELLED']);
    const [blocked] = readers;
    await expect(blocked?.thread.call('call', 'r', 'waitRange', range(0, 1))).rejects.toMatchObject({
      name: 'AbortError',
      code: 'CANCELLED',
    });
    expect(await blocked?.thread.call('get', 'r', 'status')).toEqual({ state: 'cancelled' });
  });

  it('hear of an owner that fails, and covered bytes stay readable', async () => {
    const resource = Resource.open(newDriver());
    resource.writeAt(0, filled(10, 5));
    const thread = readerThread();
    await thread.call('openSync', 'a', resource.createPort({ name: 'a' }).handle);
    const waiting = thread.call('call', 'a', 'waitRange', range(5, 15));
    await demandsOfReader(resource, 'a');
    resource.fail(new Error('the ✂ cable'));
    await expect(waiting).rejects.toMatchObject({ code: 'FAILED', message: expect.stringContaining('the ✂ cable') });
    expect(await thread.call('get', 'a', 'status')).toEqual({ state: 'failed', reason: 'the ✂ cable' });
    expect(await thread.call('read', 'a', 10)).toEqual(filled(10, 5));
    resource.reactivate();
    const again = thread.call('call', 'a', 'waitRange', range(5, 15));
    await demandsOfReader(resource, 'a');
    resource.writeAt(10, filled(5));
    await expect(again).resolves.toBe('ready');
  });

  it('see a reason longer than any page of the control block', async () => {
    const resource = Resource.open(newDriver(), { identity: 'é'.repeat(5000) });
    const thread = readerThread();
    await thread.call('openSync', 'a', resource.createPort().handle);
    resource.fail('ü'.repeat(10_000));
    expect(await thread.call('get', 'a', 'status')).toEqual({ state: 'failed', reason: 'ü'.repeat(10_000) });
    expect(await thread.call('get', 'a', 'identity')).toBe('é'.repeat(5000));
  });

  it('of a committed resource go on after its owner has closed', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('openSync', 'a', resource.createPort().handle);
    await thread.call('attach', 'b', resource.createPort().handle);
    resource.writeAll(filled(100, 9));
    resource.close();
    expect(await thread.call('read', 'a', 200)).toEqual(filled(100, 9));
    expect(await thread.call('read', 'a', 200)).toEqual(filled(0));
    expect(await thread.call('call', 'a', 'waitRange', range(100, 101))).toBe('eof');
    expect(await thread.call('get', 'a', 'status')).toEqual({ state: 'committed', finalLength: 100 });
    await thread.call('readAsync', 'b', 'bytes', range(0, 1000));
    expect(await thread.ended('bytes')).toEqual(filled(100, 9));
    expect(await thread.call('get', 'b', 'length')).toBe(100);
    expect(await thread.call('ranges', 'b')).toEqual([range(0, 100)]);
  });
});

describe('a worker that owns', () => {
  it('and is terminated frees nobody; ownerGone with any one handle frees all', async () => {
    const { owner, readers, spare } = await ownedByWorker();
    await owner.terminate();
    let freed = false;
    for (const { code } of readers) void code.then(() => (freed = true));
    await soon(50);
    expect(freed).toBe(false);
    ownerGone(structuredClone(spare));
    expect(await codesOf(readers)).toEqual(['CLOSED', 'CLOSED', 'CLOSED', 'CLOSED']);
    for (const { thread } of readers) expect(await thread.call('get', 'r', 'status')).toEqual({ state: 'closed' });
    ownerGone(spare);
    const late = readerThread();
    await late.call('openSync', 'r', spare);
    expect(await codeOf(late.call('call', 'r', 'waitRange', range(0, 1)))).toBe('CLOSED');
  });

  it('and is terminated leaves hundreds of readers that ownerGone finds all', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    const thread = readerThread();
    let last: ReaderHandle | undefined;
    for (let i = 0; i < 200; i += 1) {
      last = await owner.call<ReaderHandle>('handle', 'r');
      await thread.call('attach', `r${i}`, last);
      await thread.call('wait', `r${i}`, `w${i}`, range(i, i + 1));
    }
    await owner.terminate();
    ownerGone(last as ReaderHandle);
    for (let i = 0; i < 200; i += 1) expect(await thread.ended(`w${i}`)).toBe('CLOSED');
  });

  it('and is terminated after a commit leaves its content readable, ownerGone or not', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    await owner.call('writeAt', 'r', 0, filled(10, 4));
    await owner.call('commit', 'r');
    const handle = await owner.call<ReaderHandle>('handle', 'r');
    const thread = readerThread();
    await thread.call('openSync', 'a', handle);
    await owner.terminate();
    expect(await thread.call('read', 'a', 5)).toEqual(filled(5, 4));
    ownerGone(handle);
    expect(await thread.call('read', 'a', 10)).toEqual(filled(5, 4));
    expect(await thread.call('call', 'a', 'waitRange', range(10, 20))).toBe('eof');
    expect(await thread.call('get', 'a', 'status')).toEqual({ state: 'committed', finalLength: 10 });
  });

  it('and is terminated after a commit lets nobody wait for an interrupt that cannot come', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    await owner.call('writeAt', 'r', 0, filled(10));
    await owner.call('commit', 'r');
    const handle = await owner.call<ReaderHandle>('handle', 'r');
    const thread = readerThread();
    await thread.call('openSync', 'a', handle);
    const flag = new Flag();
    const code = codeOf(thread.call('announceAndCall', flag.words, 'a', 'takeInterrupt', { timeout: 1e9 }));
    while (flag.value === 0) await soon(1);
    await owner.terminate();
    ownerGone(handle);
    expect(await Promise.race([code, soon(3000).then(() => 'never')])).toBe('CLOSED');
  });
});

describe('an update that is never finished', () => {
  it('is CLOSED to whoever asks, in every kind of reader', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    await owner.call('writeAt', 'r', 0, filled(10));
    const handles: ReaderHandle[] = [];
    for (let i = 0; i < 7; i += 1) handles.push(await owner.call<ReaderHandle>('handle', 'r'));
    const threads = handles.map(readerThread);
    await Promise.all(threads.map((thread, i) => thread.call(i < 4 ? 'openSync' : 'attach', 'r', handles[i])));
    // Properties keep what was seen last.
    expect(await threads[0]?.call('ranges', 'r')).toEqual([range(0, 10)]);
    await owner.terminate();
    stopInUpdate(handles[0] as ReaderHandle);
    const call = (i: number, ...args: [string, ...unknown[]]): Promise<string | undefined> =>
      codeOf((threads[i] as TestThread).call(...args));
    const codes = await Promise.all([
      call(0, 'call', 'r', 'waitRange', range(0, 10)),
      call(1, 'read', 'r', 10),
      call(2, 'call', 'r', 'has', range(0, 10)),
      call(3, 'call', 'r', 'nextGap', 0),
      threads[4]?.call('wait', 'r', 'w', range(5, 20)).then(() => threads[4]?.ended('w')),
      threads[5]?.call('readAsync', 'r', 'w', range(0, 10)).then(() => threads[5]?.ended('w')),
      threads[6]?.call('get', 'r', 'status'),
    ]);
    const closed = 'CLOSED';
    expect(await threads[0]?.call('ranges', 'r')).toEqual([range(0, 10)]);
    expect(codes).toEqual([closed, closed, closed, closed, closed, closed, { state: 'closed' }]);
  });

  it('is CLOSED at once after ownerGone, also to readers asleep since before', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    const spare = await owner.call<ReaderHandle>('handle', 'r', 'spare');
    const readers = await waitingReaders((name) => owner.call<ReaderHandle>('handle', 'r', name));
    await owner.terminate();
    stopInUpdate(spare);
    ownerGone(spare);
    expect(await codesOf(readers)).toEqual(['CLOSED', 'CLOSED', 'CLOSED', 'CLOSED']);
  });

  it('ends the observables of an asynchronous reader without an error', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    await owner.call('writeAt', 'r', 0, filled(10));
    const handle = await owner.call<ReaderHandle>('handle', 'r');
    const thread = readerThread();
    await thread.call('attach', 'r', handle);
    await thread.call('watchBoth', 'r', 'both');
    await thread.call('echo');
    await owner.terminate();
    stopInUpdate(handle);
    ownerGone(handle);
    const told: unknown[] = [];
    await new Promise<void>((resolve) => {
      thread.told<unknown[]>('both', 'both').subscribe((event) => {
        told.push(event);
        if (event[0] === 'status completed') resolve();
      });
    });
    expect(told).toEqual([
      ['coverage', 10],
      ['status', 'active'],
      ['status', 'closed'],
      ['coverage completed'],
      ['status completed'],
    ]);
    expect(await thread.call('ranges', 'r')).toEqual([range(0, 10)]);
  });

  it('is survived by readers that found it unfinished only for a while', async () => {
    const resource = Resource.open(newDriver());
    resource.writeAt(0, filled(10));
    const { handle } = resource.createPort();
    const thread = readerThread();
    await thread.call('openSync', 'a', handle);
    stopInUpdate(handle);
    const asked = thread.call('call', 'a', 'has', range(0, 10));
    await soon(300);
    // As an owner does that was off the CPU and finishes.
    Atomics.add(new Int32Array(handle.control), SEQUENCE_AT, 1);
    expect(await asked).toBe(true);
  });

  it('is not taken for one while it makes progress', async () => {
    const resource = Resource.open(newDriver());
    resource.writeAt(0, filled(10));
    const { handle } = resource.createPort();
    const thread = readerThread();
    await thread.call('openSync', 'a', handle);
    const words = new Int32Array(handle.control);
    Atomics.add(words, SEQUENCE_AT, 1);
    const asked = thread.call('call', 'a', 'has', range(0, 10));
    for (let i = 0; i < 15; i += 1) {
      await soon(100);
      Atomics.add(words, SEQUENCE_AT, 2);
    }
    Atomics.add(words, SEQUENCE_AT, 1);
    expect(await asked).toBe(true);
  });
});
