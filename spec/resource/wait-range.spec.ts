import { afterEach, describe, expect, it } from '@jest/globals';

import { cancelled, closeAll, closed, committed, failed, open, patchy, record, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';

afterEach(closeAll);

describe('waitRange', () => {
  const far = 2 ** 53 - 1;

  it.each<[string, number, number]>([
    ['start behind end', 5, 4],
    ['negative', -1, 4],
    ['fractional', 0.5, 4],
    ['NaN', NaN, 4],
    ['past 2^53-1', 0, 2 ** 53],
  ])('errors with INVALID_RANGE before anything else: %s', (_, start, end) => {
    for (const resource of [open(), committed(), failed(), cancelled(), closed()])
      expect(wait(resource, start, end)).toEqual(['INVALID_RANGE']);
  });

  it('is Ready in every state for an empty range', () => {
    for (const resource of [open(), committed(), failed(), cancelled(), closed()]) {
      expect(wait(resource, 7, 7)).toEqual(['ready', 'complete']);
      expect(wait(resource, far, far)).toEqual(['ready', 'complete']);
    }
  });

  it('gives CLOSED of a closed resource even for covered bytes, and whatever it was before', () => {
    const wasCancelled = cancelled((resource) => {
      resource.writeAt(0, bytes(4));
    });
    const wasFailed = patchy();
    wasFailed.fail('x');
    for (const resource of [patchy(), committed(), wasCancelled, wasFailed]) {
      resource.close();
      expect(wait(resource, 0, 4)).toEqual(['CLOSED']);
    }
  });

  it('gives CANCELLED of a cancelled resource even for covered bytes', () => {
    const resource = cancelled((active) => {
      active.writeAt(0, bytes(4));
    });
    expect(wait(resource, 0, 4)).toEqual(['CANCELLED']);
  });

  it('is Ready for a covered range in each of active, failed, committed', () => {
    const resource = patchy();
    expect(wait(resource, 1, 4)).toEqual(['ready', 'complete']);
    resource.fail('x');
    expect(wait(resource, 8, 12)).toEqual(['ready', 'complete']);
    expect(wait(committed(10), 0, 10)).toEqual(['ready', 'complete']);
  });

  it('gives Eof from the end of committed content on, and Ready across its end', () => {
    const resource = committed(10);
    expect(wait(resource, 10, 11)).toEqual(['eof', 'complete']);
    expect(wait(resource, 500, far)).toEqual(['eof', 'complete']);
    expect(wait(resource, 9, 11)).toEqual(['ready', 'complete']);
    expect(wait(resource, 0, far)).toEqual(['ready', 'complete']);
  });

  it('gives FAILED of a failed resource where a byte is missing', () => {
    const resource = patchy();
    resource.fail('no network');
    expect(wait(resource, 3, 5)).toEqual(['FAILED']);
    expect(wait(resource, 0, 12)).toEqual(['FAILED']);
  });

  it('waits in all other cases, and the expected length ends no wait', () => {
    const resource = patchy({ expectedLength: 12 });
    const across = wait(resource, 8, 13);
    const behind = wait(resource, 12, 20);
    resource.writeAt(4, bytes(4, 4));
    expect([across, behind]).toEqual([[], []]);
    resource.commit();
    expect([across, behind]).toEqual([
      ['ready', 'complete'],
      ['eof', 'complete'],
    ]);
  });

  it('is cold: each subscription is a wait of its own, answered as of its time', () => {
    const resource = open();
    const wait$ = resource.waitRange({ start: 0, end: 4 });
    const early = record(wait$);
    resource.writeAt(0, bytes(4));
    const late = record(wait$);
    resource.close();
    expect([early, late, record(wait$)]).toEqual([['ready', 'complete'], ['ready', 'complete'], ['CLOSED']]);
  });

  it('takes the range as it was when it was called', () => {
    const resource = open();
    const mutable = { start: 0, end: 4 };
    const log = record(resource.waitRange(mutable));
    mutable.end = 2;
    resource.writeAt(0, bytes(2));
    expect(log).toEqual([]);
  });

  it('is settled only by the last missing byte', () => {
    const resource = open();
    const log = wait(resource, 2, 10);
    resource.writeAt(0, bytes(5));
    resource.writeAt(6, bytes(10));
    expect(log).toEqual([]);
    resource.writeAt(5, bytes(1));
    expect(log).toEqual(['ready', 'complete']);
  });
});
