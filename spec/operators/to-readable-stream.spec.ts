import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';

import { afterEach, describe, expect, it } from '@jest/globals';

import { type ByteRange, isStorageError, type Resource, toReadableStream } from '../../lib/index.js';
import {
  bytes,
  cancelled,
  closeAll,
  closed,
  codeOf,
  committed,
  failed,
  open,
  patchy,
  range,
  turn,
} from '../resource/fixtures.js';

afterEach(closeAll);

const KIB = 1024;

/** A million bytes and a few: neither chunks nor windows divide it. */
const LARGE = bytes(1_000_003);

/** The ranges that are demanded right now. */
function demand(resource: Resource): ByteRange[] {
  let ranges: ByteRange[] = [];
  resource.demand$.subscribe((demands) => (ranges = demands.map((entry) => entry.range))).unsubscribe();
  return ranges;
}

/** What a read of a default reader has come to: bytes, `'done'`, the code of an error, or undefined while it is pending. */
function follow(read: Promise<{ done: boolean; value?: Uint8Array | undefined }>): { outcome: unknown } {
  const followed: { outcome: unknown } = { outcome: undefined };
  read.then(
    ({ done, value }) => (followed.outcome = done ? 'done' : [...(value ?? [])]),
    (error: unknown) => (followed.outcome = isStorageError(error) ? error.code : error),
  );
  return followed;
}

async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
  }
}

/** BYOB readers as they are: with `min`, which the types of the DOM do not know yet. */
interface ByobReader {
  read(view: Uint8Array, options?: { min: number }): Promise<{ done: boolean; value: Uint8Array | undefined }>;
}

function byob(resource: Resource, part?: ByteRange): ByobReader & ReadableStreamBYOBReader {
  return toReadableStream(resource, part).getReader({ mode: 'byob' }) as ByobReader & ReadableStreamBYOBReader;
}

describe('toReadableStream, read by a default reader', () => {
  it('gives all bytes in chunks of at most 64 KiB, and then ends', async () => {
    const resource = open();
    resource.writeAll(LARGE);
    const reader = toReadableStream(resource).getReader();
    const sizes: number[] = [];
    for (let read = await reader.read(); !read.done; read = await reader.read()) sizes.push(read.value.length);
    expect(sizes).toEqual([...new Array<number>(15).fill(64 * KIB), LARGE.length - 15 * 64 * KIB]);
    await expect(reader.closed).resolves.toBeUndefined();
    expect(Buffer.compare(await readAll(toReadableStream(resource)), LARGE)).toBe(0);
  });

  it('gives what is there up to a gap, waits, and goes on with the first byte that comes', async () => {
    const resource = patchy();
    const reader = toReadableStream(resource).getReader();
    expect((await reader.read()).value).toEqual(bytes(4));
    const next = follow(reader.read());
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
    const next = follow(toReadableStream(resource).getReader().read());
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
    const resource = open();
    resource.writeAll(new Uint8Array(8 * KIB * KIB));
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
    const read = follow(byob(resource).read(new Uint8Array(100)));
    await turn();
    expect(demand(resource)).toEqual([range(0, 100)]);
    resource.writeAt(0, bytes(1));
    await turn();
    expect(read.outcome).toEqual([0]);
    expect(demand(resource)).toEqual([]);
  });

  it('ends a read that waits at the end once the end is known', async () => {
    const resource = open();
    resource.writeAt(0, bytes(4));
    const reader = byob(resource);
    await reader.read(new Uint8Array(4));
    const read = follow(reader.read(new Uint8Array(4)));
    await turn();
    expect(read.outcome).toBeUndefined();
    resource.commit();
    await turn();
    expect(read.outcome).toBe('done');
  });

  it('waits for `min` bytes, and gives fewer only at the end', async () => {
    const resource = open();
    const reader = byob(resource);
    const read = follow(reader.read(new Uint8Array(8), { min: 5 }));
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

  it('loses nothing where one reader lets go while it waits and another goes on', async () => {
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

describe('toReadableStream, its backpressure', () => {
  it('demands and reads nothing before somebody reads', async () => {
    const resource = patchy();
    const stream = toReadableStream(resource);
    await turn();
    const reader = stream.getReader();
    await turn();
    expect(demand(resource)).toEqual([]);
    // Had it been read ahead, it would be what it was.
    resource.writeAt(0, new Uint8Array(4).fill(9));
    expect([...((await reader.read()).value ?? [])]).toEqual([9, 9, 9, 9]);
    await turn();
    expect(demand(resource)).toEqual([]);
    follow(reader.read());
    await turn();
    expect(demand(resource)).toEqual([range(4, 4 + 64 * KIB)]);
  });

  it('does not read on while what it was piped to is busy', async () => {
    const resource = open();
    resource.writeAll(LARGE);
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

describe('toReadableStream, its end', () => {
  it.each<[string, ByteRange, number[]]>([
    ['in the middle', range(3, 6), [3, 4, 5]],
    ['over the end', range(8, 1000), [8, 9]],
    ['behind the end', range(50, 60), []],
    ['at the end', range(10, 20), []],
    ['empty', range(4, 4), []],
  ])('a range %s', async (_, part, expected) => {
    expect([...(await readAll(toReadableStream(committed(10), part)))]).toEqual(expected);
    const read = await byob(committed(10), part).read(new Uint8Array(100));
    expect([read.done, ...(read.value ?? [])]).toEqual([expected.length === 0, ...expected]);
  });

  it('is that of empty content, for either kind of reader', async () => {
    expect(await readAll(toReadableStream(committed(0)))).toHaveLength(0);
    expect((await byob(committed(0)).read(new Uint8Array(4))).done).toBe(true);
  });

  it('is the expected length, long before the commit', async () => {
    const resource = open({ expectedLength: 6 });
    resource.writeAt(0, bytes(8));
    expect([...(await readAll(toReadableStream(resource)))]).toEqual([...bytes(6)]);
  });

  it('is found while waiting at it, and moves as the expected length does', async () => {
    const resource = open({ expectedLength: 4 });
    resource.writeAt(0, bytes(3));
    const reader = toReadableStream(resource).getReader();
    await reader.read();
    const next = follow(reader.read());
    await turn();
    expect(demand(resource)).toEqual([range(3, 4)]);
    resource.expectedLength = 9;
    await turn();
    expect(demand(resource)).toEqual([range(3, 9)]);
    resource.expectedLength = 3;
    await turn();
    expect(next.outcome).toBe('done');
  });

  it('is where content of an unknown length is committed', async () => {
    const resource = open();
    const all = readAll(toReadableStream(resource));
    resource.writeAt(0, bytes(5));
    await turn();
    resource.writeAt(5, bytes(5, 5));
    await turn();
    resource.commit();
    expect([...(await all)]).toEqual([...bytes(10)]);
  });

  it('is that of what the content was replaced by while it waited', async () => {
    const resource = open({ expectedLength: 100 });
    resource.writeAt(0, bytes(4));
    const reader = toReadableStream(resource).getReader();
    await reader.read();
    const next = follow(reader.read());
    await turn();
    resource.writeAll(bytes(3));
    await turn();
    expect(next.outcome).toBe('done');
  });

  it('takes no range that is none', () => {
    for (const [start, end] of [
      [2, 1],
      [-1, 4],
      [0.5, 4],
      [0, Infinity],
    ] as const) {
      expect(codeOf(() => toReadableStream(open(), { start, end }))).toBe('INVALID_RANGE');
    }
  });
});

describe('toReadableStream, where it cannot go on', () => {
  it.each<[string, (resource: Resource, abort: AbortController) => void, string]>([
    ['failed', (resource) => resource.fail('no network'), 'FAILED'],
    ['closed', (resource) => resource.close(), 'CLOSED'],
    ['cancelled', (_, abort) => abort.abort(), 'CANCELLED'],
  ])('errors as the wait does: %s', async (_, end, code) => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    const reader = toReadableStream(resource).getReader();
    const byobRead = follow(byob(resource).read(new Uint8Array(4)));
    const read = follow(reader.read());
    const gone = reader.closed.catch((error: unknown) => (isStorageError(error) ? error.code : error));
    await turn();
    end(resource, abort);
    await turn();
    expect([read.outcome, byobRead.outcome, await gone]).toEqual([code, code, code]);
  });

  it.each<[string, (prepare: (resource: Resource) => void) => Resource, string]>([
    ['closed', closed, 'CLOSED'],
    ['cancelled', cancelled, 'CANCELLED'],
  ])('errors when read from what is %s already', async (_, make, code) => {
    const resource = make((active) => active.writeAt(0, bytes(4)));
    const read = follow(toReadableStream(resource).getReader().read());
    await turn();
    expect(read.outcome).toBe(code);
  });

  it('gives what a failed resource has, up to the gap', async () => {
    const resource = failed((active) => active.writeAt(0, bytes(4)));
    const reader = toReadableStream(resource).getReader();
    expect((await reader.read()).value).toEqual(bytes(4));
    const next = follow(reader.read());
    await turn();
    expect(next.outcome).toBe('FAILED');
  });

  it('is not reached by an interrupt, which leaves its demand as it is', async () => {
    const resource = open();
    const read = follow(toReadableStream(resource, range(0, 8)).getReader().read());
    await turn();
    resource.interrupt();
    await turn();
    expect([read.outcome, demand(resource)]).toEqual([undefined, [range(0, 8)]]);
    resource.writeAt(0, bytes(2));
    await turn();
    expect(read.outcome).toEqual([0, 1]);
  });
});

describe('toReadableStream, cancelled', () => {
  it('withdraws its wait and its demand, and leaves the resource alone', async () => {
    const resource = open();
    for (const reader of [toReadableStream(resource).getReader(), byob(resource)]) {
      const read = follow(reader.read(new Uint8Array(4)));
      await turn();
      expect(demand(resource)).toHaveLength(1);
      await reader.cancel('enough');
      expect([demand(resource), read.outcome]).toEqual([[], 'done']);
    }
    resource.writeAt(0, bytes(4));
    await turn();
    expect([resource.status.state, demand(resource)]).toEqual(['active', []]);
  });

  it('waits for nothing any more even if a byte came in the same turn', async () => {
    const resource = open();
    const reader = toReadableStream(resource).getReader();
    follow(reader.read());
    await turn();
    resource.writeAt(0, bytes(1));
    resource.writeAll(new Uint8Array(0));
    resource.reactivate();
    await reader.cancel();
    await turn();
    expect(demand(resource)).toEqual([]);
  });

  it('before it was read needs nothing withdrawn', async () => {
    const resource = open();
    await toReadableStream(resource).cancel();
    expect(demand(resource)).toEqual([]);
  });

  it('by leaving a loop over it', async () => {
    const resource = open();
    resource.writeAt(0, bytes(4));
    // `for await` over streams is Node's; browsers follow.
    for await (const chunk of toReadableStream(resource) as unknown as AsyncIterable<Uint8Array>) {
      expect(chunk).toEqual(bytes(4));
      break;
    }
    await turn();
    expect(demand(resource)).toEqual([]);
  });
});

describe('toReadableStream, given to what takes streams', () => {
  /** Writes it in parts out of order, one a turn. */
  async function writeSlowly(resource: Resource): Promise<void> {
    const part = Math.ceil(LARGE.length / 7);
    for (const index of [3, 0, 6, 1, 5, 2, 4]) {
      await turn();
      resource.writeAt(index * part, LARGE.subarray(index * part, (index + 1) * part));
    }
    resource.commit();
  }

  it('Response', async () => {
    const resource = open();
    const response = new Response(toReadableStream(resource));
    const [body] = await Promise.all([response.arrayBuffer(), writeSlowly(resource)]);
    expect(Buffer.compare(Buffer.from(body), LARGE)).toBe(0);
  });

  it('tee', async () => {
    const resource = open();
    const [left, right] = toReadableStream(resource).tee();
    const [one, other] = await Promise.all([readAll(left), readAll(right), writeSlowly(resource)]);
    expect([Buffer.compare(one, LARGE), Buffer.compare(other, LARGE)]).toEqual([0, 0]);
  });

  it('pipeThrough and pipeTo', async () => {
    const resource = open();
    const zipped = toReadableStream(resource).pipeThrough(new CompressionStream('gzip'));
    const chunks: Uint8Array[] = [];
    const unzipped = zipped
      .pipeThrough(new DecompressionStream('gzip'))
      .pipeTo(new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) }));
    await Promise.all([unzipped, writeSlowly(resource)]);
    expect(Buffer.compare(Buffer.concat(chunks), LARGE)).toBe(0);
  });

  it("Node's Readable.fromWeb, into a hash and a file", async () => {
    const resource = open();
    const path = join(tmpdir(), `tidemark-${randomUUID()}`);
    const hash = createHash('sha256');
    try {
      await Promise.all([
        pipeline(Readable.fromWeb(toReadableStream(resource) as NodeStream), createWriteStream(path)),
        pipeline(Readable.fromWeb(toReadableStream(resource) as NodeStream), hash),
        writeSlowly(resource),
      ]);
      const stored = createHash('sha256');
      await pipeline(createReadStream(path), stored);
      const expected = createHash('sha256').update(LARGE).digest('hex');
      expect([hash.digest('hex'), stored.digest('hex')]).toEqual([expected, expected]);
    } finally {
      rmSync(path, { force: true });
    }
  });

  it("Node's Readable.fromWeb fails with the error of the resource", async () => {
    const resource = open();
    const piped = pipeline(Readable.fromWeb(toReadableStream(resource) as NodeStream), createHash('sha256'));
    await turn();
    resource.fail('no network');
    await expect(piped).rejects.toMatchObject({ code: 'FAILED' });
  });
});
