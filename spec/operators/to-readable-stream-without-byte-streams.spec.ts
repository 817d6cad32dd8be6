import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toReadableStream } from '../../lib/index.js';
import { rangeResponse } from '../../lib/http.js';
import { bytes } from '../support/bytes.js';
import { demandedRanges } from '../support/demands-of.js';
import { newDriver } from '../support/new-driver.js';
import { range } from '../support/range.js';
import { closeAll, open, patchy, turn } from '../support/resources.js';
import { followRead, isLarge, LARGE, readAll } from './streams.js';

const Whole = globalThis.ReadableStream;

/** As in WebKitGTK 2.50: to make one of bytes throws. */
class WithoutBytes<T> extends Whole<T> {
  constructor(source?: UnderlyingSource<T>, strategy?: QueuingStrategy<T>) {
    if (source?.type === 'bytes') throw new TypeError('ReadableByteStreamController is not implemented');
    super(source, strategy);
  }
}

beforeEach(() => {
  globalThis.ReadableStream = WithoutBytes as typeof Whole;
});
afterEach(() => {
  globalThis.ReadableStream = Whole;
  closeAll();
});

describe('toReadableStream, where the platform has no streams of bytes,', () => {
  it('gives all bytes in chunks of at most 64 KiB, and then ends', async () => {
    const resource = open({}, newDriver(LARGE));
    const reader = toReadableStream(resource).getReader();
    const sizes: number[] = [];
    for (let read = await reader.read(); !read.done; read = await reader.read()) sizes.push(read.value.length);
    expect(sizes).toEqual([...new Array<number>(15).fill(65_536), LARGE.length - 15 * 65_536]);
    await expect(reader.closed).resolves.toBeUndefined();
    expect(isLarge(await readAll(toReadableStream(resource)))).toBe(true);
  });

  it('demands and reads nothing before somebody reads, and no more than that', async () => {
    const resource = patchy();
    const reader = toReadableStream(resource, range(4, 8)).getReader();
    await turn();
    expect(demandedRanges(resource)).toEqual([]);
    const next = followRead(reader.read());
    await turn();
    expect(demandedRanges(resource)).toEqual([range(4, 8)]);
    resource.writeAt(4, bytes(4, 4));
    await turn();
    expect([next.outcome, demandedRanges(resource)]).toEqual([[4, 5, 6, 7], []]);
  });

  it('withdraws its demand when it is cancelled, and leaves the resource open', async () => {
    const resource = open({ expectedLength: 10 });
    const reader = toReadableStream(resource).getReader();
    void reader.read();
    await turn();
    expect(demandedRanges(resource)).toEqual([range(0, 10)]);
    await reader.cancel();
    expect([demandedRanges(resource), resource.status.state]).toEqual([[], 'active']);
  });

  it('errors as the wait does', async () => {
    const resource = open();
    const read = followRead(toReadableStream(resource).getReader().read());
    await turn();
    resource.fail('no network');
    await turn();
    expect(read.outcome).toBe('FAILED');
  });

  it('is the body of an answer', async () => {
    const resource = open({}, newDriver(LARGE));
    const request = new Request('https://example.org/', { headers: { range: 'bytes=2-' } });
    const response = await rangeResponse(resource, request);
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([206, LARGE.length - 2]);
  });
});
