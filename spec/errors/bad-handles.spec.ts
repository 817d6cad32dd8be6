import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { attachReader, ownerGone, type ReaderHandle, type Resource } from '../../lib/index.js';
import { ARGUMENT, inUse, notBytes, notOffsets, notRanges, RANGE, refusal, wrong } from './fixtures.js';

let resource: Resource;
let expectUnharmed: () => void;
beforeEach(() => {
  ({ resource, expectUnharmed } = inUse());
});
afterEach(() => {
  resource.close();
});

describe('a bad handle', () => {
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

  it.each([...bad, ...badReader])(
    'is refused by attachReader, and the good one can still be attached: %s',
    async (_, spoil) => {
      const { handle } = resource.createPort();
      const answer = await refusal(() => attachReader(wrong(spoil(handle))));
      expect([answer, typed.includes(answer)]).toEqual([answer, true]);
      const reader = attachReader(handle);
      expect(reader.has({ start: 0, end: 4 })).toBe(true);
      reader.close();
      expectUnharmed();
    },
  );

  it.each(bad)('is refused by ownerGone, which leaves readers alone: %s', async (_, spoil) => {
    const { handle } = resource.createPort();
    const answer = await refusal(() => ownerGone(wrong(spoil(handle))));
    expect([answer, ARGUMENT.includes(answer)]).toEqual([answer, true]);
    const reader = attachReader(handle);
    expect(reader.status.state).toBe('active');
    reader.close();
    expectUnharmed();
  });

  it('is one that was attached before', async () => {
    const { handle } = resource.createPort();
    const reader = attachReader(handle);
    expect(await refusal(() => attachReader(handle))).toBe('INVALID_ARGUMENT');
    expect(await refusal(() => attachReader(structuredClone(handle)))).toBe('INVALID_ARGUMENT');
    expect(reader.coveredBytes).toBe(8);
    reader.close();
  });

  it('is CLOSED where it is of a closed port', async () => {
    const port = resource.createPort();
    port.close();
    port.close();
    port.interrupt(5);
    expect(await refusal(() => attachReader(port.handle))).toBe('CLOSED');
    expectUnharmed();
  });
});

describe('a reader', () => {
  it('that was closed twice is closed, and its calls throw CLOSED', async () => {
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

  it('checks what it is asked', async () => {
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
