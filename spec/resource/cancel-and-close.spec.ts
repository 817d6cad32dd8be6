import { afterEach, describe, expect, it } from '@jest/globals';

import { Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { closeAll, cancelled, closed, committed, failed, open, patchy, record, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { codeOf, errorOf } from '../support/code-of.js';
import { range } from '../support/range.js';

afterEach(closeAll);

describe('cancel', () => {
  it('ends waits and reads with CANCELLED, by the name AbortError', () => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    const errors: unknown[] = [];
    const error = (reason: unknown): void => void errors.push(reason);
    resource.waitRange({ start: 0, end: 1 }).subscribe({ error });
    resource.read({ start: 0, end: 1 }).subscribe({ error });
    abort.abort();
    expect(errors).toMatchObject([
      { code: 'CANCELLED', name: 'AbortError' },
      { code: 'CANCELLED', name: 'AbortError' },
    ]);
    expect(resource.status).toEqual({ state: 'cancelled' });
  });

  it('does nothing to a committed resource', () => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    resource.writeAll(bytes(3));
    const { status } = resource;
    abort.abort();
    expect(resource.status).toBe(status);
    expect([...resource.readAll()]).toEqual([...bytes(3)]);
  });

  it('does nothing to a closed one', () => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    resource.close();
    abort.abort();
    expect(resource.status).toEqual({ state: 'closed' });
  });

  it('makes every call throw CANCELLED until it is closed', () => {
    const resource = cancelled();
    for (const call of [
      () => resource.reactivate(),
      () => resource.commit(),
      () => resource.readAll(),
      () => resource.view({ start: 0, end: 0 }),
      () => (resource.expectedLength = 5),
      () => (resource.identity = 'x'),
    ]) {
      expect(errorOf(call)).toMatchObject({ code: 'CANCELLED', name: 'AbortError' });
    }
    resource.close();
    expect(resource.status).toEqual({ state: 'closed' });
  });

  it('stops listening to the signal at close', () => {
    const abort = new AbortController();
    const { signal } = abort;
    const listeners = new Set<unknown>();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
      listeners.add(listener);
      add(type, listener, options);
    };
    signal.removeEventListener = (type: string, listener: EventListener) => {
      listeners.delete(listener);
      remove(type, listener);
    };
    const resource = open({ signal });
    expect(listeners.size).toBe(1);
    resource.close();
    expect(listeners.size).toBe(0);
  });
});

describe('at the end of a resource,', () => {
  it.each<[string, (resource: Resource) => void]>([
    ['close', (resource) => resource.close()],
    ['discard', (resource) => resource.discard()],
    ['discard of committed content too', (resource) => resource.discard({ committed: true })],
    ['Symbol.dispose', (resource) => resource[Symbol.dispose]()],
  ])('%s ends waits with CLOSED, is final, and may be called again', (_, end) => {
    const resource = patchy();
    const pending = wait(resource, 4, 5);
    end(resource);
    expect(pending).toEqual(['CLOSED']);
    expect(resource.status).toEqual({ state: 'closed' });
    end(resource);
    resource.close();
    resource.discard();
    expect(codeOf(() => resource.reactivate())).toBe('CLOSED');
    expect(resource.status).toEqual({ state: 'closed' });
  });

  it('`using` closes it behind its block', () => {
    const states: string[] = [];
    {
      using resource = Resource.open(newDriver());
      resource.status$.subscribe(({ state }) => states.push(state));
    }
    expect(states).toEqual(['active', 'closed']);
  });

  it('there is no length any more', () => {
    const resource = committed(10);
    resource.close();
    expect([resource.status.state, resource.length]).toEqual(['closed', undefined]);
  });

  it('late subscribers get the last state, then completion', () => {
    const resource = patchy();
    resource.close();
    const coverage: unknown[] = [];
    resource.coverage$.subscribe({
      next: (last) => coverage.push(last.toArray()),
      complete: () => coverage.push('complete'),
    });
    expect(coverage).toEqual([[range(0, 4), range(8, 12)], 'complete']);
    expect(record(resource.status$)).toEqual([{ state: 'closed' }, 'complete']);
    expect(record(resource.demand$)).toEqual([[], 'complete']);
    expect(record(resource.writes$)).toEqual(['complete']);
  });
});

describe('checkpoint', () => {
  it('resolves in every state that is not over', async () => {
    for (const resource of [open(), patchy(), committed(), failed()]) {
      await expect(resource.checkpoint()).resolves.toBeUndefined();
    }
  });

  it('rejects once cancelled or closed', async () => {
    await expect(closed().checkpoint()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(cancelled().checkpoint()).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
