import { afterEach, describe, expect, it } from '@jest/globals';
import type { Observable, Subscription } from 'rxjs';

import type { Resource } from '../../lib/index.js';
import { closeAll, expectNoNesting, open, ranges, trace, turn, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { range } from '../support/range.js';

afterEach(closeAll);

describe('where notifications queue,', () => {
  it('a subscriber is never called while its own callback is running', async () => {
    const resource = open();
    const log: string[] = [];
    let written = 0;
    const writeMore = (): void => {
      if (written < 20) resource.writeAt((written += 2), bytes(1));
    };
    trace(log, 'writes$', resource.writes$, writeMore);
    resource.writeAt(0, bytes(1));
    await turn();
    expect(log.filter((entry) => entry === 'writes$(')).toHaveLength(11);
    expectNoNesting(log);
  });

  it('a callback of one channel is not entered inside a callback of another', async () => {
    const resource = open();
    const log: string[] = [];
    trace(log, 'wait', resource.waitRange(range(4, 8)), () => resource.commit());
    await turn();
    trace(log, 'writes$', resource.writes$, () => {
      if (resource.status.state === 'active') resource.writeAt(4, bytes(4));
    });
    resource.status$.subscribe({ next: () => log.push('status$(', ')status$') });
    resource.writeAt(0, bytes(4));
    await turn();
    expectNoNesting(log);
    expect(log.filter((entry) => entry.endsWith('('))).toEqual([
      'status$(',
      'writes$(',
      'wait(',
      'writes$(',
      'status$(',
    ]);
  });

  it('states are told in the order in which they came, to everybody, whoever made them', () => {
    const resource = open();
    const first: string[] = [];
    const last: string[] = [];
    resource.status$.subscribe(({ state }) => first.push(state));
    resource.status$.subscribe(({ state }) => {
      if (state === 'failed') resource.reactivate();
      if (state === 'committed') resource.close();
    });
    resource.status$.subscribe(({ state }) => last.push(state));
    resource.fail('x');
    resource.commit(0);
    const expected = ['active', 'failed', 'active', 'committed', 'closed'];
    expect([first, last]).toEqual([expected, expected]);
  });

  it('a subscriber that comes within a callback gets the newest state, and no older one after it', () => {
    const resource = open();
    const all: string[] = [];
    const late: string[] = [];
    const join = (): Subscription => resource.status$.subscribe(({ state }) => late.push(state));
    resource.status$.subscribe(({ state }) => {
      all.push(state);
      if (state !== 'failed' || all.length > 2) return;
      resource.reactivate();
      resource.commit(0);
      join();
      expect(late).toEqual(['committed']);
    });
    resource.fail('x');
    expect([all, late]).toEqual([['active', 'failed', 'active', 'committed'], ['committed']]);
    resource.reactivate();
    expect(late).toEqual(['committed', 'active']);
  });

  it('waits that are pending when their resource is closed by the callback of another get the answer that they had', () => {
    const resource = open();
    resource.waitRange(range(0, 4)).subscribe(() => resource.close());
    const sibling = wait(resource, 0, 4);
    const elsewhere = wait(resource, 2, 6);
    resource.writeAt(0, bytes(4));
    expect([sibling, elsewhere]).toEqual([['ready', 'complete'], ['CLOSED']]);
  });

  it('a wait made in a callback for what is there is answered at once', () => {
    const resource = open();
    const log: unknown[] = [];
    resource.waitRange(range(0, 4)).subscribe(() => log.push(...wait(resource, 0, 4)));
    resource.writeAt(0, bytes(4));
    expect(log).toEqual(['ready', 'complete']);
  });

  it('a callback that throws harms nobody else, and not the writer', async () => {
    const resource = open();
    const thrown: unknown[] = [];
    // RxJS throws it again in a task of its own, where jest would take it for ours.
    const { config } = await import('rxjs');
    config.onUnhandledError = (error) => thrown.push(error);
    try {
      resource.waitRange(range(0, 4)).subscribe(() => {
        throw new Error('mine');
      });
      const other = wait(resource, 0, 4);
      expect(() => resource.writeAt(0, bytes(4))).not.toThrow();
      expect(other).toEqual(['ready', 'complete']);
      resource.writeAt(4, bytes(4));
      expect(ranges(resource)).toEqual([range(0, 8)]);
      await turn();
      expect(thrown).toMatchObject([{ message: 'mine' }]);
    } finally {
      config.onUnhandledError = null;
    }
  });

  it('a commit that a callback of the last write beats is no error: the same length again', () => {
    const resource = open({ expectedLength: 4 });
    resource.waitRange(range(0, 4)).subscribe(() => resource.commit());
    resource.writeAt(0, bytes(4));
    expect(() => resource.commit()).not.toThrow();
  });

  it('an abort inside a callback of a write cancels at once, and the write returns', () => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    const elsewhere = wait(resource, 8, 9);
    resource.waitRange(range(0, 4)).subscribe(() => {
      abort.abort();
      expect(resource.status.state).toBe('cancelled');
    });
    resource.writeAt(0, bytes(4));
    expect(elsewhere).toEqual(['CANCELLED']);
  });
});

/** What goes out at subscription is a notification in progress, too. */
describe('where a subscriber is told at its subscription,', () => {
  it.each<[string, (resource: Resource) => Observable<unknown>]>([
    ['status$', (resource) => resource.status$],
    ['coverage$', (resource) => resource.coverage$],
    ['demand$', (resource) => resource.demand$],
  ])('what a callback causes while the current state is replayed to it comes after it: %s', async (_, source) => {
    const resource = open();
    wait(resource, 0, 4);
    const log: string[] = [];
    trace(log, 'writes$', resource.writes$);
    trace(log, 'other', resource.status$);
    let first = true;
    trace(log, 'self', source(resource), () => {
      if (!first) return;
      first = false;
      resource.writeAt(0, bytes(4));
      resource.fail('x');
    });
    await turn();
    expectNoNesting(log);
    expect(log.filter((entry) => entry === 'other(')).toHaveLength(2);
  });

  it('what a callback causes while a wait is answered at once comes after it', () => {
    const resource = open();
    resource.writeAt(0, bytes(4));
    const log: string[] = [];
    trace(log, 'writes$', resource.writes$);
    trace(log, 'wait', resource.waitRange(range(0, 4)), () => resource.writeAt(4, bytes(4)));
    expectNoNesting(log);
    expect(log).toContain('writes$(');
  });
});
