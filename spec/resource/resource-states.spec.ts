import { afterEach, describe, expect, it } from '@jest/globals';

import { MemDriver, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { testedFolder } from '../support/tested-driver.js';
import {
  closeAll,
  cancelled,
  closed,
  committed,
  failed,
  open,
  patchy,
  ranges,
  record,
  wait,
} from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { codeOf, errorOf } from '../support/code-of.js';

afterEach(closeAll);

describe('opening', () => {
  it('starts active and empty, from new', () => {
    const resource = open();
    expect(resource.status).toEqual({ state: 'active', expectedLength: undefined });
    expect(resource.origin).toEqual({ from: 'new' });
    expect(resource.path?.replace(/[^/]+$/, '')).toBe(testedFolder()?.concat('/'));
    expect([resource.coveredBytes, resource.length, resource.expectedLength, resource.identity]).toEqual([
      0,
      undefined,
      undefined,
      undefined,
    ]);
    expect(ranges(resource)).toEqual([]);
  });

  it('takes expected length and identity for a new resource', () => {
    const resource = open({ expectedLength: 10, identity: '"v1"' });
    expect(resource.status).toEqual({ state: 'active', expectedLength: 10 });
    expect([resource.expectedLength, resource.identity, resource.length]).toEqual([10, '"v1"', undefined]);
  });

  it('takes options that are undefined as left out', () => {
    const resource = open({ signal: undefined, expectedLength: undefined, identity: undefined });
    expect(resource.status).toEqual({ state: 'active', expectedLength: undefined });
  });

  it('is committed, from complete, where the driver has the content', () => {
    const resource = open({ expectedLength: 99, identity: 'x' }, newDriver(bytes(5)));
    expect(resource.status).toEqual({ state: 'committed', finalLength: 5 });
    expect(resource.origin).toEqual({ from: 'complete' });
    expect([resource.length, resource.expectedLength, resource.coveredBytes]).toEqual([5, 5, 5]);
    expect([...resource.readAll()]).toEqual([...bytes(5)]);
  });

  it('is committed and empty over empty content', () => {
    const resource = open({}, newDriver(new Uint8Array(0)));
    expect(resource.status).toEqual({ state: 'committed', finalLength: 0 });
    expect(resource.readAll()).toHaveLength(0);
    expect(wait(resource, 0, 1)).toEqual(['eof', 'complete']);
  });

  it('copies the initial data of memory', () => {
    const data = bytes(5);
    const resource = open({}, new MemDriver({ initialData: data }));
    data.fill(99);
    expect([...resource.readAll()]).toEqual([...bytes(5)]);
  });

  it('throws CANCELLED for a signal that was aborted before, and leaves the driver to be opened', () => {
    const driver = newDriver();
    const error = errorOf(() => Resource.open(driver, { signal: AbortSignal.abort() }));
    expect([error.code, error.name]).toEqual(['CANCELLED', 'AbortError']);
    expect(open({}, driver).status.state).toBe('active');
  });

  it('knows its driver', () => {
    const driver = newDriver();
    expect(open({}, driver).driver).toBe(driver);
  });
});

describe('fail', () => {
  it('takes a string or an Error, and ends waits for missing bytes with FAILED', () => {
    const resource = patchy();
    const pending = wait(resource, 0, 5);
    const reading = record(resource.read({ start: 4, end: 5 }));
    resource.fail(new RangeError('bad luck'));
    expect(resource.status).toEqual({ state: 'failed', reason: 'bad luck' });
    expect([pending, reading]).toEqual([['FAILED'], ['FAILED']]);
  });

  it('keeps covered bytes readable and waitable', () => {
    const resource = patchy();
    resource.fail('x');
    const target = new Uint8Array(4);
    expect(resource.readAt(8, target)).toBe(4);
    expect([...target]).toEqual([...bytes(4, 8)]);
    expect(record(resource.read({ start: 0, end: 4 }))).toEqual([[...bytes(4)], 'complete']);
    expect(resource.nextGap(0, 20)).toEqual({ start: 4, end: 8 });
  });

  it('does nothing unless active', () => {
    for (const resource of [failed(), committed(), cancelled(), closed()]) {
      const { status } = resource;
      resource.fail('second');
      expect(resource.status).toBe(status);
    }
  });

  it('carries the Error it was given as the cause of later errors', () => {
    const resource = open();
    const reason = new Error('bad luck');
    resource.fail(reason);
    expect(errorOf(() => resource.writeAt(0, bytes(1))).cause).toBe(reason);
  });

  it('keeps a reason of any length and script', () => {
    for (const reason of ['', 'мир 🎧', 'x'.repeat(100_000)]) {
      const resource = open();
      resource.fail(reason);
      expect(resource.status).toEqual({ state: 'failed', reason });
    }
  });
});

describe('reactivate', () => {
  it('makes a failed resource active again, with bytes, coverage, expected length and identity', () => {
    const resource = patchy({ expectedLength: 12, identity: 'v' });
    const { coverage } = resource;
    resource.fail('x');
    resource.reactivate();
    expect(resource.status).toEqual({ state: 'active', expectedLength: 12 });
    expect([resource.coverage === coverage, resource.identity]).toEqual([true, 'v']);
    resource.writeAt(4, bytes(4, 4));
    resource.commit();
    expect([...resource.readAll()]).toEqual([...bytes(12)]);
  });

  it('makes a committed resource active again, with bytes and coverage', () => {
    const resource = committed(10);
    resource.reactivate();
    expect([resource.status.state, resource.length]).toEqual(['active', undefined]);
    expect(ranges(resource)).toEqual([{ start: 0, end: 10 }]);
    expect(wait(resource, 0, 10)).toEqual(['ready', 'complete']);
    expect(wait(resource, 10, 11)).toEqual([]);
    resource.writeAt(10, bytes(2, 10));
    resource.commit();
    expect([...resource.readAll()]).toEqual([...bytes(12)]);
  });

  it('does nothing to an active one', () => {
    const resource = patchy();
    const { status } = resource;
    resource.reactivate();
    expect(resource.status).toBe(status);
  });

  it('leaves nothing of an earlier failure', () => {
    const resource = open();
    resource.fail(new Error('first'));
    resource.reactivate();
    resource.fail('second');
    const error = errorOf(() => resource.writeAt(0, bytes(1)));
    expect(error.message).toContain('second');
    expect(error.cause).toBeUndefined();
  });
});

describe('expected length and identity', () => {
  it('can be set and unset while active, which is a new status for the length', () => {
    const resource = open();
    const log = record(resource.status$);
    resource.expectedLength = 10;
    resource.expectedLength = 10;
    resource.expectedLength = undefined;
    expect(log).toEqual([undefined, 10, undefined].map((expectedLength) => ({ state: 'active', expectedLength })));
  });

  it('can be set and unset while active, which is no new status for the identity', () => {
    const resource = open();
    const { status } = resource;
    for (const identity of ['"v1"', '', 'мир 🎧', 'x'.repeat(50_000), undefined]) {
      resource.identity = identity;
      expect(resource.identity).toBe(identity);
    }
    expect(resource.status).toBe(status);
  });

  it.each<[string, () => Resource, string]>([
    ['committed', committed, 'READ_ONLY'],
    ['cancelled', cancelled, 'CANCELLED'],
  ])('cannot be set on a %s resource', (_, make, code) => {
    const resource = make();
    const before = [resource.expectedLength, resource.identity];
    expect(codeOf(() => (resource.expectedLength = 3))).toBe(code);
    expect(codeOf(() => (resource.identity = 'x'))).toBe(code);
    expect([resource.expectedLength, resource.identity]).toEqual(before);
  });

  it('are the default limit of nextGap for the length, which is 2^53-1 without one', () => {
    const resource = patchy();
    expect(resource.nextGap(8)).toEqual({ start: 12, end: 2 ** 53 - 1 });
    resource.expectedLength = 20;
    expect(resource.nextGap(8)).toEqual({ start: 12, end: 20 });
    expect(resource.nextGap(8, 30)).toEqual({ start: 12, end: 30 });
    expect(resource.nextGap(0, 6)).toEqual({ start: 4, end: 6 });
    expect(resource.nextGap(20)).toBeUndefined();
    expect(resource.nextGap(0, 4)).toBeUndefined();
  });

  it('leave nextGap within the final length', () => {
    expect(committed(10).nextGap(0, 50)).toBeUndefined();
    expect(committed(10).nextGap(30, 50)).toBeUndefined();
  });
});
