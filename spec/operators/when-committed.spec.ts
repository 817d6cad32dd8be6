import { beforeEach, describe, expect, it } from '@jest/globals';
import { catchError, type Observable, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { isStorageError, Resource, whenCommitted } from '../../lib/index.js';
import { newDriver } from '../drivers/new-driver.js';

let testScheduler: TestScheduler;
let abort: AbortController;
let resource: Resource;
beforeEach(() => {
  testScheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  abort = new AbortController();
  resource = Resource.open(newDriver(), { signal: abort.signal });
});

/** Runs the actions one a frame from frame 2 on, and expects `marbles` of `whenCommitted`. */
function expectLength(
  marbles: string,
  actions: (() => void)[],
  options: { subscription?: string; error?: unknown } = {},
): void {
  testScheduler.run(({ cold, expectObservable }) => {
    cold(`--${'x'.repeat(actions.length)}`).subscribe(() => actions.shift()?.());
    expectObservable(coded(whenCommitted(resource)), options.subscription).toBe(marbles, { l: 3, z: 0 }, options.error);
  });
}

function coded<T>(source: Observable<T>): Observable<T> {
  return source.pipe(catchError((error: unknown) => throwError(() => (isStorageError(error) ? error.code : error))));
}

describe('whenCommitted', () => {
  it('never: says nothing while the resource is active, whatever arrives', () => {
    expectLength('-', [() => resource.writeAt(0, new Uint8Array(3)), () => (resource.expectedLength = 3)]);
  });

  it('one: emits the final length once committed, and completes', () => {
    expectLength('--(l|)', [() => resource.writeAll(new Uint8Array(3))]);
  });

  it('emits the length of empty content, too', () => {
    expectLength('--(z|)', [() => resource.commit()]);
  });

  it('emits at once where it is committed already', () => {
    resource.writeAll(new Uint8Array(3));
    expectLength('(l|)', []);
  });

  it('many: emits once, however often it is reactivated and committed', () => {
    expectLength('--(l|)', [
      () => resource.writeAll(new Uint8Array(3)),
      () => resource.reactivate(),
      () => resource.writeAll(new Uint8Array(5)),
    ]);
  });

  it.each<[string, () => void, string]>([
    ['failed', () => resource.fail('x'), 'FAILED'],
    ['cancelled', () => abort.abort(), 'CANCELLED'],
    ['closed', () => resource.close(), 'CLOSED'],
  ])('error: %s, at once or later', (_, act, code) => {
    expectLength('--#', [act], { error: code });
    testScheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    expectLength('#', [], { error: code });
  });

  it('early unsubscribe: says nothing, and changes nothing', () => {
    expectLength('', [() => undefined, () => undefined, () => resource.writeAll(new Uint8Array(3))], {
      subscription: '^--!',
    });
    expect(resource.length).toBe(3);
  });

  it('late subscription: each has its own', () => {
    expectLength(
      '----(l|)',
      [() => resource.fail('x'), () => resource.reactivate(), () => resource.writeAll(new Uint8Array(3))],
      {
        subscription: '---^',
      },
    );
  });
});
