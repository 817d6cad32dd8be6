import { afterEach, describe, expect, it } from '@jest/globals';
import { type Observable, Subscription } from 'rxjs';

import type { Resource } from '../../lib/index.js';
import { closeAll, expectNoNesting, open, ranges, trace, turn, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { range } from '../support/range.js';

afterEach(closeAll);

/** Everything that calls back, triggered by a write of [0, 4); `skip`: replays to be ignored. */
const channels: [name: string, source: (resource: Resource) => Observable<unknown>, skip: number][] = [
  ['waitRange', (resource) => resource.waitRange(range(0, 4)), 0],
  ['read', (resource) => resource.read(range(0, 4)), 0],
  ['writes$', (resource) => resource.writes$, 0],
  ['coverage$', (resource) => resource.coverage$, 1],
  ['demand$', (resource) => resource.demand$, 1],
];

/** Runs `act` once, in the callback of `source` that follows the write of [0, 4). */
async function actInside(
  resource: Resource,
  source: (resource: Resource) => Observable<unknown>,
  skip: number,
  act: () => void,
): Promise<void> {
  wait(resource, 0, 4);
  let calls = 0;
  source(resource).subscribe({
    next: () => {
      calls += 1;
      if (calls === skip + 1) act();
    },
    error: () => undefined,
  });
  await turn();
  // demand$ replayed a wait that was pending, so the write is its first change.
  expect(() => resource.writeAt(0, bytes(4))).not.toThrow();
  await turn();
  expect(calls).toBeGreaterThan(skip);
}

describe('the order of what is told', () => {
  it('of a write is bytes and coverage, then waits, then writes$, then coverage$ in the turn', async () => {
    const resource = open();
    const log: string[] = [];
    const look = (): string => {
      const target = new Uint8Array(4);
      return `${resource.readAt(0, target)} bytes ${target.join()} of ${resource.coverage.coveredBytes}`;
    };
    resource.writes$.subscribe(() => log.push(`writes$ ${look()}`));
    resource.coverage$.subscribe(({ coveredBytes }) => log.push(`coverage$ ${coveredBytes}`));
    resource.waitRange(range(0, 4)).subscribe(() => log.push(`wait ${look()}`));
    resource.read(range(0, 4)).subscribe((chunk) => log.push(`read ${chunk.join()}`));
    resource.writeAt(0, bytes(4));
    log.push('returned');
    await turn();
    const visible = '4 bytes 0,1,2,3 of 4';
    expect(log).toEqual([
      'coverage$ 0',
      `wait ${visible}`,
      'read 0,1,2,3',
      `writes$ ${visible}`,
      'returned',
      'coverage$ 4',
    ]);
  });

  it('of writeAll and commit is waits, writes$, the last coverage, the status', () => {
    const resource = open();
    const log: string[] = [];
    resource.status$.subscribe(({ state }) => log.push(state));
    resource.coverage$.subscribe(({ coveredBytes }) => log.push(`coverage$ ${coveredBytes}`));
    resource.writes$.subscribe(({ end }) => log.push(`writes$ ${end}`));
    resource.waitRange(range(0, 9)).subscribe(() => log.push(`wait, ${resource.status.state}`));
    resource.writeAll(bytes(4));
    log.push('returned');
    expect(log).toEqual([
      'active',
      'coverage$ 0',
      'wait, committed',
      'writes$ 4',
      'coverage$ 4',
      'committed',
      'returned',
    ]);
  });

  it('of a failure and of a close is waits, then the status', () => {
    const resource = open();
    const log: string[] = [];
    resource.status$.subscribe(({ state }) => log.push(state));
    const report = { error: () => log.push(`wait, ${resource.status.state}`) };
    resource.waitRange(range(0, 9)).subscribe(report);
    resource.fail('x');
    resource.reactivate();
    resource.waitRange(range(0, 9)).subscribe(report);
    resource.close();
    expect(log).toEqual(['active', 'wait, failed', 'failed', 'active', 'wait, closed', 'closed']);
  });

  it('of one write has all its waits before anything that their callbacks cause', () => {
    const resource = open();
    const log: string[] = [];
    trace(log, 'later', resource.waitRange(range(4, 8)));
    trace(log, 'first', resource.waitRange(range(0, 2)), () => resource.writeAt(4, bytes(4)));
    trace(log, 'second', resource.waitRange(range(0, 2)));
    trace(log, 'third', resource.waitRange(range(1, 2)));
    trace(log, 'writes$', resource.writes$);
    resource.writeAt(0, bytes(2));
    const entered = log.filter((entry) => entry.endsWith('('));
    expect(entered).toEqual(['first(', 'second(', 'third(', 'writes$(', 'later(', 'writes$(']);
    expectNoNesting(log);
  });
});

describe.each(channels)('in a callback of %s,', (_, source, skip) => {
  it('a write takes effect at once, and its news follow', async () => {
    const resource = open();
    const log: string[] = [];
    const pending = wait(resource, 4, 8);
    resource.writes$.subscribe(({ start, end }) => log.push(`${start}-${end}`));
    await actInside(resource, source, skip, () => {
      resource.writeAt(4, bytes(4, 4));
      expect(ranges(resource)).toEqual([range(0, 8)]);
      expect(resource.readAt(4, new Uint8Array(4))).toBe(4);
    });
    expect(log).toEqual(['0-4', '4-8']);
    expect(pending).toEqual(['ready', 'complete']);
  });

  it('a commit takes effect at once, and its news follow', async () => {
    const resource = open();
    const states: string[] = [];
    resource.status$.subscribe(({ state }) => states.push(state));
    const behind = wait(resource, 4, 8);
    await actInside(resource, source, skip, () => {
      resource.commit();
      expect(resource.status).toEqual({ state: 'committed', finalLength: 4 });
    });
    expect(states).toEqual(['active', 'committed']);
    expect(behind).toEqual(['eof', 'complete']);
  });

  it('a close takes effect at once; the call outside returns normally, and everything ends', async () => {
    const resource = open();
    const states: string[] = [];
    const writes: string[] = [];
    resource.status$.subscribe({ next: ({ state }) => states.push(state), complete: () => states.push('complete') });
    resource.writes$.subscribe({ next: () => writes.push('write'), complete: () => writes.push('complete') });
    const behind = wait(resource, 4, 8);
    await actInside(resource, source, skip, () => {
      resource.close();
      expect(resource.status.state).toBe('closed');
    });
    expect(states).toEqual(['active', 'closed', 'complete']);
    expect(writes).toEqual(['write', 'complete']);
    expect(behind).toEqual(['CLOSED']);
  });

  it('a failure and a reactivation are both told', async () => {
    const resource = open();
    const states: string[] = [];
    resource.status$.subscribe(({ state }) => states.push(state));
    await actInside(resource, source, skip, () => {
      resource.fail('x');
      resource.reactivate();
    });
    expect(states).toEqual(['active', 'failed', 'active']);
  });

  it('an interrupt ends the waits that are pending then', async () => {
    const resource = open();
    const pending = wait(resource, 4, 8);
    await actInside(resource, source, skip, () => resource.interrupt());
    expect(pending).toEqual(['interrupted', 'complete']);
  });

  it('unsubscribing others keeps them from being told, and nobody else', async () => {
    const resource = open();
    wait(resource, 0, 4);
    const told: string[] = [];
    const doomed = new Subscription();
    let calls = 0;
    source(resource).subscribe(() => {
      calls += 1;
      if (calls === skip + 1) doomed.unsubscribe();
    });
    doomed.add(source(resource).subscribe(() => told.push('goes')));
    source(resource).subscribe(() => told.push('stays'));
    await turn();
    told.length = 0;
    resource.writeAt(0, bytes(4));
    await turn();
    expect(told).toEqual(['stays']);
  });
});
