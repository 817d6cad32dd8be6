import { describe, expect, it } from '@jest/globals';

import { Failures } from '../../../../lib/http/download/failures/failures.js';
import { statusError } from '../../../../lib/http/download/http-error.js';
import { readOptions } from '../../../../lib/http/download/read-options.js';

const { retry: RETRY } = readOptions({});

function refusal(headers: Record<string, string> = {}, status = 429): Error {
  return statusError('GET song', new Response(null, { status, headers }));
}

/**
 * Fails over and over, and waits as it is told; returns after how long it is given up, in
 * milliseconds.
 */
function survived(failures: Failures, error: Error): number {
  let now = 1000;
  failures.asked(now);
  for (;;) {
    const wait = failures.failed(error, { askedAt: now, now, receiving: false });
    if (wait === undefined) return now - 1000;
    now += wait;
  }
}

describe('failures in a row', () => {
  it.each([0, 0.5, 1 - 2 ** -53])(
    'are made good for a minute at least, and for the patience at most: random %d',
    (random) => {
      const failures = new Failures(RETRY, () => random);
      const ms = survived(failures, refusal());
      expect(ms).toBeGreaterThanOrEqual(60_000);
      expect(ms).toBeLessThanOrEqual(120_000);
    },
  );

  it('are waited for as long as the server asks, as long as there is patience', () => {
    expect(survived(new Failures(RETRY), refusal({ 'retry-after': '40' }))).toBe(120_000);
    expect(survived(new Failures(RETRY), refusal({ 'retry-after': '50' }))).toBe(100_000);
    expect(survived(new Failures(RETRY), refusal({ 'retry-after': '121' }))).toBe(0);
  });

  it('count from the last new byte, or from when something is asked for again', () => {
    const failures = new Failures({ ...RETRY, patience: 10_000, count: Infinity });
    const late = { 'retry-after': '8' };
    failures.asked(0);
    expect(failures.failed(refusal(late), { askedAt: 0, now: 0, receiving: false })).toBe(8000);
    failures.succeeded(8000);
    expect(failures.count).toBe(0);
    failures.asked(60_000);
    expect(failures.failed(refusal(late), { askedAt: 60_000, now: 60_000, receiving: false })).toBe(8000);
    failures.asked(68_000);
    expect(failures.failed(refusal(late), { askedAt: 68_000, now: 68_000, receiving: false })).toBeUndefined();
  });

  it('leave out time in which nobody could ask', () => {
    const failures = new Failures({ ...RETRY, patience: 10_000 });
    const late = refusal({ 'retry-after': '8' });
    failures.asked(0);
    expect(failures.failed(late, { askedAt: 0, now: 0, receiving: false })).toBe(8000);
    failures.asked(51_000, 50_000);
    expect(failures.failed(late, { askedAt: 51_000, now: 51_000, receiving: false })).toBe(8000);
  });

  it('have no more patience for a first request that waited for leave', () => {
    const failures = new Failures({ ...RETRY, patience: 10_000 });
    failures.asked(60_000, 60_000);
    const late = refusal({ 'retry-after': '11' });
    expect(failures.failed(late, { askedAt: 60_000, now: 60_000, receiving: false })).toBeUndefined();
  });

  it('end nothing while bytes come', () => {
    const failures = new Failures({ ...RETRY, count: 0 });
    failures.asked(0);
    const asked = refusal({ 'retry-after': '3600' });
    expect(failures.failed(asked, { askedAt: 0, now: 0, receiving: true })).toBe(RETRY.maxDelay);
    expect(failures.failed(refusal(), { askedAt: 1, now: 1, receiving: false })).toBeUndefined();
  });

  it('at the same time are one', () => {
    const failures = new Failures(RETRY);
    failures.asked(0);
    for (const now of [10, 11, 12]) failures.failed(refusal(), { askedAt: 0, now, receiving: false });
    expect(failures.count).toBe(1);
  });

  it('are not waited for by a date that only the local clock can tell, for longer than maxDelay', () => {
    const failures = new Failures({ ...RETRY, maxDelay: 3000 });
    const error = refusal({ 'retry-after': new Date(Date.now() + 90_000).toUTCString() });
    expect(failures.failed(error, { askedAt: 0, now: 0, receiving: false })).toBe(3000);
  });

  it.each([400, 401, 404, 416, 451])('are one, and final: %i', (status) => {
    expect(survived(new Failures(RETRY), refusal({}, status))).toBe(0);
  });
});
