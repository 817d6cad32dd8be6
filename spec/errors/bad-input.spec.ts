import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';

import {
  attachDriver,
  type ByteRange,
  MemDriver,
  progress,
  readChunks,
  registerAttachment,
  Resource,
  whenCommitted,
  writeTo,
} from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import {
  ARGUMENT,
  content,
  detached,
  inUse,
  notBytes,
  notNumbers,
  notOffsets,
  notRanges,
  RANGE,
  refusal,
  wrong,
} from './fixtures.js';

let resource: Resource;
let expectUnharmed: () => void;
beforeEach(() => {
  ({ resource, expectUnharmed } = inUse());
});
afterEach(() => {
  resource.close();
});

/** A call with one bad argument after the other, and what it may answer. */
type Row = [name: string, call: (bad: never) => unknown, bad: unknown[], codes: string[]];

const rows: Row[] = [
  ['has', (range: ByteRange) => resource.has(range), notRanges, RANGE],
  ['nextGap, from', (from: number) => resource.nextGap(from), [...notOffsets, undefined], RANGE],
  ['nextGap, limit', (limit: number) => resource.nextGap(0, limit), notOffsets, RANGE],
  ['waitRange, range', (range: ByteRange) => resource.waitRange(range), notRanges, RANGE],
  [
    'waitRange, neededBy',
    (neededBy: number) => resource.waitRange({ start: 4, end: 6 }, { neededBy }),
    [NaN, Infinity, -Infinity, ...notNumbers],
    ARGUMENT,
  ],
  ['waitRange, options', (options: object) => resource.waitRange({ start: 4, end: 6 }, options), [null], ARGUMENT],
  ['read', (range: ByteRange) => resource.read(range), notRanges, RANGE],
  ['readAt, offset', (offset: number) => resource.readAt(offset, new Uint8Array(4)), [...notOffsets, undefined], RANGE],
  [
    'readAt, offset + length',
    (offset: number) => resource.readAt(offset, new Uint8Array(4)),
    [2 ** 53 - 1, 2 ** 53 - 4],
    RANGE,
  ],
  ['readAt, target', (target: Uint8Array) => resource.readAt(0, target), notBytes, ['TypeError']],
  ['readAt, detached target', (target: Uint8Array) => resource.readAt(0, target), [detached()], ARGUMENT],
  ['view', (range: ByteRange) => resource.view(range), notRanges, RANGE],
  [
    'writeAt, offset',
    (offset: number) => resource.writeAt(offset, new Uint8Array(4)),
    [...notOffsets, undefined],
    RANGE,
  ],
  [
    'writeAt, empty data',
    (offset: number) => resource.writeAt(offset, new Uint8Array(0)),
    [...notOffsets, undefined],
    RANGE,
  ],
  [
    'writeAt, offset + length',
    (offset: number) => resource.writeAt(offset, new Uint8Array(4)),
    [2 ** 53 - 1, 2 ** 53 - 4],
    RANGE,
  ],
  ['writeAt, data', (data: Uint8Array) => resource.writeAt(0, data), notBytes, ['TypeError']],
  ['writeAt, detached data', (data: Uint8Array) => resource.writeAt(0, data), [detached()], ARGUMENT],
  ['writeAll, data', (data: Uint8Array) => resource.writeAll(data), notBytes, ['TypeError']],
  ['writeAll, detached data', (data: Uint8Array) => resource.writeAll(data), [detached()], ARGUMENT],
  ['commit', (length: number) => resource.commit(length), notOffsets, [...ARGUMENT, 'INVALID_RANGE']],
  ['commit, past what is there', (length: number) => resource.commit(length), [5, 21, 2 ** 53 - 1], ['INCOMPLETE']],
  ['fail', (reason: string) => resource.fail(reason), [undefined, null, 5, {}, [], true, Symbol('x')], ARGUMENT],
  [
    'expectedLength',
    (length: number) => (resource.expectedLength = length),
    notOffsets,
    [...ARGUMENT, 'INVALID_RANGE'],
  ],
  ['identity', (identity: string) => (resource.identity = identity), [null, 5, {}, [], true, Symbol('x')], ARGUMENT],
  ['createPort, name', (name: string) => resource.createPort({ name }), [null, 5, {}, [], true, Symbol('x')], ARGUMENT],
  ['createPort, options', (options: object) => resource.createPort(options), [null], ARGUMENT],
  ['discard, options', (options: object) => resource.discard(options), [null], ARGUMENT],
  [
    'an interrupt, token',
    (token: number) => {
      const port = resource.createPort();
      try {
        port.interrupt(token);
      } finally {
        port.close();
      }
    },
    [NaN, Infinity, -Infinity, ...notNumbers],
    ARGUMENT,
  ],
  ['coverage.has', (range: ByteRange) => resource.coverage.has(range), notRanges, RANGE],
  ['coverage.coveredUntil', (from: number) => resource.coverage.coveredUntil(from), [...notOffsets, undefined], RANGE],
  ['coverage.coveredBytesIn', (range: ByteRange) => resource.coverage.coveredBytesIn(range), notRanges, RANGE],
  ['coverage.nextGap, from', (from: number) => resource.coverage.nextGap(from), [...notOffsets, undefined], RANGE],
  ['coverage.nextGap, limit', (limit: number) => resource.coverage.nextGap(0, limit), notOffsets, RANGE],
  ['coverage.gaps', (within: ByteRange) => resource.coverage.gaps(within), notRanges, RANGE],
  ['readChunks, start', (start: number) => readChunks(resource, { start }), notOffsets, RANGE],
  ['readChunks, end', (end: number) => readChunks(resource, { end }), notOffsets, RANGE],
  ['readChunks, start behind end', (start: number) => readChunks(resource, { start, end: 2 }), [3, 20], RANGE],
  ['readChunks, chunkSize', (chunkSize: number) => readChunks(resource, { chunkSize }), [0, ...notOffsets], ARGUMENT],
  ['readChunks, options', (options: object) => readChunks(resource, options), [null], ARGUMENT],
  ['readChunks, project', (project: () => []) => readChunks(resource, { project }), [null, 5, 'x', {}], ARGUMENT],
  [
    'readChunks, what project answers',
    (answer: []) => readChunks(resource, { project: () => answer }),
    [undefined, null, 5, {}],
    ARGUMENT,
  ],
  ['readChunks, view', (view: Resource) => readChunks(view), [undefined, null, 5, {}], ARGUMENT],
  [
    'progress, every',
    (every: number) => progress(resource, { every }),
    [0, -1, NaN, Infinity, ...notNumbers],
    ARGUMENT,
  ],
  ['progress, options', (options: object) => progress(resource, options), [null], ARGUMENT],
  ['progress, view', (view: Resource) => progress(view), [undefined, null, 5, {}], ARGUMENT],
  ['whenCommitted, view', (view: Resource) => whenCommitted(view), [undefined, null, 5, {}], ARGUMENT],
  [
    'writeTo, offset',
    (offset: number) => of(new Uint8Array(2)).pipe(writeTo(resource, { offset, onError: 'leave' })),
    notOffsets,
    RANGE,
  ],
  ['writeTo, options', (options: object) => of(new Uint8Array(2)).pipe(writeTo(resource, options)), [null], ARGUMENT],
  [
    'writeTo, resource',
    (target: Resource) => of(new Uint8Array(2)).pipe(writeTo(target)),
    [undefined, null, 5, {}],
    ARGUMENT,
  ],
  [
    'writeTo, what the source emits',
    (chunk: Uint8Array) => of(chunk).pipe(writeTo(resource, { onError: 'leave' })),
    [...notBytes, ...notBytes.map((data) => ({ offset: 0, data }))],
    ['TypeError'],
  ],
  [
    'writeTo, the offset of a chunk',
    (offset: number) => of({ offset, data: new Uint8Array(2) }).pipe(writeTo(resource, { onError: 'leave' })),
    [...notOffsets, undefined, 2 ** 53 - 1],
    RANGE,
  ],
];

describe('a resource in use', () => {
  it.each(rows)('is not harmed by bad arguments: %s', async (_name, call, bad, codes) => {
    for (const argument of bad) {
      const answer = await refusal(() => call(wrong(argument)));
      expect({ argument, answer: codes.includes(answer) ? codes : answer }).toEqual({ argument, answer: codes });
    }
    expectUnharmed();
  });

  it('is not harmed by writeAt past the capacity of memory', async () => {
    resource.close();
    ({ resource, expectUnharmed } = inUse(new MemDriver({ capacity: 2 ** 20 })));
    for (const offset of [2 ** 20, 2 ** 33, 2 ** 53 - 100]) {
      expect(await refusal(() => resource.writeAt(offset, content))).toBe('CAPACITY');
    }
    expectUnharmed();
  });

  it('does nothing with arrays without bytes', () => {
    const empty = new Uint8Array(0);
    resource.writeAt(0, empty);
    resource.writeAt(2 ** 53 - 1, empty);
    expect([resource.readAt(0, empty), resource.readAt(2 ** 53 - 1, empty)]).toEqual([0, 0]);
    expectUnharmed();
  });

  it('takes arrays of shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    shared.set(content.subarray(4, 8));
    resource.writeAt(4, shared);
    const target = new Uint8Array(new SharedArrayBuffer(8));
    expect(resource.readAt(0, target)).toBe(8);
    expect([...target]).toEqual([...content.subarray(0, 8)]);
  });

  it('takes ranges that are larger than anything there is', () => {
    const all = { start: 0, end: 2 ** 53 - 1 };
    expect([resource.has(all), resource.coverage.has(all), resource.coverage.coveredBytesIn(all)]).toEqual([
      false,
      false,
      8,
    ]);
    expect(resource.coverage.gaps(all)).toHaveLength(2);
    expect(resource.nextGap(2 ** 53 - 1)).toBeUndefined();
    expectUnharmed();
  });
});

describe('a bad argument', () => {
  it.each<[string, unknown[], string[]]>([
    [
      'capacity',
      [-1, 0.5, NaN, Infinity, 2 ** 32 + 1, 2 ** 53, ...notNumbers].map((capacity) => ({ capacity })),
      ARGUMENT,
    ],
    ['initialData', notBytes.slice(1).map((initialData) => ({ initialData })), ARGUMENT],
    ['detached initialData', [{ initialData: detached() }], ARGUMENT],
    ['initialData past the capacity', [{ initialData: content, capacity: 19 }], ['CAPACITY']],
    ['options', [null], ARGUMENT],
  ])('of MemDriver is refused: %s', async (_name, options, codes) => {
    for (const option of options) {
      expect({ option, codes: codes.includes(await refusal(() => new MemDriver(wrong(option)))) }).toEqual({
        option,
        codes: true,
      });
    }
  });

  it.each<[string, unknown[]]>([
    ['expectedLength', notOffsets.map((expectedLength) => ({ expectedLength }))],
    ['identity', [null, 5, {}, true].map((identity) => ({ identity }))],
    ['signal', [5, 'abort', {}, { aborted: false }].map((signal) => ({ signal }))],
    ['options', [null]],
  ])('of Resource.open is refused, and the driver can still be opened: %s', async (_name, options) => {
    for (const option of options) {
      const driver = newDriver();
      const answer = await refusal(() => Resource.open(driver, wrong(option)));
      expect([answer, ['INVALID_ARGUMENT', 'INVALID_RANGE', 'TypeError'].includes(answer)]).toEqual([answer, true]);
      expect(await refusal(() => Resource.open(driver).close())).toBe('accepted');
    }
  });

  it('of Resource.open is refused where it is no driver', async () => {
    for (const driver of [undefined, null, 5, {}, { open: 5 }, MemDriver, { open: () => ({ coverage: [] }) }]) {
      const answer = await refusal(() => Resource.open(wrong(driver)));
      expect([answer, ARGUMENT.includes(answer)]).toEqual([answer, true]);
    }
  });

  it('of Resource.open is refused where it is a driver that serves another resource, open or closed, which is left alone', async () => {
    expect(await refusal(() => Resource.open(resource.driver))).toBe('INVALID_ARGUMENT');
    expectUnharmed();
    resource.close();
    expect(await refusal(() => Resource.open(resource.driver))).toBe('INVALID_ARGUMENT');
  });
});

describe('the registry of drivers', () => {
  it('attaches nothing that is no description, or is of an unknown kind', async () => {
    for (const description of [undefined, null, 5, {}, { kind: 5 }, { kind: 'example/unknown' }]) {
      expect([...ARGUMENT, 'UNSUPPORTED']).toContain(await refusal(() => attachDriver(wrong(description))));
    }
  });

  it('takes no kind that is no text, and nothing that is no function', async () => {
    const attach = (): never => {
      throw new Error('never attached');
    };
    for (const kind of [undefined, null, 5, {}]) {
      expect([kind, await refusal(() => registerAttachment(wrong(kind), attach))]).toEqual([kind, 'TypeError']);
    }
    for (const value of [undefined, null, 5, {}]) {
      expect([value, await refusal(() => registerAttachment('example/bad', wrong(value)))]).toEqual([
        value,
        'TypeError',
      ]);
    }
  });
});
