import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom, type Observable, toArray } from 'rxjs';

import { attachReader, byteSource, readChunks, type Resource, type ResourceView } from '../../lib/index.js';
import { demandedRanges, demandsOf } from '../support/demands-of.js';
import { range } from '../support/range.js';
import { closeAll, record, turn } from '../support/resources.js';
import { readerThread } from '../support/threads.js';
import { BLOCK, blocks, openWindow, valuesOf, writeBlocks } from '../support/windows.js';

afterEach(closeAll);

/** Brings what is demanded first, block by block, until `done`; returns what it has brought. */
async function bring(resource: Resource, done: () => boolean): Promise<number[]> {
  const brought: number[] = [];
  while (!done()) {
    await turn();
    const [first] = demandedRanges(resource);
    if (first === undefined) continue;
    const block = Math.floor(first.start / BLOCK);
    brought.push(block);
    writeBlocks(resource, block);
  }
  return brought;
}

/** What `source` emits, and which blocks were brought for it. */
async function bringFor<T>(resource: Resource, source: Observable<T> | Promise<T>): Promise<[T, number[]]> {
  let done = false;
  const value = (source instanceof Promise ? source : firstValueFrom(source)).finally(() => (done = true));
  const brought = await bring(resource, () => done);
  return [await value, brought];
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

describe('a read of more than a window holds', () => {
  const views: [string, (resource: Resource) => ResourceView][] = [
    ['the owner', (resource) => resource],
    ['a reader of the same memory', (resource) => attachReader(resource.createPort().handle)],
  ];

  it.each(views)('has all bytes, each of them brought once: %s', async (_name, viewOf) => {
    const resource = openWindow(4);
    const view = viewOf(resource);
    const [bytes, brought] = await bringFor(resource, view.read(blocks(0, 20)));
    expect(valuesOf(bytes)).toEqual(numbers(20));
    expect(brought).toEqual(numbers(20));
  });

  it.each(views)('ends at the end of the content: %s', async (_name, viewOf) => {
    const resource = openWindow(4);
    resource.expectedLength = 7 * BLOCK;
    const view = viewOf(resource);
    await turn();
    const [bytes, brought] = await bringFor(resource, view.read(blocks(0, 20)));
    expect(valuesOf(bytes)).toEqual(numbers(7));
    expect(brought).toEqual(numbers(7));
  });

  it('goes on where it was if its end comes nearer meanwhile', async () => {
    const resource = openWindow(4);
    const read = record(resource.read(blocks(0, 20)));
    writeBlocks(resource, 0, 1, 2);
    resource.expectedLength = 3 * BLOCK;
    await turn();
    expect(read[1]).toBe('complete');
    expect(read[0]).toHaveLength(3 * BLOCK);
  });

  it('keeps its age from piece to piece', () => {
    const resource = openWindow(4);
    record(resource.read(blocks(0, 20)));
    record(resource.read(blocks(50)));
    writeBlocks(resource, 0, 1);
    expect(demandsOf(resource).map(({ range: { start } }) => start / BLOCK)).toEqual([2, 50]);
  });

  it('is withdrawn by unsubscribing in its middle', () => {
    const resource = openWindow(4);
    const subscription = resource.read(blocks(0, 20)).subscribe();
    writeBlocks(resource, 0, 1, 2, 3);
    expect(demandedRanges(resource)).toEqual([blocks(4, 6)]);
    subscription.unsubscribe();
    expect(demandedRanges(resource)).toEqual([]);
  });

  it('is interrupted in its middle', () => {
    const resource = openWindow(4);
    const read = record(resource.read(blocks(0, 20)));
    writeBlocks(resource, 0, 1, 2);
    resource.interrupt();
    expect(read).toEqual(['INTERRUPTED']);
  });

  it('is done by a blocked thread, of which the cursor moves at the end only', async () => {
    const resource = openWindow(4);
    const thread = readerThread();
    await thread.call('openSync', 'a', resource.createPort().handle);
    const [bytes, brought] = await bringFor(resource, thread.call<Uint8Array>('read', 'a', 20 * BLOCK));
    expect(valuesOf(bytes)).toEqual(numbers(20));
    expect(brought).toEqual(numbers(20));
    expect(await thread.call('get', 'a', 'position')).toBe(20 * BLOCK);
    resource.expectedLength = 22 * BLOCK + 5;
    const [rest] = await bringFor(resource, thread.call<Uint8Array>('read', 'a', 20 * BLOCK));
    expect(rest).toHaveLength(2 * BLOCK + 5);
    expect(await thread.call('get', 'a', 'position')).toBe(22 * BLOCK + 5);
  });

  it('that a blocked thread gives up in its middle leaves the cursor where it was', async () => {
    const resource = openWindow(4);
    const thread = readerThread();
    const port = resource.createPort();
    await thread.call('openSync', 'a', port.handle);
    const read = thread.call('read', 'a', 20 * BLOCK);
    await bring(resource, () => resource.has(blocks(6)));
    port.interrupt();
    await expect(read).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await thread.call('get', 'a', 'position')).toBe(0);
  });

  it('is chunks of any size, and a byte source', async () => {
    const resource = openWindow(4);
    resource.expectedLength = 11 * BLOCK;
    const chunks$ = readChunks(resource, { chunkSize: 10 * BLOCK }).pipe(toArray());
    const [chunks, brought] = await bringFor(resource, chunks$);
    expect(chunks.flatMap((chunk) => valuesOf(chunk))).toEqual(numbers(11));
    expect(brought).toEqual(numbers(11));
    const [bytes] = await bringFor(resource, byteSource(resource).read(BLOCK, 9 * BLOCK));
    expect(valuesOf(bytes)).toEqual(numbers(9).slice(1));
  });
});

describe('a read where bytes are there already', () => {
  it('copies them piece by piece without waiting', () => {
    const resource = openWindow(8);
    writeBlocks(resource, ...numbers(8));
    const read = record(resource.read(range(10, 8 * BLOCK - 10)));
    expect(read[1]).toBe('complete');
    expect(read[0]).toHaveLength(8 * BLOCK - 20);
  });
});
