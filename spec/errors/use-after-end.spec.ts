import { describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';

import { readChunks, Resource, whenCommitted, writeTo } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { content, refusal } from './fixtures.js';

describe('after the end,', () => {
  const calls: [string, (ended: Resource) => unknown][] = [
    ['has', (ended) => ended.has({ start: 0, end: 1 })],
    ['nextGap', (ended) => ended.nextGap(0)],
    ['waitRange', (ended) => ended.waitRange({ start: 0, end: 1 })],
    ['read', (ended) => ended.read({ start: 0, end: 1 })],
    ['readAt', (ended) => ended.readAt(0, new Uint8Array(1))],
    ['readAll', (ended) => ended.readAll()],
    ['view', (ended) => ended.view({ start: 0, end: 1 })],
    ['writeAt', (ended) => ended.writeAt(0, new Uint8Array(1))],
    ['writeAll', (ended) => ended.writeAll(new Uint8Array(1))],
    ['commit', (ended) => ended.commit()],
    ['reactivate', (ended) => ended.reactivate()],
    ['createPort', (ended) => ended.createPort()],
    ['checkpoint', (ended) => ended.checkpoint()],
    ['expectedLength', (ended) => (ended.expectedLength = 5)],
    ['identity', (ended) => (ended.identity = 'v2')],
    ['readChunks', (ended) => readChunks(ended)],
    ['whenCommitted', (ended) => whenCommitted(ended)],
    ['writeTo', (ended) => of(new Uint8Array(1)).pipe(writeTo(ended))],
  ];

  it.each(calls)('%s of a closed resource is CLOSED, of a cancelled one CANCELLED', async (_, call) => {
    const abort = new AbortController();
    const ended = Resource.open(newDriver(), { signal: abort.signal });
    ended.writeAt(0, content);
    abort.abort();
    expect(await refusal(() => call(ended))).toBe('CANCELLED');
    ended.close();
    expect(await refusal(() => call(ended))).toBe('CLOSED');
    const complete = Resource.open(newDriver(content));
    complete.close();
    expect(await refusal(() => call(complete))).toBe('CLOSED');
  });

  it('what tells and what ends does not throw: fail, interrupt, close, discard, status, coverage', () => {
    const ended = Resource.open(newDriver());
    ended.writeAt(0, content);
    ended.close();
    ended.fail('late');
    ended.interrupt();
    ended.discard();
    ended.close();
    expect([ended.status, ended.length, ended.coveredBytes, ended.coverage.rangeCount]).toEqual([
      { state: 'closed' },
      undefined,
      20,
      1,
    ]);
  });
});
