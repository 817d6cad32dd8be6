import { beforeEach, describe, expect, it } from '@jest/globals';

import { Resource, whenCommitted } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { coded, marbles } from '../support/marbles.js';

let abort: AbortController;
let resource: Resource;
beforeEach(() => {
  abort = new AbortController();
  resource = Resource.open(newDriver(), { signal: abort.signal });
});

/**
 * Runs the actions one a frame from frame 2 on, and expects of `whenCommitted` what it emits, and
 * from when to when it subscribes to `status$`.
 */
function expectLength(
  expected: string,
  subscriptions: string,
  actions: (() => void)[],
  options: { subscription?: string; error?: unknown } = {},
): void {
  marbles(({ cold, expectObservable, expectSubscriptions, loggedView }) => {
    cold(`--${'x'.repeat(actions.length)}`).subscribe(() => actions.shift()?.());
    const { view, status, coverage, waits } = loggedView(resource);
    const committed$ = coded(whenCommitted(view));
    expectObservable(committed$, options.subscription).toBe(expected, { l: 3, z: 0 }, options.error);
    expectSubscriptions(status).toBe(subscriptions);
    expectSubscriptions([...coverage, ...waits]).toBe([]);
  });
}

describe('whenCommitted', () => {
  it('emits nothing while the resource is active, whatever arrives', () => {
    expectLength('-', '^', [() => resource.writeAt(0, new Uint8Array(3)), () => (resource.expectedLength = 3)]);
  });

  it('emits the final length once committed, and completes', () => {
    expectLength('--(l|)', '^-!', [() => resource.writeAll(new Uint8Array(3))]);
  });

  it('emits the length of empty content, too', () => {
    expectLength('--(z|)', '^-!', [() => resource.commit()]);
  });

  it('emits at once where it is committed already', () => {
    resource.writeAll(new Uint8Array(3));
    expectLength('(l|)', '(^!)', []);
  });

  it('emits once, however often it is reactivated and committed', () => {
    expectLength('--(l|)', '^-!', [
      () => resource.writeAll(new Uint8Array(3)),
      () => resource.reactivate(),
      () => resource.writeAll(new Uint8Array(5)),
    ]);
  });

  it.each<[string, () => void, string]>([
    ['failed', () => resource.fail('x'), 'FAILED'],
    ['cancelled', () => abort.abort(), 'CANCELLED'],
    ['closed', () => resource.close(), 'CLOSED'],
  ])('errors, at once or later, over a %s resource', (_, act, code) => {
    expectLength('--#', '^-!', [act], { error: code });
    expectLength('#', '(^!)', [], { error: code });
  });

  it('emits nothing when unsubscribed early, and changes nothing', () => {
    expectLength('', '^--!', [() => undefined, () => undefined, () => resource.writeAll(new Uint8Array(3))], {
      subscription: '^--!',
    });
    expect(resource.length).toBe(3);
  });

  it('begins anew for each subscription, a late one too', () => {
    expectLength(
      '----(l|)',
      '---^!',
      [() => resource.fail('x'), () => resource.reactivate(), () => resource.writeAll(new Uint8Array(3))],
      {
        subscription: '---^',
      },
    );
  });
});
