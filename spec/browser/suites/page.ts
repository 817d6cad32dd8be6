import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import type { StorageError } from '../../../lib/index.js';
import { attachReader, isStorageError, type ReaderHandle, Resource, MemDriver } from '../../../lib/index.js';
import { openSync, type SyncReader } from '../../../lib/sync.js';
import { ownerThread, readerThread, type TestThread } from '../../support/threads.js';
import { filled } from '../../support/bytes.js';
import { demandsOfReader } from '../../support/demands-of.js';
import { range } from '../../support/range.js';

/** What is particular to a page that may share memory: it must not block, and its workers may. */

async function owned(): Promise<{ owner: TestThread; handle: ReaderHandle }> {
  const owner = ownerThread();
  await owner.call('open', 'r');
  await owner.call('writeAt', 'r', 0, filled(4, 7));
  return { owner, handle: await owner.call<ReaderHandle>('handle', 'r') };
}

/** Another realm of the page. */
function otherRealm(): { StorageError: typeof StorageError; Uint8Array: typeof Uint8Array } {
  const frame = document.body.appendChild(document.createElement('iframe'));
  const realm = frame.contentWindow as unknown as { eval: (source: string) => unknown; Uint8Array: typeof Uint8Array };
  const source = `class E extends Error { code = 'IO'; [Symbol.for('tidemark.StorageError')] = true; }; E`;
  return { StorageError: realm.eval(source) as typeof StorageError, Uint8Array: realm.Uint8Array };
}

afterEach(() => {
  for (const frame of document.querySelectorAll('iframe')) frame.remove();
});

describe('openSync in a page', () => {
  it.each<[string, (reader: SyncReader) => unknown]>([
    ['waitRange', (reader) => reader.waitRange(range(0, 5))],
    ['waitRange, with a timeout', (reader) => reader.waitRange(range(0, 5), { timeout: 1000 })],
    ['read', (reader) => reader.read(new Uint8Array(5))],
    ['takeInterrupt', (reader) => reader.takeInterrupt({ timeout: 1000 })],
  ])('throws UNSUPPORTED where %s would block, and says what to do instead', async (_, block) => {
    const { handle } = await owned();
    const reader = openSync(handle);
    const message = expect.stringMatching(/to a worker, or use attachReader\(\)/) as unknown;
    expect(() => block(reader)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED', message }));
    expect(reader.position).toBe(0);
  });

  it('reads and polls what is there', async () => {
    const { owner, handle } = await owned();
    const reader = openSync(handle);
    expect(reader.waitRange(range(0, 4))).toBe('ready');
    const target = new Uint8Array(9);
    expect([reader.read(target, { min: 2 }), target]).toEqual([4, new Uint8Array([7, 7, 7, 7, 0, 0, 0, 0, 0])]);
    const timeout = expect.objectContaining({ code: 'TIMEOUT' });
    expect(() => reader.waitRange(range(0, 5), { timeout: 0 })).toThrow(timeout);
    expect(reader.takeInterrupt()).toBeUndefined();
    await owner.call('commit', 'r');
    expect(reader.waitRange(range(4, 5))).toBe('eof');
    reader.close();
  });

  it('throws DEADLOCK where the page itself owns the resource', () => {
    const resource = Resource.open(new MemDriver());
    const reader = openSync(resource.createPort().handle);
    expect(() => reader.waitRange(range(0, 1))).toThrow(expect.objectContaining({ code: 'DEADLOCK' }));
  });

  it('gives an owner up that was terminated in the middle of an update, after a second', async () => {
    const { owner, handle } = await owned();
    const reader = openSync(handle);
    await owner.terminate();
    // The sequence word (`lib/control/layout.ts`): odd while an update is under way.
    Atomics.add(new Int32Array(handle.control), 2, 1);
    expect(() => reader.has(range(0, 4))).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});

describe('between a page and its workers,', () => {
  it('attachReader waits for what a worker writes, and the page goes on meanwhile', async () => {
    const { owner, handle } = await owned();
    const reader = attachReader(handle);
    const read = firstValueFrom(reader.read(range(2, 6)));
    const turns = await new Promise((resolve) => requestAnimationFrame(resolve));
    expect(turns).toBeGreaterThan(0);
    await owner.call('writeAt', 'r', 4, filled(4, 8));
    expect(await read).toEqual(new Uint8Array([7, 7, 8, 8]));
    reader.close();
  });

  it('a worker blocks until the page has written what it needs', async () => {
    const resource = Resource.open(new MemDriver());
    const thread = readerThread();
    await thread.call('openSync', 'a', resource.createPort({ name: 'a' }).handle);
    const read = thread.call('read', 'a', 8);
    const [demand] = await demandsOfReader(resource, 'a');
    expect(demand).toMatchObject({ range: range(0, 8), blocking: true });
    resource.writeAt(0, filled(8, 5));
    expect(await read).toEqual(filled(8, 5));
  });
});

describe('another realm of the page', () => {
  it('has errors that are known as those of this one', () => {
    const { StorageError: Theirs } = otherRealm();
    const theirs = new Theirs('IO', 'why');
    expect(theirs).not.toBeInstanceOf(Error);
    expect([isStorageError(theirs, 'IO'), isStorageError(theirs, 'HTTP')]).toEqual([true, false]);
  });

  it('has arrays that are written and read into as those of this one', () => {
    const { Uint8Array: Theirs } = otherRealm();
    const resource = Resource.open(new MemDriver());
    resource.writeAt(0, Theirs.of(1, 2, 3));
    const target = new Theirs(4);
    expect([resource.readAt(0, target), ...target]).toEqual([3, 1, 2, 3, 0]);
  });
});
