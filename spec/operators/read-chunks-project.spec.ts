import { beforeEach, describe, expect, it } from '@jest/globals';
import { map, type Observable, of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { readChunks, Resource } from '../../lib/index.js';
import { newDriver } from '../drivers/new-driver.js';

let testScheduler: TestScheduler;
let resource: Resource;
beforeEach(() => {
  testScheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  resource = Resource.open(newDriver());
});

/** `length` bytes, each telling its offset. */
function bytes(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => from + index);
}

function write(from: number, end: number): void {
  resource.writeAt(from, bytes(from, end - from));
}

function complete(length: number): void {
  resource.writeAll(bytes(0, length));
}

/** Runs the actions in the frames of their letters, in the order of the alphabet. */
function at(cold: (marbles: string) => Observable<string>, marbles: string, actions: Record<string, () => void>): void {
  cold(marbles).subscribe((letter) => actions[letter]?.());
}

describe('readChunks with project', () => {
  it('subscribes to the next inner observable when the one before has completed', () => {
    complete(6);
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const inner = cold('-x-y|');
      const offsets: number[] = [];
      const project = (chunk: Uint8Array, offset: number): Observable<string> => {
        offsets.push(offset, chunk.length);
        return inner;
      };
      expectObservable(readChunks(resource, { chunkSize: 2, project })).toBe('-x-y-x-y-x-y|');
      expectSubscriptions(inner.subscriptions).toBe(['^---!', '----^---!', '--------^---!']);
      cold('------------x').subscribe(() => expect(offsets).toEqual([0, 2, 2, 2, 4, 2]));
    });
  });

  it('never: an inner observable that does not complete holds everything up', () => {
    complete(6);
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const inner = cold('x--');
      expectObservable(readChunks(resource, { chunkSize: 2, project: () => inner })).toBe('x--');
      expectSubscriptions(inner.subscriptions).toBe('^');
    });
  });

  it('empty inner observables emit nothing, and it completes', () => {
    complete(6);
    testScheduler.run(({ cold, expectObservable }) => {
      expectObservable(readChunks(resource, { chunkSize: 2, project: () => cold('--|') })).toBe('------|');
    });
  });

  it('error of an inner observable, or of project itself, ends it', () => {
    complete(6);
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const inner = cold('-x#');
      expectObservable(readChunks(resource, { chunkSize: 2, project: () => inner })).toBe('-x#');
      expectSubscriptions(inner.subscriptions).toBe('^-!');
      const broken = (): Observable<string> => {
        throw new Error('mine');
      };
      expectObservable(readChunks(resource, { project: broken })).toBe('#', undefined, new Error('mine'));
    });
  });

  it('early unsubscribe reaches the inner observable', () => {
    complete(6);
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const inner = cold('---x|');
      expectObservable(readChunks(resource, { chunkSize: 2, project: () => inner }), '^-----!').toBe('---x---');
      expectSubscriptions(inner.subscriptions).toBe(['^---!', '----^-!']);
    });
  });

  it('takes promises, arrays and iterables', async () => {
    complete(4);
    const values: unknown[] = [];
    const inputs = [
      Promise.resolve('promise'),
      ['array', 'of', 'values'],
      new Set(['set'])[Symbol.iterator](),
      of('observable'),
    ];
    await new Promise<void>((resolve, reject) => {
      readChunks(resource, {
        chunkSize: 1,
        project: (_: Uint8Array, offset: number) => inputs[offset] ?? [],
      }).subscribe({
        next: (value) => values.push(value),
        error: reject,
        complete: resolve,
      });
    });
    expect(values).toEqual(['promise', 'array', 'of', 'values', 'set', 'observable']);
  });

  it('waits for bytes between chunks, and reads what has arrived while an inner observable ran', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      at(cold, '-abc------d', {
        a: () => write(0, 2),
        b: () => write(2, 3),
        c: () => write(3, 5),
        d: () => resource.commit(),
      });
      const project = (chunk: Uint8Array): Observable<string> => cold('---x|').pipe(map(() => chunk.join()));
      expectObservable(readChunks(resource, { project })).toBe('----a---b-|', { a: '0,1', b: '2,3,4' });
    });
  });
});
