import { afterEach, describe, expect, it } from '@jest/globals';

import { newDriver } from '../support/new-driver.js';
import { closeAll, committed, open, patchy, record } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { codeOf, errorOf } from '../support/code-of.js';

afterEach(closeAll);

describe('readAt', () => {
  it('stops at the first gap, the end and the end of the target', () => {
    const resource = patchy();
    expect([0, 2, 4, 7, 8, 11, 12, 1000].map((at) => resource.readAt(at, new Uint8Array(3)))).toEqual([
      3, 2, 0, 0, 3, 1, 0, 0,
    ]);
    const all = committed(10);
    expect([0, 8, 10, 11].map((at) => all.readAt(at, new Uint8Array(20)))).toEqual([10, 2, 0, 0]);
  });

  it('leaves the rest of the target alone', () => {
    const target = new Uint8Array(10).fill(0xee);
    patchy().readAt(2, target.subarray(3));
    expect([...target]).toEqual([0xee, 0xee, 0xee, 2, 3, ...new Array<number>(5).fill(0xee)]);
  });
});

describe('read', () => {
  it('waits, emits a copy once, completes', () => {
    const resource = patchy();
    const log = record(resource.read({ start: 2, end: 10 }));
    expect(log).toEqual([]);
    resource.writeAt(4, bytes(4, 4));
    expect(log).toEqual([[...bytes(8, 2)], 'complete']);
  });

  it('is cold, and emits arrays of its own', () => {
    const resource = committed(4);
    const read$ = resource.read({ start: 0, end: 4 });
    const chunks: Uint8Array[] = [];
    read$.subscribe((chunk) => {
      chunks.push(chunk);
      chunk.fill(99);
    });
    read$.subscribe((chunk) => chunks.push(chunk));
    expect([...(chunks[1] ?? [])]).toEqual([...bytes(4)]);
    expect(chunks[0]?.buffer.constructor.name).toBe('ArrayBuffer');
  });

  it('ends at the final length: short across it, empty behind it', () => {
    const resource = committed(10);
    expect(record(resource.read({ start: 8, end: 20 }))).toEqual([[8, 9], 'complete']);
    expect(record(resource.read({ start: 10, end: 20 }))).toEqual([[], 'complete']);
    expect(record(resource.read({ start: 0, end: 2 ** 53 - 1 }))).toEqual([[...bytes(10)], 'complete']);
    expect(record(resource.read({ start: 3, end: 3 }))).toEqual([[], 'complete']);
  });

  it('ends at the expected length while active', () => {
    const resource = patchy({ expectedLength: 12 });
    expect(record(resource.read({ start: 10, end: 20 }))).toEqual([[10, 11], 'complete']);
    expect(record(resource.read({ start: 12, end: 20 }))).toEqual([[], 'complete']);
  });

  it('ends when the expected length becomes known, and waits again for what grew', () => {
    const resource = patchy();
    const short = record(resource.read({ start: 8, end: 20 }));
    const empty = record(resource.read({ start: 15, end: 20 }));
    const missing = record(resource.read({ start: 6, end: 20 }));
    resource.expectedLength = 12;
    expect([short, empty, missing]).toEqual([[[8, 9, 10, 11], 'complete'], [[], 'complete'], []]);
    resource.expectedLength = 14;
    resource.writeAt(4, bytes(4, 4));
    expect(missing).toEqual([]);
    resource.writeAt(12, bytes(2, 12));
    expect(missing).toEqual([[...bytes(8, 6)], 'complete']);
  });

  it('withdraws its wait when unsubscribed', () => {
    const resource = open();
    const subscription = resource.read({ start: 0, end: 4 }).subscribe();
    subscription.unsubscribe();
    expect(record(resource.demand$)).toEqual([[]]);
  });
});

describe('readAll and view', () => {
  it('serve committed content only', () => {
    const resource = patchy();
    expect(errorOf(() => resource.readAll())).toMatchObject({ code: 'INCOMPLETE', range: { start: 4 } });
    expect(codeOf(() => resource.view({ start: 0, end: 4 }))).toBe('INCOMPLETE');
    resource.fail('x');
    expect(codeOf(() => resource.readAll())).toBe('FAILED');
    expect(codeOf(() => resource.view({ start: 0, end: 4 }))).toBe('FAILED');
  });

  it('give a plain copy of all of it, by readAll', () => {
    const resource = committed(10);
    const all = resource.readAll();
    expect([...all]).toEqual([...bytes(10)]);
    expect(all.buffer.constructor.name).toBe('ArrayBuffer');
    all.fill(99);
    expect([...resource.readAll()]).toEqual([...bytes(10)]);
  });

  if (newDriver().capabilities.view) {
    it('give a part without copying, by view', () => {
      const resource = committed(10);
      expect([...resource.view({ start: 3, end: 7 })]).toEqual([...bytes(4, 3)]);
      expect(resource.view({ start: 3, end: 7 }).buffer).toBe(resource.view({ start: 0, end: 10 }).buffer);
      expect(resource.view({ start: 10, end: 10 })).toHaveLength(0);
    });
  } else {
    it('are UNSUPPORTED, by view, where the driver has none', () => {
      expect(codeOf(() => committed(10).view({ start: 3, end: 7 }))).toBe('UNSUPPORTED');
    });
  }

  it('are INVALID_RANGE, by view, past the end', () => {
    const resource = committed(10);
    expect(codeOf(() => resource.view({ start: 9, end: 11 }))).toBe('INVALID_RANGE');
    expect(codeOf(() => resource.view({ start: 4, end: 3 }))).toBe('INVALID_RANGE');
  });
});
