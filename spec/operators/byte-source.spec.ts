import { afterEach, describe, expect, it } from '@jest/globals';

import { byteSource, type Resource } from '../../lib/index.js';
import { cancelled, closeAll, closed, committed, failed, open, patchy, turn } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { demandedRanges } from '../support/demands-of.js';
import { range } from '../support/range.js';
import { follow } from '../support/code-of.js';

afterEach(closeAll);

const ENDS: [string, (resource: Resource, abort: AbortController) => void, string][] = [
  ['failed', (resource) => resource.fail('no network'), 'FAILED'],
  ['closed', (resource) => resource.close(), 'CLOSED'],
  ['cancelled', (_, abort) => abort.abort(), 'CANCELLED'],
];

describe('byteSource.getSize', () => {
  it.each<[string, () => Resource, number]>([
    ['the final length', () => committed(10), 10],
    ['the final length, zero', () => committed(0), 0],
    ['the expected length', () => open({ expectedLength: 20 }), 20],
    ['the expected length of what failed', () => failed((active) => (active.expectedLength = 20)), 20],
  ])('is %s', async (_, make, size) => {
    expect(await byteSource(make()).getSize()).toBe(size);
  });

  it('waits until the length is known, and demands the first byte meanwhile', async () => {
    const resource = open();
    const size = follow(byteSource(resource).getSize());
    expect(demandedRanges(resource)).toEqual([range(0, 1)]);
    resource.writeAt(0, bytes(4));
    await turn();
    expect([size.outcome, demandedRanges(resource)]).toEqual([undefined, []]);
    resource.expectedLength = 30;
    await turn();
    expect(size.outcome).toBe(30);
  });

  it('takes back its demand once the length is known', async () => {
    const resource = open();
    const size = follow(byteSource(resource).getSize());
    resource.expectedLength = 30;
    await turn();
    expect([size.outcome, demandedRanges(resource)]).toEqual([30, []]);
  });

  it.each(ENDS)(
    'rejects when the resource has %s meanwhile, whether the first byte is there or not',
    async (_, end, code) => {
      for (const there of [0, 4]) {
        const abort = new AbortController();
        const resource = open({ signal: abort.signal });
        resource.writeAt(0, bytes(there));
        const size = follow(byteSource(resource).getSize());
        await turn();
        end(resource, abort);
        await turn();
        expect(size.outcome).toBe(code);
      }
    },
  );

  it.each<[string, (prepare: (resource: Resource) => void) => Resource]>([
    ['CLOSED', closed],
    ['CANCELLED', cancelled],
  ])('rejects with %s even if the length had been known', async (code, make) => {
    const size = follow(byteSource(make((active) => (active.expectedLength = 9))).getSize());
    await turn();
    expect(size.outcome).toBe(code);
  });
});

describe('byteSource.read', () => {
  it('gives what is there, as a copy in plain memory that ends where the bytes do', async () => {
    const resource = patchy();
    const read = await byteSource(resource).read(1, 4);
    resource.writeAt(0, new Uint8Array(4).fill(9));
    expect([...read]).toEqual([1, 2, 3]);
    expect([read.buffer.constructor.name, read.buffer.byteLength]).toEqual(['ArrayBuffer', 3]);
  });

  it('waits for all of the range, demanding it, as do others at the same time', async () => {
    const resource = patchy();
    const source = byteSource(resource);
    const [first, second] = [follow(source.read(2, 10)), follow(source.read(20, 22))];
    expect(demandedRanges(resource)).toEqual([range(4, 8), range(20, 22)]);
    resource.writeAt(20, bytes(2, 20));
    resource.writeAt(4, bytes(3, 4));
    await turn();
    expect([first.outcome, second.outcome]).toEqual([undefined, bytes(2, 20)]);
    resource.writeAt(7, bytes(1, 7));
    await turn();
    expect([first.outcome, demandedRanges(resource)]).toEqual([bytes(8, 2), []]);
  });

  it('gives fewer bytes where the content ends, by a commit or by the expected length', async () => {
    const resource = open({ expectedLength: 8 });
    resource.writeAt(0, bytes(10));
    const source = byteSource(resource);
    expect([...(await source.read(6, 100))]).toEqual([6, 7]);
    expect(await source.read(50, 100)).toHaveLength(0);
    resource.expectedLength = undefined;
    const read = follow(source.read(6, 100));
    await turn();
    expect(read.outcome).toBeUndefined();
    resource.commit();
    await turn();
    expect(read.outcome).toEqual(bytes(4, 6));
  });

  it.each(ENDS)('rejects as waits do when the resource has %s', async (_, end, code) => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    const read = follow(byteSource(resource).read(0, 4));
    await turn();
    end(resource, abort);
    await turn();
    expect(read.outcome).toBe(code);
  });

  it('gives what a failed resource has', async () => {
    const source = byteSource(failed((active) => active.writeAt(0, bytes(4))));
    expect(await source.read(0, 4)).toEqual(bytes(4));
    await expect(source.read(0, 5)).rejects.toMatchObject({ code: 'FAILED' });
  });

  it('rejects a range that is none', async () => {
    await expect(byteSource(open()).read(2, 1)).rejects.toMatchObject({ code: 'INVALID_RANGE' });
  });

  it('is not reached by an interrupt, which leaves its demand as it is', async () => {
    const resource = open();
    const source = byteSource(resource);
    const [read, size] = [follow(source.read(2, 4)), follow(source.getSize())];
    resource.interrupt();
    await turn();
    expect([read.outcome, size.outcome, demandedRanges(resource)]).toEqual([
      undefined,
      undefined,
      [range(2, 4), range(0, 1)],
    ]);
    resource.writeAll(bytes(4));
    await turn();
    expect([read.outcome, size.outcome]).toEqual([bytes(2, 2), 4]);
  });
});

describe('byteSource.dispose', () => {
  it('withdraws all that is pending, with its demand, and rejects it with CLOSED', async () => {
    const resource = open();
    const source = byteSource(resource);
    const pending = [source.getSize(), source.read(0, 4), source.read(8, 12)].map((promise) => follow(promise));
    await turn();
    expect(demandedRanges(resource)).toHaveLength(3);
    source.dispose();
    source.dispose();
    expect(demandedRanges(resource)).toEqual([]);
    await turn();
    expect(pending.map(({ outcome }) => outcome)).toEqual(['CLOSED', 'CLOSED', 'CLOSED']);
  });

  it('rejects what is asked later, without a demand, and leaves the resource and other sources alone', async () => {
    const resource = patchy();
    const [source, other] = [byteSource(resource), byteSource(resource)];
    source.dispose();
    await expect(source.read(0, 4)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(source.getSize()).rejects.toMatchObject({ code: 'CLOSED' });
    expect([demandedRanges(resource), resource.status.state]).toEqual([[], 'active']);
    expect(await other.read(0, 4)).toEqual(bytes(4));
  });

  it('is no method: the functions can be taken off it', async () => {
    const { read, getSize, dispose } = { ...byteSource(committed(4)) };
    expect([await getSize(), await read(0, 2)]).toEqual([4, bytes(2)]);
    dispose();
    await expect(read(0, 2)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
