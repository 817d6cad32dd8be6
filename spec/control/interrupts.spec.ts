import { describe, expect, it } from '@jest/globals';
import { type ReaderPort, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { type OpenReader, openReader } from '../support/open-reader.js';
import { Flag, readerThread, soon, type TestThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { demandsOfReader } from '../support/demands-of.js';
import { range } from '../support/range.js';

const syncReader = (): Promise<OpenReader> => openReader(readerThread(), 'openSync');

const POLL = { timeout: 0 };

describe('the interrupt of a blocking reader', () => {
  it.each([0, 20])('ends the wait that it blocks in, once, %i ms after it began', async (pause) => {
    const { resource, port, thread } = await syncReader();
    const outcome = thread.call('call', 'a', 'waitRange', range(0, 10));
    await demandsOfReader(resource, 'a');
    await soon(pause);
    port.interrupt(7);
    await expect(outcome).resolves.toBe('interrupted');
    expect(await codeOf(thread.call('call', 'a', 'waitRange', range(0, 10), POLL))).toBe('TIMEOUT');
    expect(await thread.call('call', 'a', 'takeInterrupt')).toEqual({ token: 7 });
    expect(await thread.call('call', 'a', 'takeInterrupt')).toBeUndefined();
  });

  it('before any wait ends the next one that would block, once', async () => {
    const { resource, port, thread } = await syncReader();
    port.interrupt();
    await expect(thread.call('call', 'a', 'waitRange', range(0, 10))).resolves.toBe('interrupted');
    const next = thread.call('call', 'a', 'waitRange', range(0, 10));
    await demandsOfReader(resource, 'a');
    resource.writeAt(0, filled(10));
    await expect(next).resolves.toBe('ready');
  });

  it('before the handle was attached is kept', async () => {
    const resource = Resource.open(newDriver());
    const port = resource.createPort();
    port.interrupt(1);
    const thread = readerThread();
    await thread.call('openSync', 'a', port.handle);
    await expect(thread.call('call', 'a', 'waitRange', range(0, 10))).resolves.toBe('interrupted');
    expect(await thread.call('call', 'a', 'takeInterrupt')).toEqual({ token: 1 });
  });

  it('between two waits ends the second one', async () => {
    const { resource, port, thread } = await syncReader();
    resource.writeAt(0, filled(5));
    expect(await thread.call('call', 'a', 'waitRange', range(0, 5))).toBe('ready');
    port.interrupt(3);
    expect(await codeOf(thread.call('read', 'a', 10))).toBe('INTERRUPTED');
    expect(await thread.call('get', 'a', 'position')).toBe(0);
    expect(await codeOf(thread.call('read', 'a', 10, POLL))).toBe('TIMEOUT');
  });

  it('does not end a wait for bytes that are there, and stays for one that has to block', async () => {
    const { resource, port, thread } = await syncReader();
    resource.writeAt(0, filled(5));
    port.interrupt();
    expect(await thread.call('call', 'a', 'waitRange', range(0, 5))).toBe('ready');
    expect(await thread.call('read', 'a', 5)).toEqual(filled(5));
    expect(await thread.call('call', 'a', 'waitRange', range(7, 7))).toBe('ready');
    expect(await thread.call('call', 'a', 'waitRange', range(0, 6))).toBe('interrupted');
  });

  it('comes with bytes at the same time: the wait is Ready, and the interrupt is for the next', async () => {
    const { resource, port, thread } = await syncReader();
    const flag = new Flag();
    const parked = thread.call('park', flag.words);
    const outcome = thread.call('call', 'a', 'waitRange', range(0, 5));
    resource.writeAt(0, filled(5));
    port.interrupt(9);
    flag.set();
    await parked;
    expect(await outcome).toBe('ready');
    expect(await thread.call('call', 'a', 'waitRange', range(0, 6))).toBe('interrupted');
  });

  it('counts as one with those before it, and the last token stands', async () => {
    const { port, thread } = await syncReader();
    port.interrupt(1);
    port.interrupt(2);
    port.interrupt(-0.5);
    await expect(thread.call('call', 'a', 'waitRange', range(0, 10))).resolves.toBe('interrupted');
    expect(await codeOf(thread.call('call', 'a', 'waitRange', range(0, 10), POLL))).toBe('TIMEOUT');
    expect(await thread.call('call', 'a', 'takeInterrupt')).toEqual({ token: -0.5 });
    expect(await thread.call('call', 'a', 'takeInterrupt')).toBeUndefined();
  });

  it('without a token takes the token of the one before it away', async () => {
    const { port, thread } = await syncReader();
    port.interrupt(1);
    port.interrupt();
    expect(await thread.call('call', 'a', 'takeInterrupt')).toEqual({ token: undefined });
  });

  it('that was taken ends no wait later, and a later one does', async () => {
    const { port, thread } = await syncReader();
    port.interrupt(1);
    expect(await thread.call('call', 'a', 'takeInterrupt')).toEqual({ token: 1 });
    expect(await codeOf(thread.call('call', 'a', 'waitRange', range(0, 10), POLL))).toBe('TIMEOUT');
    port.interrupt(1);
    await expect(thread.call('call', 'a', 'waitRange', range(0, 10))).resolves.toBe('interrupted');
  });

  it('is consumed by seek', async () => {
    const { resource, port, thread } = await syncReader();
    port.interrupt(1);
    await thread.call('call', 'a', 'seek', 100);
    expect(await thread.call('get', 'a', 'position')).toBe(100);
    expect(await thread.call('call', 'a', 'takeInterrupt')).toBeUndefined();
    const chunk = thread.call('read', 'a', 4);
    expect((await demandsOfReader(resource, 'a'))[0]?.range).toEqual(range(100, 104));
    resource.writeAt(100, filled(4));
    expect(await chunk).toEqual(filled(4));
  });

  it('is not consumed by a seek that is refused', async () => {
    const { port, thread } = await syncReader();
    port.interrupt(1);
    expect(await codeOf(thread.call('call', 'a', 'seek', -1))).toBe('INVALID_RANGE');
    expect(await thread.call('get', 'a', 'position')).toBe(0);
    expect(await thread.call('call', 'a', 'takeInterrupt')).toEqual({ token: 1 });
  });

  it('ends a takeInterrupt that blocks, and nothing else afterwards', async () => {
    const { resource, port, thread } = await syncReader();
    const flag = new Flag();
    const taken = thread.call('announceAndCall', flag.words, 'a', 'takeInterrupt', { timeout: 1e9 });
    while (flag.value === 0) await soon(1);
    await soon(10);
    resource.writeAt(0, filled(10));
    resource.expectedLength = 100;
    await soon(10);
    port.interrupt(42);
    expect(await taken).toEqual({ token: 42 });
    expect(await codeOf(thread.call('call', 'a', 'waitRange', range(0, 11), POLL))).toBe('TIMEOUT');
  });

  it('is awaited by takeInterrupt no longer than it was told to', async () => {
    const { thread } = await syncReader();
    expect(await thread.call('call', 'a', 'takeInterrupt', { timeout: 30 })).toBeUndefined();
    expect(await codeOf(thread.call('call', 'a', 'takeInterrupt', { timeout: -1 }))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(thread.call('call', 'a', 'takeInterrupt', { timeout: NaN }))).toBe('INVALID_ARGUMENT');
  });

  it('belongs to its port: no other reader hears of it', async () => {
    const { resource, port, thread } = await syncReader();
    const other = readerThread();
    const otherPort = resource.createPort({ name: 'b' });
    await other.call('openSync', 'b', otherPort.handle);
    const outcomes = [
      thread.call('call', 'a', 'waitRange', range(0, 10)),
      other.call('call', 'b', 'waitRange', range(0, 10)),
    ];
    await demandsOfReader(resource, 'a');
    await demandsOfReader(resource, 'b');
    resource.interrupt();
    port.interrupt();
    await expect(outcomes[0]).resolves.toBe('interrupted');
    resource.writeAt(0, filled(10));
    await expect(outcomes[1]).resolves.toBe('ready');
    expect(await other.call('call', 'b', 'takeInterrupt')).toBeUndefined();
  });

  it('with a token that is no finite number is refused, and interrupts nothing', async () => {
    const { port, thread } = await syncReader();
    for (const token of [NaN, Infinity, '1' as unknown as number]) {
      expect(() => port.interrupt(token)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    expect(await thread.call('call', 'a', 'takeInterrupt')).toBeUndefined();
  });

  it('of a failed resource is not what a wait ends with', async () => {
    const { resource, port, thread } = await syncReader();
    resource.fail('no more');
    port.interrupt(1);
    expect(await codeOf(thread.call('call', 'a', 'waitRange', range(0, 10)))).toBe('FAILED');
    expect(await thread.call('call', 'a', 'takeInterrupt')).toEqual({ token: 1 });
  });
});

describe('the interrupt of an asynchronous reader', () => {
  async function asyncReader(): Promise<{ resource: Resource; port: ReaderPort; thread: TestThread }> {
    const resource = Resource.open(newDriver());
    const port = resource.createPort({ name: 'a' });
    const thread = readerThread();
    await thread.call('attach', 'a', port.handle);
    return { resource, port, thread };
  }

  it('ends all its pending waits and reads, and nothing is kept', async () => {
    const { resource, port, thread } = await asyncReader();
    await thread.call('wait', 'a', 'w1', range(0, 10));
    await thread.call('wait', 'a', 'w2', range(5, 20), { passive: true });
    await thread.call('readAsync', 'a', 'r1', range(0, 10));
    await demandsOfReader(resource, 'a', 2);
    port.interrupt(1);
    expect(await thread.ended('w1')).toBe('interrupted');
    expect(await thread.ended('w2')).toBe('interrupted');
    expect(await thread.ended('r1')).toBe('INTERRUPTED');
    await thread.call('wait', 'a', 'w3', range(0, 10));
    await demandsOfReader(resource, 'a');
    resource.writeAt(0, filled(10));
    expect(await thread.ended('w3')).toBe('ready');
  });

  it('while it waits for nothing is not kept, however often', async () => {
    const { resource, port, thread } = await asyncReader();
    for (let i = 0; i < 3; i += 1) {
      port.interrupt();
      port.interrupt();
      await thread.call('wait', 'a', `w${i}`, range(i, i + 1));
      await demandsOfReader(resource, 'a');
      resource.writeAt(i, filled(1));
      expect(await thread.ended(`w${i}`)).toBe('ready');
    }
  });

  it('ends the waits of before and not those begun after it, though the thread learns of it between', async () => {
    const { resource, port, thread } = await asyncReader();
    await thread.call('wait', 'a', 'before', range(0, 10));
    await demandsOfReader(resource, 'a');
    const flag = new Flag();
    const parked = thread.call('park', flag.words);
    // Handled right behind the parking, before anything that woke the thread meanwhile, or after
    // it: no matter.
    const begun = thread.call('wait', 'a', 'after', range(0, 10));
    while (Atomics.load(flag.words, 1) === 0) await soon(1);
    port.interrupt();
    flag.set();
    await Promise.all([parked, begun]);
    expect(await thread.ended('before')).toBe('interrupted');
    resource.writeAt(0, filled(10));
    expect(await thread.ended('after')).toBe('ready');
  });

  it('does not end a wait whose bytes were written before it', async () => {
    const { resource, port, thread } = await asyncReader();
    await thread.call('wait', 'a', 'covered', range(0, 10));
    await thread.call('wait', 'a', 'missing', range(0, 11));
    await demandsOfReader(resource, 'a', 2);
    const flag = new Flag();
    const parked = thread.call('park', flag.words);
    while (Atomics.load(flag.words, 1) === 0) await soon(1);
    resource.writeAt(0, filled(10));
    port.interrupt();
    flag.set();
    await parked;
    expect(await thread.ended('missing')).toBe('interrupted');
    expect(await thread.ended('covered')).toBe('ready');
  });

  it('ends a repeated wait once for each interrupt that it was pending at', async () => {
    const { resource, port, thread } = await asyncReader();
    for (let i = 0; i < 50; i += 1) {
      await thread.call('wait', 'a', `w${i}`, range(0, 10));
      await demandsOfReader(resource, 'a');
      port.interrupt();
      expect(await thread.ended(`w${i}`)).toBe('interrupted');
      expect(await demandsOfReader(resource, 'a', 0)).toEqual([]);
    }
  });
});
