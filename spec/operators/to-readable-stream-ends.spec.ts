import { afterEach, describe, expect, it } from '@jest/globals';

import { type ByteRange, type Resource, toReadableStream } from '../../lib/index.js';
import { cancelled, closeAll, closed, committed, failed, open, turn } from '../support/resources.js';
import { byob, followRead, readAll } from './streams.js';
import { bytes } from '../support/bytes.js';
import { asCode, codeOf } from '../support/code-of.js';
import { demandedRanges } from '../support/demands-of.js';
import { range } from '../support/range.js';

afterEach(closeAll);

describe('the end of toReadableStream', () => {
  it.each<[string, ByteRange, number[]]>([
    ['in the middle', range(3, 6), [3, 4, 5]],
    ['over the end', range(8, 1000), [8, 9]],
    ['behind the end', range(50, 60), []],
    ['at the end', range(10, 20), []],
    ['that is empty', range(4, 4), []],
  ])('is that of a range %s', async (_, part, expected) => {
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
    const next = followRead(reader.read());
    await turn();
    expect(demandedRanges(resource)).toEqual([range(3, 4)]);
    resource.expectedLength = 9;
    await turn();
    expect(demandedRanges(resource)).toEqual([range(3, 9)]);
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
    const next = followRead(reader.read());
    await turn();
    resource.writeAll(bytes(3));
    await turn();
    expect(next.outcome).toBe('done');
  });

  it('is refused where the range is none', () => {
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
    const byobRead = followRead(byob(resource).read(new Uint8Array(4)));
    const read = followRead(reader.read());
    const gone = reader.closed.catch(asCode);
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
    const read = followRead(toReadableStream(resource).getReader().read());
    await turn();
    expect(read.outcome).toBe(code);
  });

  it('gives what a failed resource has, up to the gap', async () => {
    const resource = failed((active) => active.writeAt(0, bytes(4)));
    const reader = toReadableStream(resource).getReader();
    expect((await reader.read()).value).toEqual(bytes(4));
    const next = followRead(reader.read());
    await turn();
    expect(next.outcome).toBe('FAILED');
  });

  it('is not reached by an interrupt, which leaves its demand as it is', async () => {
    const resource = open();
    const read = followRead(toReadableStream(resource, range(0, 8)).getReader().read());
    await turn();
    resource.interrupt();
    await turn();
    expect([read.outcome, demandedRanges(resource)]).toEqual([undefined, [range(0, 8)]]);
    resource.writeAt(0, bytes(2));
    await turn();
    expect(read.outcome).toEqual([0, 1]);
  });
});

describe('toReadableStream, cancelled', () => {
  it('withdraws its wait and its demand, and leaves the resource alone', async () => {
    const resource = open();
    for (const reader of [toReadableStream(resource).getReader(), byob(resource)]) {
      const read = followRead(reader.read(new Uint8Array(4)));
      await turn();
      expect(demandedRanges(resource)).toHaveLength(1);
      await reader.cancel('enough');
      expect([demandedRanges(resource), read.outcome]).toEqual([[], 'done']);
    }
    resource.writeAt(0, bytes(4));
    await turn();
    expect([resource.status.state, demandedRanges(resource)]).toEqual(['active', []]);
  });

  it('waits for nothing any more even if a byte came in the same turn', async () => {
    const resource = open();
    const reader = toReadableStream(resource).getReader();
    followRead(reader.read());
    await turn();
    resource.writeAt(0, bytes(1));
    resource.writeAll(new Uint8Array(0));
    resource.reactivate();
    await reader.cancel();
    await turn();
    expect(demandedRanges(resource)).toEqual([]);
  });

  it('before it was read needs nothing withdrawn', async () => {
    const resource = open();
    await toReadableStream(resource).cancel();
    expect(demandedRanges(resource)).toEqual([]);
  });

  it('ends where a loop over it is left', async () => {
    const resource = open();
    resource.writeAt(0, bytes(4));
    // `for await` over streams is Node's; browsers followRead.
    for await (const chunk of toReadableStream(resource) as unknown as AsyncIterable<Uint8Array>) {
      expect(chunk).toEqual(bytes(4));
      break;
    }
    await turn();
    expect(demandedRanges(resource)).toEqual([]);
  });
});
