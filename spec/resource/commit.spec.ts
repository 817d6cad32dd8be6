import { afterEach, describe, expect, it } from '@jest/globals';

import { type ByteRange } from '../../lib/index.js';
import { closeAll, cancelled, closed, committed, failed, open, patchy, ranges, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { codeOf, errorOf } from '../support/code-of.js';

afterEach(closeAll);

describe('commit', () => {
  it('defaults to the expected length', () => {
    const resource = patchy({ expectedLength: 4 });
    resource.commit();
    expect(resource.status).toEqual({ state: 'committed', finalLength: 4 });
  });

  it('defaults to the end of the last covered range, 0 where nothing is covered', () => {
    const resource = patchy();
    expect(errorOf(() => resource.commit())).toMatchObject({ code: 'INCOMPLETE', range: { start: 4, end: 8 } });
    resource.writeAt(4, bytes(4, 4));
    resource.commit();
    expect(resource.length).toBe(12);
    const empty = open();
    empty.commit();
    expect(empty.length).toBe(0);
  });

  it.each<[string, number | undefined, ByteRange]>([
    ['below the expected length', undefined, { start: 4, end: 8 }],
    ['below the length asked for', 9, { start: 4, end: 8 }],
    ['cut to the length asked for', 6, { start: 4, end: 6 }],
  ])('throws INCOMPLETE with the first gap %s, and nothing changes', (_, length, gap) => {
    const resource = patchy({ expectedLength: 20 });
    const before = [resource.status, resource.coverage];
    const pending = wait(resource, 4, 8);
    expect(errorOf(() => resource.commit(length))).toMatchObject({ code: 'INCOMPLETE', range: gap });
    expect([resource.status === before[0], resource.coverage === before[1], pending]).toEqual([true, true, []]);
    resource.writeAt(4, bytes(4, 4));
    expect(pending).toEqual(['ready', 'complete']);
  });

  it('names the gap behind the last byte', () => {
    const resource = patchy();
    resource.writeAt(4, bytes(4, 4));
    expect(errorOf(() => resource.commit(15))).toMatchObject({ code: 'INCOMPLETE', range: { start: 12, end: 15 } });
  });

  it('drops covered bytes past the length', () => {
    const resource = patchy();
    resource.commit(3);
    expect(ranges(resource)).toEqual([{ start: 0, end: 3 }]);
    expect([resource.coveredBytes, resource.length, resource.expectedLength]).toEqual([3, 3, 3]);
    expect(resource.has({ start: 8, end: 12 })).toBe(false);
    expect(resource.readAt(8, new Uint8Array(4))).toBe(0);
    resource.reactivate();
    expect(resource.readAt(3, new Uint8Array(4))).toBe(0);
    expect(resource.readAt(8, new Uint8Array(4))).toBe(0);
  });

  it('is idempotent for the same length; another length is INVALID_ARGUMENT', () => {
    const resource = committed(10);
    const { status } = resource;
    resource.commit();
    resource.commit(10);
    expect(codeOf(() => resource.commit(9))).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => resource.commit(11))).toBe('INVALID_ARGUMENT');
    expect(resource.status).toBe(status);
  });

  it('throws FAILED, CANCELLED, CLOSED in those states', () => {
    const codes = [failed(), cancelled(), closed()].map((resource) => codeOf(() => resource.commit(0)));
    expect(codes).toEqual(['FAILED', 'CANCELLED', 'CLOSED']);
  });

  it('settles what the new end answers', () => {
    const resource = patchy();
    const logs = [wait(resource, 2, 6), wait(resource, 4, 6), wait(resource, 100, 200)];
    resource.commit(4);
    expect(logs).toEqual([
      ['ready', 'complete'],
      ['eof', 'complete'],
      ['eof', 'complete'],
    ]);
  });
});
