import { afterEach, describe, expect, it } from '@jest/globals';

import { attachReader, type ReaderHandle } from '../../lib/index.js';
import { openSync } from '../../lib/sync.js';
import { closeAll, committed, open, patchy } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { codeOf, errorOf } from '../support/code-of.js';

afterEach(closeAll);

const readers = { openSync, attachReader } as const;

/**
 * What is read at the front, at the end of ten bytes and behind it: how many, and the first of
 * them.
 */
function look(view: { readAt(offset: number, target: Uint8Array): number }): number[][] {
  return [0, 8, 12].map((at) => {
    const target = new Uint8Array(4).fill(0xff);
    return [view.readAt(at, target), target[0] ?? NaN];
  });
}

const TEN = [
  [4, 0],
  [2, 8],
  [0, 0xff],
];

// Committed content is read without a look at coverage and state, until something says that it may
// have changed.
describe('committed content that was read before', () => {
  const views = (handle: () => ReaderHandle, resource: ReturnType<typeof open>) => [
    ['owner', resource] as const,
    ...Object.entries(readers).map(([name, attach]) => [name, attach(handle())] as const),
  ];

  it('is read as it is once it was replaced, by more or by less', () => {
    const resource = committed(10);
    const all = views(() => resource.createPort().handle, resource);
    for (const [name, view] of all) expect([name, look(view)]).toEqual([name, TEN]);
    resource.reactivate();
    for (const [name, view] of all) expect([name, look(view)]).toEqual([name, TEN]);
    resource.writeAll(bytes(3, 100));
    const short = [
      [3, 100],
      [0, 0xff],
      [0, 0xff],
    ];
    for (const [name, view] of all) expect([name, look(view)]).toEqual([name, short]);
    resource.reactivate();
    resource.writeAt(5, bytes(10, 105));
    const patched = [
      [3, 100],
      [4, 108],
      [3, 112],
    ];
    for (const [name, view] of all) expect([name, look(view)]).toEqual([name, patched]);
  });

  it('is refused once its resource was reactivated and cancelled', () => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    resource.writeAll(bytes(10));
    const all = views(() => resource.createPort().handle, resource);
    for (const [name, view] of all) expect([name, look(view)]).toEqual([name, TEN]);
    resource.reactivate();
    abort.abort();
    for (const [name, view] of all) expect([name, codeOf(() => look(view))]).toEqual([name, 'CANCELLED']);
  });

  it('is refused by what is closed itself, and read on by readers whose owner has closed', () => {
    const resource = committed(10);
    const ports = Object.values(readers).map((attach) => {
      const port = resource.createPort();
      return { port, reader: attach(port.handle) };
    });
    for (const { reader } of ports) look(reader);
    look(resource);
    resource.close();
    expect(codeOf(() => look(resource))).toBe('CLOSED');
    for (const { reader } of ports) expect(look(reader)).toEqual(TEN);
    for (const { port } of ports) port.close();
    for (const { reader } of ports) expect(codeOf(() => look(reader))).toBe('CLOSED');
  });
});

describe('SyncReader.read of what is there', () => {
  it('ends at the expected length, whatever is there behind it', () => {
    const resource = patchy({ expectedLength: 10 });
    const reader = openSync(resource.createPort().handle);
    const target = new Uint8Array(8).fill(0xff);
    expect([reader.read(target, { at: 8 }), [...target]]).toEqual([2, [8, 9, 255, 255, 255, 255, 255, 255]]);
    expect(reader.read(target, { at: 10 })).toBe(0);
    expect([reader.read(target, { min: 3 }), reader.position]).toEqual([4, 4]);
    resource.expectedLength = 11;
    expect(reader.read(target, { at: 8 })).toBe(3);
  });

  it('gives bytes in spite of an interrupt, and refuses a timeout that is none in spite of bytes', () => {
    const resource = patchy();
    const port = resource.createPort();
    const reader = openSync(port.handle);
    port.interrupt(7);
    expect(reader.read(new Uint8Array(4))).toBe(4);
    expect(codeOf(() => reader.read(new Uint8Array(4), { timeout: 0 }))).toBe('INTERRUPTED');
    expect(reader.takeInterrupt()).toEqual({ token: 7 });
    expect(codeOf(() => reader.read(new Uint8Array(4), { at: 0, timeout: -1 }))).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => reader.read(new Uint8Array(4), { timeout: 0 }))).toBe('TIMEOUT');
    expect(reader.position).toBe(4);
  });

  it('leaves the target alone where it throws, and says for what it waited', () => {
    const resource = patchy();
    const reader = openSync(resource.createPort().handle);
    const target = new Uint8Array(8);
    target.fill(0xee);
    expect(codeOf(() => reader.read(target, { timeout: 0 }))).toBe('TIMEOUT');
    resource.close();
    const error = errorOf(() => reader.read(target));
    expect([error.code, error.range]).toEqual(['CLOSED', { start: 0, end: 8 }]);
    expect(error.message).toContain('Waited for [0, 8)');
    expect(target.every((byte) => byte === 0xee)).toBe(true);
    expect(codeOf(() => reader.read(target, { min: 0 }))).toBe('CLOSED');
  });
});
