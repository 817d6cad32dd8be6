import { describe, expect, it } from '@jest/globals';
import { MemDriver, type ReaderPort, Resource } from '../../lib/index.js';
import { filled } from '../support/bytes.js';
import { demandsOfReader } from '../support/demands-of.js';
import { newDriver } from '../support/new-driver.js';
import { range } from '../support/range.js';
import { readerThread, type TestThread } from '../support/threads.js';

async function openedBy(thread: TestThread, key: string, port: ReaderPort): Promise<void> {
  await thread.call('openSync', key, port.handle);
}

// What is known of a resource moves to shared memory when its first port is made.
describe('the first port of a resource', () => {
  it('shows all that came before it, and what comes after', async () => {
    const resource = Resource.open(newDriver(), { identity: 'é'.repeat(500), expectedLength: 30_000 });
    for (let at = 0; at < 20_000; at += 20) resource.writeAt(at, filled(10, 1));
    if (resource.driver.capabilities.evicts === true) resource.evict(range(5000, 5100));
    const ranges = resource.coverage.toArray();

    const thread = readerThread();
    await openedBy(thread, 'first', resource.createPort({ name: 'first' }));
    expect(await thread.call('ranges', 'first')).toEqual(ranges);
    expect(await thread.call('get', 'first', 'identity')).toBe('é'.repeat(500));
    expect(await thread.call('get', 'first', 'expectedLength')).toBe(30_000);
    resource.expectedLength = 40_000;
    expect(resource.expectedLength).toBe(40_000);
    expect(await thread.call('get', 'first', 'expectedLength')).toBe(40_000);

    const waiting = thread.call('call', 'first', 'waitRange', range(10, 20));
    await demandsOfReader(resource, 'first');
    resource.writeAt(10, filled(10, 2));
    expect(await waiting).toBe('ready');
    for (let at = 30; at < 20_000; at += 20) resource.writeAt(at, filled(10, 2));
    expect(await thread.call('ranges', 'first')).toEqual(resource.coverage.toArray());
    resource.identity = 'another';
    expect(await thread.call('get', 'first', 'identity')).toBe('another');
  });

  it('is followed by others that read the same', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await openedBy(thread, 'first', resource.createPort({ name: 'first' }));
    for (let at = 0; at < 4000; at += 20) resource.writeAt(at, filled(10, 1));
    await openedBy(thread, 'second', resource.createPort({ name: 'second' }));
    resource.writeAt(100_000, filled(1));
    for (const key of ['first', 'second']) {
      expect(await thread.call('ranges', key)).toEqual(resource.coverage.toArray());
    }
    resource.fail('no more');
    for (const key of ['first', 'second']) {
      expect(await thread.call('get', key, 'status')).toEqual({ state: 'failed', reason: 'no more' });
    }
  });

  it('may be made while a subscriber is told of a write, and of a final state', async () => {
    const resource = Resource.open(newDriver());
    const ports: ReaderPort[] = [];
    resource.coverage$.subscribe(({ coveredBytes }) => {
      if (coveredBytes === 10 && ports.length === 0) ports.push(resource.createPort());
    });
    resource.status$.subscribe(({ state }) => {
      if (state === 'committed') ports.push(resource.createPort());
    });
    resource.writeAt(0, filled(10, 3));
    await Promise.resolve();
    resource.writeAt(10, filled(10, 3));
    resource.commit();
    const thread = readerThread();
    expect(ports).toHaveLength(2);
    for (const [index, port] of ports.entries()) {
      await openedBy(thread, `${index}`, port);
      expect(await thread.call('read', `${index}`, 30)).toEqual(filled(20, 3));
    }
  });

  it('is UNSUPPORTED where bytes are not shared, and nothing else changes', () => {
    const resource = Resource.open(new MemDriver({ shared: false }));
    resource.writeAt(0, filled(10));
    for (const length of [10, 20]) {
      expect(() => resource.createPort()).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
      expect(resource.coverage.toArray()).toEqual([range(0, length)]);
      resource.writeAt(length, filled(10));
    }
  });
});
