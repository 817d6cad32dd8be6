import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';

import { attachReader, byteSource, readChunks, type Resource, toReadableStream } from '../../lib/index.js';
import { filled } from '../support/bytes.js';
import { codeOf, errorOf, rejectionOf } from '../support/code-of.js';
import { demandsOf, untilDemanded } from '../support/demands-of.js';
import { range } from '../support/range.js';
import { closeAll, record, turn, wait } from '../support/resources.js';
import { openSync } from '../../lib/sync.js';
import { readerThread } from '../support/threads.js';
import { stopClock } from '../support/stopped-clock.js';
import { BLOCK, blocks, blocksIn, openWindow, writeBlocks } from '../support/windows.js';

afterEach(closeAll);

/** A ring of four blocks, of which 0 and 1 have gone. */
function ring(): Resource {
  const resource = openWindow(4, { keep: 'latest' });
  writeBlocks(resource, 0, 1, 2, 3, 4, 5);
  return resource;
}

describe('a ring', () => {
  it('keeps what came last', () => {
    const resource = ring();
    expect(blocksIn(resource)).toEqual([2, 3, 4, 5]);
    expect(resource.nextGap(0)).toEqual(blocks(0, 2));
    expect(resource.coverage.toArray()).toEqual([blocks(2, 6)]);
  });

  it('ends waits for what went with GONE, which says what that is', async () => {
    const resource = ring();
    expect(await rejectionOf(firstValueFrom(resource.waitRange(blocks(0, 2))))).toMatchObject({
      code: 'GONE',
      range: blocks(0, 2),
    });
    const some = range(BLOCK + 5, 2 * BLOCK + 5);
    expect(await rejectionOf(firstValueFrom(resource.waitRange(some)))).toMatchObject({
      code: 'GONE',
      range: range(BLOCK + 5, 2 * BLOCK),
    });
    expect(record(resource.waitRange(blocks(2, 4)))).toEqual(['ready', 'complete']);
    expect(record(resource.waitRange(blocks(6)))).toEqual([]);
  });

  it('does not say that what never came has gone', async () => {
    const resource = ring();
    resource.evict(blocks(2, 6));
    const error = await rejectionOf(firstValueFrom(resource.waitRange(blocks(1, 3))));
    expect(error.range).toEqual(blocks(1, 2));
    expect(record(resource.waitRange(blocks(2)))).toEqual([]);
  });

  it('ends pending waits when their bytes go, also passive ones, but none of what is to come', () => {
    const resource = openWindow(4, { keep: 'latest' });
    writeBlocks(resource, 0);
    const passive = wait(resource, 10, BLOCK + 10, { passive: true });
    const ahead = wait(resource, 9 * BLOCK, 10 * BLOCK);
    writeBlocks(resource, 2, 3, 4);
    expect(passive).toEqual([]);
    writeBlocks(resource, 5);
    expect(passive).toEqual(['GONE']);
    expect(ahead).toEqual([]);
    expect(demandsOf(resource)).toHaveLength(1);
  });

  it('keeps what the caller of waitRange is about to copy, while later bytes go', () => {
    stopClock();
    const resource = openWindow(4, { keep: 'latest' });
    writeBlocks(resource, 0);
    expect(wait(resource, 0, BLOCK)).toEqual(['ready', 'complete']);
    writeBlocks(resource, 1, 2, 3, 4, 5);
    expect(blocksIn(resource)).toEqual([0, 3, 4, 5]);
    expect(resource.readAt(0, new Uint8Array(BLOCK))).toBe(BLOCK);
    writeBlocks(resource, 6);
    expect(blocksIn(resource)).toEqual([3, 4, 5, 6]);
  });

  it('ends a wait of which one byte has gone, whatever else never came', async () => {
    const resource = openWindow(4, { keep: 'latest' });
    writeBlocks(resource, 1);
    const outcome = wait(resource, 0, 2 * BLOCK);
    // Half of the window is left to what pends; so much is needed more urgently.
    wait(resource, 20 * BLOCK, 22 * BLOCK, { neededBy: 1 });
    writeBlocks(resource, 3, 4, 5, 6);
    expect(outcome).toEqual(['GONE']);
    expect((await rejectionOf(firstValueFrom(resource.waitRange(blocks(0, 2))))).range).toEqual(blocks(1));
  });

  it('waits for what was passed over, and may come later than what has gone', async () => {
    const resource = openWindow(4, { keep: 'latest' });
    const outcome = wait(resource, BLOCK, 2 * BLOCK);
    const reader = attachReader(resource.createPort().handle);
    const elsewhere = record(reader.waitRange(blocks(1)));
    await untilDemanded(resource, 2);
    writeBlocks(resource, 0, 2, 3, 4, 5, 6);
    expect(blocksIn(resource)).toEqual([3, 4, 5, 6]);
    await turn();
    expect([outcome, elsewhere]).toEqual([[], []]);
    writeBlocks(resource, 1);
    while (elsewhere.length < 2) await turn();
    expect([outcome, elsewhere]).toEqual([
      ['ready', 'complete'],
      ['ready', 'complete'],
    ]);
    expect(record(resource.waitRange(blocks(2)))).toEqual(['GONE']);
    reader.close();
  });

  it('ends all that reads with GONE', async () => {
    const resource = ring();
    const first = range(0, 10);
    expect(await codeOf(firstValueFrom(resource.read(first)))).toBe('GONE');
    expect(await codeOf(lastValueFrom(readChunks(resource)))).toBe('GONE');
    expect(await codeOf(byteSource(resource).read(0, 10))).toBe('GONE');
    expect(await codeOf(toReadableStream(resource).getReader().read())).toBe('GONE');
    const reader = openSync(resource.createPort().handle);
    expect(errorOf(() => reader.read(filled(10)))).toMatchObject({ code: 'GONE', range: first });
    expect(codeOf(() => reader.waitRange(first, { timeout: 0 }))).toBe('GONE');
    expect(reader.readAt(0, filled(10))).toBe(0);
    expect(reader.nextGap(0)).toEqual(blocks(0, 2));
    reader.close();
  });

  it('says FAILED, CANCELLED and CLOSED before GONE, and Ready of what is there', () => {
    const resource = ring();
    resource.fail('no network');
    expect(wait(resource, 0, 10)).toEqual(['FAILED']);
    expect(wait(resource, 2 * BLOCK, 3 * BLOCK)).toEqual(['ready', 'complete']);
    resource.reactivate();
    expect(wait(resource, 0, 10)).toEqual(['GONE']);
    resource.close();
    expect(wait(resource, 0, 10)).toEqual(['CLOSED']);
  });

  it('covers again what is written again', () => {
    const resource = ring();
    writeBlocks(resource, 0);
    expect(wait(resource, 0, BLOCK)).toEqual(['ready', 'complete']);
  });
});

describe('a reader in another thread', () => {
  it('that is blocked is woken when what it waits for goes', async () => {
    const resource = openWindow(4, { keep: 'latest' });
    const thread = readerThread();
    await thread.call('openSync', 'a', resource.createPort().handle);
    writeBlocks(resource, 0);
    // Half of the window is left to this.
    wait(resource, 20 * BLOCK, 22 * BLOCK, { neededBy: 1 });
    const read = codeOf(thread.call('read', 'a', 2 * BLOCK));
    await untilDemanded(resource, 2);
    writeBlocks(resource, 2, 3, 4, 5, 6);
    expect(await read).toBe('GONE');
  });

  it('has its asynchronous waits ended, of any kind', async () => {
    const resource = openWindow(4, { keep: 'latest' });
    const reader = attachReader(resource.createPort().handle);
    writeBlocks(resource, 0);
    // Half of the window is left to these.
    wait(resource, 20 * BLOCK, 22 * BLOCK, { neededBy: 1 });
    const waits = [
      record(reader.waitRange(range(10, BLOCK + 10), { passive: true })),
      record(reader.read(range(BLOCK - 10, BLOCK + 10))),
      // More than a cell names.
      ...Array.from({ length: 10 }, (_, index) => record(reader.waitRange(range(BLOCK - 1, BLOCK + index + 1)))),
    ];
    const ahead = record(reader.waitRange(blocks(20)));
    await untilDemanded(resource, 9);
    writeBlocks(resource, 2, 3, 4, 5, 6);
    while (waits.some(({ length }) => length === 0)) await turn();
    expect(waits.map(([outcome]) => outcome)).toEqual(waits.map(() => 'GONE'));
    expect(ahead).toEqual([]);
    reader.close();
  });

  it('that pauses for longer than the window gets GONE, and goes on where there are bytes', async () => {
    const resource = openWindow(4, { keep: 'latest' });
    const thread = readerThread();
    await thread.call('openSync', 'a', resource.createPort().handle);
    writeBlocks(resource, 0, 1);
    expect(await thread.call('read', 'a', BLOCK)).toHaveLength(BLOCK);
    writeBlocks(resource, 2, 3, 4, 5, 6);
    expect(await codeOf(thread.call('read', 'a', BLOCK))).toBe('GONE');
    const gap = await thread.call<{ end: number }>('call', 'a', 'nextGap', BLOCK);
    await thread.call('call', 'a', 'seek', gap.end);
    const [value] = await thread.call<Uint8Array>('read', 'a', BLOCK);
    expect(value).toBe(3);
  });
});
