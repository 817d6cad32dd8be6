import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isObservable, of } from 'rxjs';

import {
  attachDriver,
  attachReader,
  type ByteRange,
  isStorageError,
  MemDriver,
  type MemResource,
  ownerGone,
  progress,
  readChunks,
  type ReaderHandle,
  registerAttachment,
  Resource,
  type ResourceOptions,
  whenCommitted,
  writeTo,
} from '../../lib/index.js';

/** What TypeScript would reject. */
function wrong<T>(value: unknown): T {
  return value as T;
}

/** The code of a `StorageError`, or the name of another error, that `action` throws, emits or rejects with. */
async function refusal(action: () => unknown): Promise<string> {
  try {
    const answer: unknown = action();
    if (isObservable(answer)) {
      await new Promise((resolve, reject) => {
        answer.subscribe({ next: resolve, error: reject, complete: () => resolve(undefined) });
      });
    } else {
      await answer;
    }
    return 'accepted';
  } catch (error) {
    if (isStorageError(error)) return error.code;
    return (error as Error).name;
  }
}

function detached(): Uint8Array {
  const array = new Uint8Array(4);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

const content = Uint8Array.from({ length: 20 }, (_, index) => index + 1);

let resource: MemResource;
let pending: unknown[];
/** Everything that can be seen of it. */
let before: unknown;

function look(): unknown {
  const bytes = new Uint8Array(30);
  const counts = [resource.readAt(0, bytes.subarray(0, 8)), resource.readAt(8, bytes.subarray(8))];
  const demands: unknown[] = [];
  resource.demand$.subscribe((demand) => demands.push(...demand)).unsubscribe();
  return {
    status: resource.status,
    coverage: resource.coverage.toArray(),
    identity: resource.identity,
    bytes: [...bytes],
    counts,
    demands,
    pending: [...pending],
  };
}

beforeEach(() => {
  resource = Resource.open(new MemDriver({ capacity: 2 ** 20 }), { expectedLength: 20, identity: '"v1"' });
  resource.writeAt(0, content.subarray(0, 4));
  resource.writeAt(8, content.subarray(8, 12));
  pending = [];
  const note = (value: unknown): unknown => pending.push(value);
  resource.waitRange({ start: 4, end: 8 }).subscribe({ next: note, error: note });
  resource.writes$.subscribe(note);
  before = look();
});

afterEach(() => {
  resource.close();
});

/** Nothing was written, nothing was lost, and it can be gone on with to the end. */
function expectUnharmed(): void {
  expect(look()).toEqual(before);
  resource.writeAt(4, content.subarray(4, 8));
  expect(pending).toEqual(['ready', { start: 4, end: 8 }]);
  resource.writeAt(12, content.subarray(12));
  resource.commit();
  expect(Buffer.compare(resource.readAll(), content)).toBe(0);
}

const notNumbers: unknown[] = ['1', null, 1n, {}, [], true, new Date(0)];
const notOffsets: unknown[] = [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 53, Number.MAX_VALUE, ...notNumbers];
const notBytes: unknown[] = [
  undefined,
  null,
  5,
  'bytes',
  [1, 2, 3],
  {},
  { length: 3 },
  new ArrayBuffer(3),
  new SharedArrayBuffer(3),
  new DataView(new ArrayBuffer(3)),
  new Uint16Array(3),
  new Int8Array(3),
  new Uint8ClampedArray(3),
];
const notRanges: unknown[] = [
  { start: 5, end: 4 },
  ...notOffsets.map((start) => ({ start, end: 20 })),
  ...notOffsets.map((end) => ({ start: 0, end })),
  {},
  { start: 0 },
  { end: 5 },
  [0, 5],
  5,
  'range',
  null,
  undefined,
];

/** A call with one bad argument after the other, and what it may answer. */
type Row = [name: string, call: (bad: never) => unknown, bad: unknown[], codes: string[]];

const RANGE = ['INVALID_RANGE', 'TypeError'];
const ARGUMENT = ['INVALID_ARGUMENT', 'TypeError'];

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
  [
    'writeAt, past the capacity',
    (offset: number) => resource.writeAt(offset, content),
    [2 ** 20, 2 ** 33, 2 ** 53 - 100],
    ['CAPACITY'],
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
  ['readChunks, view', (view: MemResource) => readChunks(view), [undefined, null, 5, {}], ARGUMENT],
  [
    'progress, every',
    (every: number) => progress(resource, { every }),
    [0, -1, NaN, Infinity, ...notNumbers],
    ARGUMENT,
  ],
  ['progress, options', (options: object) => progress(resource, options), [null], ARGUMENT],
  ['progress, view', (view: MemResource) => progress(view), [undefined, null, 5, {}], ARGUMENT],
  ['whenCommitted, view', (view: MemResource) => whenCommitted(view), [undefined, null, 5, {}], ARGUMENT],
  [
    'writeTo, offset',
    (offset: number) => of(new Uint8Array(2)).pipe(writeTo(resource, { offset, onError: 'leave' })),
    notOffsets,
    RANGE,
  ],
  ['writeTo, options', (options: object) => of(new Uint8Array(2)).pipe(writeTo(resource, options)), [null], ARGUMENT],
  [
    'writeTo, resource',
    (target: MemResource) => of(new Uint8Array(2)).pipe(writeTo(target)),
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

describe('bad arguments of a resource in use', () => {
  it.each(rows)('%s', async (_name, call, bad, codes) => {
    for (const argument of bad) {
      const answer = await refusal(() => call(wrong(argument)));
      expect({ argument, answer: codes.includes(answer) ? codes : answer }).toEqual({ argument, answer: codes });
    }
    expectUnharmed();
  });

  it('arrays without bytes do nothing', () => {
    const empty = new Uint8Array(0);
    resource.writeAt(0, empty);
    resource.writeAt(2 ** 53 - 1, empty);
    expect([resource.readAt(0, empty), resource.readAt(2 ** 53 - 1, empty)]).toEqual([0, 0]);
    expectUnharmed();
  });

  it('arrays of other realms, and of shared memory, are fine', () => {
    resource.writeAt(4, Buffer.from(content.subarray(4, 6)));
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    shared.set(content.subarray(6, 8));
    resource.writeAt(6, shared);
    const target = new Uint8Array(new SharedArrayBuffer(8));
    expect(resource.readAt(0, target)).toBe(8);
    expect([...target]).toEqual([...content.subarray(0, 8)]);
  });

  it('ranges may be larger than anything there is', () => {
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

describe('bad arguments at opening', () => {
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
  ])('of MemDriver: %s', async (_name, options, codes) => {
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
  ])('of Resource.open: %s; the driver can still be opened', async (_name, options) => {
    for (const option of options) {
      const driver = new MemDriver();
      const answer = await refusal(() => Resource.open(driver, wrong<ResourceOptions>(option)));
      expect([answer, ['INVALID_ARGUMENT', 'INVALID_RANGE', 'TypeError'].includes(answer)]).toEqual([answer, true]);
      expect(await refusal(() => Resource.open(driver).close())).toBe('accepted');
    }
  });

  it('of Resource.open: what is no driver', async () => {
    for (const driver of [undefined, null, 5, {}, { open: 5 }, MemDriver, { open: () => ({ coverage: [] }) }]) {
      const answer = await refusal(() => Resource.open(wrong<MemDriver>(driver)));
      expect([answer, ARGUMENT.includes(answer)]).toEqual([answer, true]);
    }
  });

  it('of Resource.open: a driver that serves another resource, open or closed; the other is left alone', async () => {
    expect(await refusal(() => Resource.open(resource.driver))).toBe('INVALID_ARGUMENT');
    expectUnharmed();
    resource.close();
    expect(await refusal(() => Resource.open(resource.driver))).toBe('INVALID_ARGUMENT');
  });
});

describe('bad handles', () => {
  const bad: [string, (handle: ReaderHandle) => unknown][] = [
    ['undefined', () => undefined],
    ['null', () => null],
    ['a number', () => 5],
    ['a string', () => 'handle'],
    ['an empty object', () => ({})],
    ['a port', () => resource.createPort()],
    ['a resource', () => resource],
    ['of another version', (handle) => ({ ...handle, tidemark: 99 })],
    ['without control block', (handle) => ({ ...handle, control: undefined })],
    ['with memory that is not shared', (handle) => ({ ...handle, control: new ArrayBuffer(65_536) })],
    ['with memory of something else', (handle) => ({ ...handle, control: new SharedArrayBuffer(65_536) })],
    ['with hardly any memory', (handle) => ({ ...handle, control: new SharedArrayBuffer(4) })],
    ['with no memory', (handle) => ({ ...handle, control: new SharedArrayBuffer(0) })],
  ];
  const badReader: [string, (handle: ReaderHandle) => unknown][] = [
    ['without cell', (handle) => ({ ...handle, cell: undefined })],
    ['with a damaged cell', (handle) => ({ ...handle, cell: new SharedArrayBuffer(4) })],
    ['without driver', (handle) => ({ ...handle, driver: undefined })],
    ['with a driver nobody knows', (handle) => ({ ...handle, driver: { kind: 'example/unknown', data: 1 } })],
  ];
  const typed = [...ARGUMENT, 'UNSUPPORTED'];

  it.each([...bad, ...badReader])('attachReader: %s; the good one can still be attached', async (_, spoil) => {
    const { handle } = resource.createPort();
    const answer = await refusal(() => attachReader(wrong(spoil(handle))));
    expect([answer, typed.includes(answer)]).toEqual([answer, true]);
    const reader = attachReader(handle);
    expect(reader.has({ start: 0, end: 4 })).toBe(true);
    reader.close();
    expectUnharmed();
  });

  it.each(bad)('ownerGone: %s; readers are left alone', async (_, spoil) => {
    const { handle } = resource.createPort();
    const answer = await refusal(() => ownerGone(wrong(spoil(handle))));
    expect([answer, ARGUMENT.includes(answer)]).toEqual([answer, true]);
    const reader = attachReader(handle);
    expect(reader.status.state).toBe('active');
    reader.close();
    expectUnharmed();
  });

  it('a handle can be attached once', async () => {
    const { handle } = resource.createPort();
    const reader = attachReader(handle);
    expect(await refusal(() => attachReader(handle))).toBe('INVALID_ARGUMENT');
    expect(await refusal(() => attachReader(structuredClone(handle)))).toBe('INVALID_ARGUMENT');
    expect(reader.coveredBytes).toBe(8);
    reader.close();
  });

  it('the handle of a closed port is CLOSED', async () => {
    const port = resource.createPort();
    port.close();
    port.close();
    port.interrupt(5);
    expect(await refusal(() => attachReader(port.handle))).toBe('CLOSED');
    expectUnharmed();
  });

  it('a reader closed twice is closed, and its calls throw CLOSED', async () => {
    const reader = attachReader(resource.createPort().handle);
    reader.close();
    reader.close();
    reader[Symbol.dispose]();
    for (const call of [
      () => reader.has({ start: 0, end: 1 }),
      () => reader.nextGap(0),
      () => reader.readAt(0, new Uint8Array(1)),
      () => reader.waitRange({ start: 0, end: 1 }),
      () => reader.read({ start: 0, end: 1 }),
    ]) {
      expect(await refusal(call)).toBe('CLOSED');
    }
    expect(reader.status.state).toBe('closed');
    expectUnharmed();
  });

  it('a reader checks what it is asked', async () => {
    const reader = attachReader(resource.createPort().handle);
    for (const range of notRanges) {
      for (const call of [
        () => reader.has(wrong(range)),
        () => reader.waitRange(wrong(range)),
        () => reader.read(wrong(range)),
      ]) {
        expect(RANGE).toContain(await refusal(call));
      }
    }
    for (const offset of notOffsets)
      expect(RANGE).toContain(await refusal(() => reader.readAt(wrong(offset), new Uint8Array(1))));
    for (const target of notBytes) expect(await refusal(() => reader.readAt(0, wrong(target)))).toBe('TypeError');
    reader.close();
    expectUnharmed();
  });
});

describe('bad arguments of the registry of drivers', () => {
  it('attachDriver: what is no description, or of an unknown kind', async () => {
    for (const description of [undefined, null, 5, {}, { kind: 5 }, { kind: 'example/unknown' }]) {
      expect([...ARGUMENT, 'UNSUPPORTED']).toContain(await refusal(() => attachDriver(wrong(description))));
    }
  });

  it('registerAttachment: a kind that is no text, and what is no function', async () => {
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

describe('use after the end', () => {
  const calls: [string, (ended: MemResource) => unknown][] = [
    ['has', (ended) => ended.has({ start: 0, end: 1 })],
    ['nextGap', (ended) => ended.nextGap(0)],
    ['waitRange', (ended) => ended.waitRange({ start: 0, end: 1 })],
    ['read', (ended) => ended.read({ start: 0, end: 1 })],
    ['readAt', (ended) => ended.readAt(0, new Uint8Array(1))],
    ['readAll', (ended) => ended.readAll()],
    ['view', (ended) => ended.view({ start: 0, end: 1 })],
    ['writeAt', (ended) => ended.writeAt(0, new Uint8Array(1))],
    ['writeAll', (ended) => ended.writeAll(new Uint8Array(1))],
    ['commit', (ended) => ended.commit()],
    ['reactivate', (ended) => ended.reactivate()],
    ['createPort', (ended) => ended.createPort()],
    ['checkpoint', (ended) => ended.checkpoint()],
    ['expectedLength', (ended) => (ended.expectedLength = 5)],
    ['identity', (ended) => (ended.identity = 'v2')],
    ['readChunks', (ended) => readChunks(ended)],
    ['whenCommitted', (ended) => whenCommitted(ended)],
    ['writeTo', (ended) => of(new Uint8Array(1)).pipe(writeTo(ended))],
  ];

  it.each(calls)('%s of a closed resource is CLOSED, of a cancelled one CANCELLED', async (_, call) => {
    const abort = new AbortController();
    const ended = Resource.open(new MemDriver(), { signal: abort.signal });
    ended.writeAt(0, content);
    abort.abort();
    expect(await refusal(() => call(ended))).toBe('CANCELLED');
    ended.close();
    expect(await refusal(() => call(ended))).toBe('CLOSED');
    const complete = Resource.open(new MemDriver({ initialData: content }));
    complete.close();
    expect(await refusal(() => call(complete))).toBe('CLOSED');
  });

  it('what tells and what ends does not throw: fail, interrupt, close, discard, status, coverage', () => {
    const { coverage } = resource;
    resource.waitRange({ start: 4, end: 8 }).subscribe({ error: () => undefined });
    const ended = Resource.open(new MemDriver());
    ended.writeAt(0, content);
    ended.close();
    ended.fail('late');
    ended.interrupt();
    ended.discard();
    ended.close();
    expect([ended.status, ended.length, ended.coveredBytes, ended.coverage.rangeCount]).toEqual([
      { state: 'closed' },
      undefined,
      20,
      1,
    ]);
    expect(coverage.toArray()).toHaveLength(2);
  });
});
