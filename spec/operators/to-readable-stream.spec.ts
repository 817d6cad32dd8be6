import { afterEach, describe, expect, it } from '@jest/globals';

import { toReadableStream } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { closeAll, committed, open, patchy, turn } from '../support/resources.js';
import { byob, followRead, isLarge, LARGE, readAll } from './streams.js';
import { bytes } from '../support/bytes.js';
import { demandedRanges } from '../support/demands-of.js';
import { range } from '../support/range.js';

afterEach(closeAll);

const KIB = 1024;

describe('toReadableStream, read by a default reader', () => {
  it('gives all bytes in chunks of at most 64 KiB, and then ends', async () => {
    const resource = open({}, newDriver(LARGE));
    const reader = toReadableStream(resource).getReader();
    const sizes: number[] = [];
    for (let read = await reader.read(); !read.done; read = await reader.read()) sizes.push(read.value.length);
    expect(sizes).toEqual([...new Array<number>(15).fill(64 * KIB), LARGE.length - 15 * 64 * KIB]);
    await expect(reader.closed).resolves.toBeUndefined();
    expect(isLarge(await readAll(toReadableStream(resource)))).toBe(true);
  });

  it('gives what is there up to a gap, waits, and goes on with the first byte that comes', async () => {
    const resource = patchy();
    const reader = toReadableStream(resource).getReader();
    expect((await reader.read()).value).toEqual(bytes(4));
    const next = followRead(reader.read());
    await turn();
    expect(next.outcome).toBeUndefined();
    resource.writeAt(4, bytes(1, 4));
    await turn();
    expect(next.outcome).toEqual([4]);
    resource.writeAt(5, bytes(3, 5));
    expect((await reader.read()).value).toEqual(bytes(7, 5));
  });

  it('is not woken by bytes elsewhere', async () => {
    const resource = open();
    const next = followRead(toReadableStream(resource).getReader().read());
    resource.writeAt(1, bytes(9, 1));
    await turn();
    expect(next.outcome).toBeUndefined();
  });

  it('hands out copies that stay as they are', async () => {
    const resource = patchy();
    const { value } = await toReadableStream(resource).getReader().read();
    resource.writeAt(0, new Uint8Array(4).fill(9));
    expect(value).toEqual(bytes(4));
    value?.fill(7);
    const now = new Uint8Array(4);
    resource.readAt(0, now);
    expect([...now]).toEqual([9, 9, 9, 9]);
  });

  it('gives the event loop a turn every MiB, however much is there', async () => {
    const resource = open({}, newDriver(new Uint8Array(8 * KIB * KIB)));
    let turns = 0;
    const tick = setInterval(() => (turns += 1), 0);
    expect(await readAll(toReadableStream(resource))).toHaveLength(8 * KIB * KIB);
    clearInterval(tick);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

describe('toReadableStream, read by a BYOB reader', () => {
  it("fills the caller's buffer, and ends with an empty one", async () => {
    const reader = byob(committed(10));
    const first = await reader.read(new Uint8Array(6));
    expect([first.done, first.value]).toEqual([false, bytes(6)]);
    const second = await reader.read(new Uint8Array(6));
    expect([second.done, second.value]).toEqual([false, bytes(4, 6)]);
    expect([second.value?.buffer.byteLength, second.value?.byteOffset]).toEqual([6, 0]);
    const last = await reader.read(new Uint8Array(6));
    expect([last.done, last.value, last.value?.buffer.byteLength]).toEqual([true, new Uint8Array(0), 6]);
    await expect(reader.closed).resolves.toBeUndefined();
  });

  it('fills a view into the middle of a buffer, and nothing around it', async () => {
    const buffer = new Uint8Array(10).fill(99);
    const { value } = await byob(committed(20), range(5, 20)).read(buffer.subarray(3, 7));
    expect([value?.byteOffset, value?.length]).toEqual([3, 4]);
    expect([...new Uint8Array(value?.buffer ?? new ArrayBuffer(0))]).toEqual([99, 99, 99, 5, 6, 7, 8, 99, 99, 99]);
  });

  it('answers as soon as one byte is there, and demands what the buffer takes', async () => {
    const resource = open();
    const read = followRead(byob(resource).read(new Uint8Array(100)));
    await turn();
    expect(demandedRanges(resource)).toEqual([range(0, 100)]);
    resource.writeAt(0, bytes(1));
    await turn();
    expect(read.outcome).toEqual([0]);
    expect(demandedRanges(resource)).toEqual([]);
  });

  it('ends a read that waits at the end once the end is known', async () => {
    const resource = open();
    resource.writeAt(0, bytes(4));
    const reader = byob(resource);
    await reader.read(new Uint8Array(4));
    const read = followRead(reader.read(new Uint8Array(4)));
    await turn();
    expect(read.outcome).toBeUndefined();
    resource.commit();
    await turn();
    expect(read.outcome).toBe('done');
  });

  it('waits for `min` bytes, and gives fewer only at the end', async () => {
    const resource = open();
    const reader = byob(resource);
    const read = followRead(reader.read(new Uint8Array(8), { min: 5 }));
    for (const [offset, outcome] of [
      [0, undefined],
      [2, undefined],
      [4, [0, 1, 2, 3, 4, 5]],
    ] as const) {
      resource.writeAt(offset, bytes(2, offset));
      await turn();
      expect(read.outcome).toEqual(outcome);
    }
    const last = reader.read(new Uint8Array(8), { min: 5 });
    resource.writeAt(6, bytes(1, 6));
    await turn();
    resource.commit();
    expect(await last).toEqual({ done: true, value: bytes(1, 6) });
  });

  it('loses nothing where one reader releases its lock while it waits and another goes on', async () => {
    const resource = open();
    const stream = toReadableStream(resource);
    const first = stream.getReader({ mode: 'byob' });
    const abandoned = first.read(new Uint8Array(4)).catch(() => 'released');
    await turn();
    first.releaseLock();
    expect(await abandoned).toBe('released');
    resource.writeAll(bytes(10));
    expect([...(await readAll(stream))]).toEqual([...bytes(10)]);
  });
});

describe('toReadableStream, under backpressure,', () => {
  it('demands and reads nothing before somebody reads', async () => {
    const resource = patchy();
    const stream = toReadableStream(resource);
    await turn();
    const reader = stream.getReader();
    await turn();
    expect(demandedRanges(resource)).toEqual([]);
    // Had it been read ahead, it would be what it was.
    resource.writeAt(0, new Uint8Array(4).fill(9));
    expect([...((await reader.read()).value ?? [])]).toEqual([9, 9, 9, 9]);
    await turn();
    expect(demandedRanges(resource)).toEqual([]);
    followRead(reader.read());
    await turn();
    expect(demandedRanges(resource)).toEqual([range(4, 4 + 64 * KIB)]);
  });

  it('does not read on while what it was piped to is busy', async () => {
    const resource = open({}, newDriver(LARGE));
    let taken = 0;
    const firstBytes: unknown[] = [];
    let release = (): void => undefined;
    const slow = new WritableStream<Uint8Array>({
      write: (chunk) => {
        taken += chunk.length;
        firstBytes.push(chunk[0]);
        return taken > 64 * KIB ? undefined : new Promise<void>((resolve) => (release = resolve));
      },
    });
    const piped = toReadableStream(resource).pipeTo(slow);
    await turn();
    expect(taken).toBe(64 * KIB);
    // Had the next chunk been read already, it would be what it was.
    resource.reactivate();
    resource.writeAt(64 * KIB, Uint8Array.of(255));
    resource.commit();
    release();
    await piped;
    expect([taken, ...firstBytes.slice(0, 2)]).toEqual([LARGE.length, 0, 255]);
  });
});
