import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ByteRange } from 'tidemark';
import { plan, type Situation, type Transit, type Wanted } from '../../../lib/http/download/plan.js';

const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const LENGTH = 400;
const K = 1024; // so that distances matter

const range = fc.tuple(fc.nat(LENGTH - 1), fc.nat(80)).map(([start, length]) => ({ start, end: start + length + 1 }));

/** Missing bytes and disjoint transits within them, demands anywhere. */
const situations = fc
  .record({
    covered: fc.array(range, { maxLength: 8 }),
    transits: fc.array(range, { maxLength: 5 }),
    demands: fc.array(range, { maxLength: 6 }),
    lastDemands: fc.array(range, { maxLength: 3 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    chunkSize: fc.integer({ min: 1, max: 150 }),
    readAhead: fc.oneof(fc.nat(200), fc.constant(Infinity)),
    bytesInLatency: fc.nat(100),
    end: fc.oneof(fc.constant(LENGTH), fc.constant(Number.MAX_SAFE_INTEGER)),
  })
  .map((raw) => {
    const isCovered = (unit: number): boolean => raw.covered.some(({ start, end }) => start <= unit && unit < end);
    const transits: Transit[] = [];
    for (const { start, end } of raw.transits.toSorted((a, b) => a.start - b.start)) {
      const free = transits.every((other) => other.end <= start * K);
      const missing = Array.from({ length: end - start }, (_, i) => start + i).every((unit) => !isCovered(unit));
      if (free && missing && end <= LENGTH && transits.length < raw.concurrency)
        transits.push({ start: start * K, position: start * K, end: end * K });
    }
    const nextGap = (from: number, limit: number): ByteRange | undefined => {
      for (let at = from; at < limit; at = (Math.floor(at / K) + 1) * K) {
        if (isCovered(Math.floor(at / K))) continue;
        let end = (Math.floor(at / K) + 1) * K;
        while (end < limit && end < LENGTH * K && !isCovered(end / K)) end += K;
        return { start: at, end: end >= LENGTH * K ? limit : Math.min(limit, end) };
      }
      return undefined;
    };
    const bytes = ({ start, end }: ByteRange): Wanted => ({ start: start * K, end: end * K, since: 1 });
    const situation: Situation<Transit> = {
      transits,
      nextGap,
      demands: raw.demands.map(bytes),
      lastDemands: raw.lastDemands.map(bytes),
      concurrency: raw.concurrency,
      chunkSize: raw.chunkSize * K,
      readAhead: raw.readAhead * K,
      bytesInLatency: raw.bytesInLatency * K,
      end: raw.end === LENGTH ? LENGTH * K : raw.end,
    };
    return situation;
  });

/** What is on its way once the plan is carried out. */
function after(
  { transits }: Situation<Transit>,
  { stop, shorten, start }: ReturnType<typeof plan<Transit>>,
): Transit[] {
  const kept = transits
    .filter((transit) => !stop.includes(transit))
    .map((transit) => shorten.find((other) => other.transit === transit) ?? transit)
    .map((transit) => ('transit' in transit ? { ...transit.transit, end: transit.end } : transit));
  return [...kept, ...start.map((range) => ({ start: range.start, position: range.start, end: range.end }))];
}

const firstMissing = ({ nextGap, end }: Situation<Transit>, demand: ByteRange): number | undefined =>
  demand.start < Math.min(demand.end, end) ? nextGap(demand.start, Math.min(demand.end, end))?.start : undefined;

describe('the plan of a download', () => {
  it('asks for no byte that is there or on its way, for no more than a chunk, and makes no more requests than it may', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const made = plan(situation);
        const coming = after(situation, made).toSorted((a, b) => a.position - b.position);
        coming.forEach(({ position, end }, i) => {
          expect(position).toBeLessThan(end);
          expect(position).toBeGreaterThanOrEqual(coming[i - 1]?.end ?? 0);
        });
        for (const { start, end } of made.start) {
          expect(situation.nextGap(start, end)).toEqual({ start, end });
          expect(end - start).toBeLessThanOrEqual(situation.chunkSize);
          expect(end).toBeLessThanOrEqual(situation.end);
        }
        expect(coming.length).toBeLessThanOrEqual(situation.concurrency);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  it('brings the most urgent bytes that are missing, as many as it may, and gives up nothing for less', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const made = plan(situation);
        const coming = after(situation, made);
        const near = Math.max(32 * K, situation.bytesInLatency);
        const bringing = (at: number, list: readonly Transit[]): Transit | undefined =>
          list.find(({ position, end }) => position <= at && at < end && at - position <= near);
        const missing = situation.demands.map((demand) => firstMissing(situation, demand));
        const busy = coming.filter((transit) => missing.some((at) => at !== undefined && bringing(at, [transit])));
        const full = busy.length === coming.length && coming.length === situation.concurrency;
        for (const at of missing) expect(at === undefined || bringing(at, coming) !== undefined || full).toBe(true);
        expect(made.stop.length === 0 || made.start.length > 0).toBe(true);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  it('always has something to do while bytes are missing, unless it may not read ahead', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const missing = situation.nextGap(0, situation.end) !== undefined;
        fc.pre(missing && situation.readAhead === Infinity);
        expect(after(situation, plan(situation)).length).toBeGreaterThan(0);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  it('is the same once it is carried out: it does not go back and forth', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const transits = after(situation, plan(situation));
        const again = plan({ ...situation, transits });
        expect(again.stop).toEqual([]);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  describe('with one request at a time', () => {
    const carrier: Transit = { start: 50 * K, position: 100 * K, end: 600 * K, carriedAt: 1000 };
    const base: Situation<Transit> = {
      demands: [],
      lastDemands: [],
      transits: [carrier],
      nextGap: (start, end) => ({ start, end }),
      end: 1000 * K,
      concurrency: 1,
      chunkSize: 200 * K,
      readAhead: Infinity,
      bytesInLatency: 0,
    };
    const here = { start: 100 * K, end: 110 * K };
    const there = { start: 700 * K, end: 710 * K };

    it('gives up what nobody waits for any more: that was a seek', () => {
      const { stop, start } = plan({ ...base, demands: [{ ...there, since: 1000 }] });
      expect([stop, start]).toEqual([[carrier], [{ start: 700 * K, end: 900 * K }]]);
    });

    it('lets go on what another reader waited for a moment ago', () => {
      expect(plan({ ...base, demands: [{ ...there, since: 900 }] })).toMatchObject({ stop: [], start: [] });
    });

    it('lets it have its turn, and no more', () => {
      const done = { ...carrier, position: 400 * K };
      const { stop, start } = plan({
        ...base,
        transits: [done],
        demands: [{ start: 700 * K, end: 710 * K, since: 900 }],
      });
      expect([stop, start]).toEqual([[done], [{ start: 700 * K, end: 900 * K }]]);
    });

    it('lets go on what another waits for now, unless this one is needed earlier', () => {
      const waiting = { ...here, since: 2000, neededBy: 5000 };
      for (const neededBy of [undefined, 5000, 6000]) {
        expect(plan({ ...base, demands: [waiting, { ...there, since: 3000, neededBy }] })).toMatchObject({
          stop: [],
          start: [],
        });
      }
      const { stop, start } = plan({ ...base, demands: [{ ...there, since: 3000, neededBy: 4000 }, waiting] });
      expect([stop, start]).toEqual([[carrier], [{ start: 700 * K, end: 900 * K }]]);
    });
  });
});
