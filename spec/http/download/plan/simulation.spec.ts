import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Outcome } from './simulation/simulate.js';
import { measure, renderPage, type Row } from './simulation/table.js';

/** What the plan of version 0.1.0 came to in the same simulation. */
const baseline = JSON.parse(
  readFileSync(new URL('simulation/baseline.json', import.meta.url), 'utf8'),
) as readonly Omit<Row, 'latency'>[];
const rows = measure();

const SLICE = 16_384;

/** What a row may come to at most. */
function limitsOf({ latency, pattern }: Row, before: Outcome): Outcome {
  // The last of many seeks waits until the answer to one before it would be there: that makes them
  // one request a round trip.
  const held = pattern.startsWith('scrubbing, 100') ? latency : 0;
  // Streams that are kept share the rate, so that one wait may take longer, where all of them
  // together take less.
  const shared = pattern.includes('in turn') || pattern.startsWith('a large track') ? Infinity : 0;
  return {
    requests: before.requests,
    wasted: before.wasted + SLICE,
    waited: before.waited * 1.02 + held,
    longestWait: before.longestWait * 1.1 + held + shared,
    completeAt: before.completeAt * 1.01 + held,
  };
}

describe('the plan of a download, in a simulation', () => {
  it('has a row for each that there was before', () => {
    expect(rows).toMatchObject(baseline.map(({ server, pattern }) => ({ server, pattern })));
  });

  it.each(rows.map((row, index) => [`${row.server}: ${row.pattern}`, row, baseline[index]?.outcome] as const))(
    'costs no more than it did: %s',
    (_, row, before) => {
      if (before === undefined) throw new Error('There is nothing to compare with.');
      const limits = limitsOf(row, before);
      const excess = Object.entries(row.outcome).filter(([name, figure]) => figure > limits[name as keyof Outcome]);
      expect(excess).toEqual([]);
    },
  );

  it('makes about one request a round trip while seeks follow each other', () => {
    const requests = (server: string, pattern: string): number =>
      rows.find((row) => row.server === server && row.pattern === pattern)?.outcome.requests ?? NaN;
    // 3 s of seeks, and the rest of the content.
    expect(requests('5 MB/s, 50 ms', 'scrubbing, 100 places a second')).toBeLessThan(60 + 24);
    expect(requests('0.5 MB/s, 200 ms', 'scrubbing, 100 places a second')).toBeLessThan(15 + 48);
  });

  it('comes to what the docs say', () => {
    const page = readFileSync(new URL('../../../../docs/http.md', import.meta.url), 'utf8');
    expect(renderPage(page, rows)).toBe(page);
  });
});
