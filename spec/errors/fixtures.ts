import { expect } from '@jest/globals';
import { isObservable } from 'rxjs';

import { isStorageError, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { sameBytes } from '../support/bytes.js';
import { demandsOf } from '../support/demands-of.js';

/** What TypeScript would reject. */
export function wrong(value: unknown): never {
  return value as never;
}

/**
 * The code of a `StorageError`, or the name of another error, that `action` throws, emits or
 * rejects with.
 */
export async function refusal(action: () => unknown): Promise<string> {
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

export function detached(): Uint8Array {
  const array = new Uint8Array(4);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

export const notNumbers: unknown[] = ['1', null, 1n, {}, [], true, new Date(0)];
export const notOffsets: unknown[] = [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 53, Number.MAX_VALUE, ...notNumbers];
export const notBytes: unknown[] = [
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
export const notRanges: unknown[] = [
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

/** What misuse may answer. */
export const RANGE = ['INVALID_RANGE', 'TypeError'];
export const ARGUMENT = ['INVALID_ARGUMENT', 'TypeError'];

export const content = Uint8Array.from({ length: 20 }, (_, index) => index + 1);

/**
 * A resource in the middle of its work, and the proof that nothing was written, nothing lost, and
 * that it can be gone on with.
 */
export interface InUse {
  readonly resource: Resource;
  readonly expectUnharmed: () => void;
}

/** Holds [0, 4) and [8, 12) of {@link content}, while somebody waits for [4, 8). */
export function inUse(driver = newDriver()): InUse {
  const resource = Resource.open(driver, { expectedLength: 20, identity: '"v1"' });
  resource.writeAt(0, content.subarray(0, 4));
  resource.writeAt(8, content.subarray(8, 12));
  const emitted: unknown[] = [];
  const note = (value: unknown): unknown => emitted.push(value);
  resource.waitRange({ start: 4, end: 8 }).subscribe({ next: note, error: note });
  resource.writes$.subscribe(note);
  const before = stateOf(resource);
  const expectUnharmed = (): void => {
    expect(stateOf(resource)).toEqual(before);
    expect(emitted).toEqual([]);
    resource.writeAt(4, content.subarray(4, 8));
    expect(emitted).toEqual(['ready', { start: 4, end: 8 }]);
    resource.writeAt(12, content.subarray(12));
    resource.commit();
    expect(sameBytes(resource.readAll(), content)).toBe(true);
  };
  return { resource, expectUnharmed };
}

/** Everything that can be seen of a resource, none of it by a call that may throw. */
function stateOf(resource: Resource): unknown {
  const { status, coverage, identity } = resource;
  const bytes = new Uint8Array(30);
  if (status.state !== 'closed') [0, 8].forEach((at) => resource.readAt(at, bytes.subarray(at)));
  return { status, coverage: coverage.toArray(), identity, demands: demandsOf(resource), bytes: [...bytes] };
}
