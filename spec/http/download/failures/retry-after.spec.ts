import { describe, expect, it } from '@jest/globals';

import { readRetryAfter } from '../../../../lib/http/download/failures/retry-after.js';

const AT = Date.UTC(2020, 0, 1, 12);
const date = (ms: number): string => new Date(AT + ms).toUTCString();

describe('Retry-After', () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['none to wait', { 'retry-after': '0' }, 0],
    ['seconds, twice', { 'retry-after': '7, 7' }, 7000],
    ['a date after the answer was made', { 'retry-after': date(5000), date: date(0) }, 5000],
    ['a date before that', { 'retry-after': date(-5000), date: date(0) }, 0],
    ['nothing that means something', { 'retry-after': 'soon' }, undefined],
    ['a number that is none', { 'retry-after': '-1' }, undefined],
    ['more seconds than there are', { 'retry-after': '9'.repeat(30) }, undefined],
    ['nothing', {}, undefined],
  ])('is read: %s', (_, headers, retryAfterMs) => {
    expect(readRetryAfter(new Headers(headers))).toEqual({ retryAfterMs, byLocalClock: false });
  });

  it('is measured by the local clock where the answer has no date that can be read', () => {
    for (const sent of [undefined, 'yesterday']) {
      const headers = new Headers({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
      if (sent !== undefined) headers.set('date', sent);
      const { retryAfterMs = 0, byLocalClock } = readRetryAfter(headers);
      expect(byLocalClock).toBe(true);
      expect(retryAfterMs).toBeGreaterThan(50_000);
      expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    }
  });
});
