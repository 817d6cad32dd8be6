import { beforeEach, describe, expect, it } from '@jest/globals';
import { map, type Observable, of } from 'rxjs';

import { readChunks, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { bytes } from '../support/bytes.js';
import { marbles } from '../support/marbles.js';

let resource: Resource;
beforeEach(() => {
  resource = Resource.open(newDriver());
});

function write(from: number, end: number): void {
  resource.writeAt(from, bytes(end - from, from));
}

function complete(length: number): void {
  resource.writeAll(bytes(length));
}

describe('readChunks with project', () => {
  it('subscribes to the next inner observable when the one before has completed', () => {
    complete(6);
    marbles(({ cold, expectSubscriptions, expectLogged }) => {
      const inner = cold('-x-y|');
      const offsets: number[] = [];
      const project = (chunk: Uint8Array, offset: number): Observable<string> => {
        offsets.push(offset, chunk.length);
        return inner;
      };
      expectLogged(readChunks(resource, { chunkSize: 2, project })).toBe('-x-y-x-y-x-y|', '^-----------!');
      expectSubscriptions(inner.subscriptions).toBe(['^---!', '----^---!', '--------^---!']);
      cold('------------x').subscribe(() => expect(offsets).toEqual([0, 2, 2, 2, 4, 2]));
    });
  });

  it('is held up by an inner observable that never completes', () => {
    complete(6);
    marbles(({ cold, expectSubscriptions, expectLogged }) => {
      const inner = cold('x--');
      expectLogged(readChunks(resource, { chunkSize: 2, project: () => inner })).toBe('x--', '^');
      expectSubscriptions(inner.subscriptions).toBe('^');
    });
  });

  it('emits nothing of empty inner observables, and completes', () => {
    complete(6);
    marbles(({ cold, expectLogged, expectSubscriptions }) => {
      const inner = cold('--|');
      expectLogged(readChunks(resource, { chunkSize: 2, project: () => inner })).toBe('------|', '^-----!');
      expectSubscriptions(inner.subscriptions).toBe(['^-!', '--^-!', '----^-!']);
    });
  });

  it('ends with the error of an inner observable, or of project itself', () => {
    complete(6);
    marbles(({ cold, expectSubscriptions, expectLogged }) => {
      const inner = cold('-x#');
      expectLogged(readChunks(resource, { chunkSize: 2, project: () => inner })).toBe('-x#', '^-!');
      expectSubscriptions(inner.subscriptions).toBe('^-!');
      const broken = (): Observable<string> => {
        throw new Error('mine');
      };
      expectLogged(readChunks(resource, { project: broken })).toBe('#', '(^!)', undefined, new Error('mine'));
    });
  });

  it('unsubscribes the inner observable when unsubscribed early', () => {
    complete(6);
    marbles(({ cold, expectSubscriptions, expectLogged }) => {
      const inner = cold('---x|');
      expectLogged(readChunks(resource, { chunkSize: 2, project: () => inner }), '^-----!').toBe('---x---', '^-----!');
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
    marbles(({ cold, at, expectLogged }) => {
      at('-abc------d', {
        a: () => write(0, 2),
        b: () => write(2, 3),
        c: () => write(3, 5),
        d: () => resource.commit(),
      });
      const project = (chunk: Uint8Array): Observable<string> => cold('---x|').pipe(map(() => chunk.join()));
      expectLogged(readChunks(resource, { project })).toBe('----a---b-|', '^---------!', { a: '0,1', b: '2,3,4' });
    });
  });
});
