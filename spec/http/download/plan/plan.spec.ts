import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ByteRange } from 'tidemark';
import { plan } from '../../../../lib/http/download/plan/plan.js';
import {
  bytesInLatency,
  type Situation,
  type Start,
  type Transit,
  type Wanted,
} from '../../../../lib/http/download/plan/situation.js';

const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const LENGTH = 400;
const K = 1024; // so that distances matter

const anyRange = fc
  .tuple(fc.nat(LENGTH - 1), fc.nat(80))
  .map(([start, length]) => ({ start, end: start + length + 1 }));

const transit = fc.tuple(anyRange, fc.nat(999), fc.boolean(), fc.boolean());

/** Missing bytes and disjoint transits within them, demands anywhere. */
const situations = fc
  .record({
    covered: fc.array(anyRange, { maxLength: 8 }),
    transits: fc.array(transit, { maxLength: 5 }),
    demands: fc.array(anyRange, { maxLength: 6 }),
    lastDemands: fc.array(anyRange, { maxLength: 3 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    chunkSize: fc.integer({ min: 1, max: 150 }),
    readAhead: fc.oneof(fc.nat(200), fc.constant(Infinity)),
    bytesInLatency: fc.nat(100),
    inTurn: fc.array(anyRange, { maxLength: 3 }),
    returning: fc.boolean(),
    since: fc.nat(999),
    latency: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 2000 })),
    end: fc.oneof(fc.constant(LENGTH), fc.constant(Number.MAX_SAFE_INTEGER)),
  })
  .map((raw) => {
    const isCovered = (unit: number): boolean => raw.covered.some(({ start, end }) => start <= unit && unit < end);
    const transits: Transit[] = [];
    for (const [{ start, end }, askedAt, answered, wanted] of raw.transits.toSorted(([a], [b]) => a.start - b.start)) {
      const free = transits.every((other) => other.end <= start * K);
      const missing = Array.from({ length: end - start }, (_, i) => start + i).every((unit) => !isCovered(unit));
      if (free && missing && end <= LENGTH && transits.length < raw.concurrency)
        transits.push({ ...asked({ start: start * K, end: end * K, wanted: wanted && !answered }, askedAt), answered });
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
    const bytes = ({ start, end }: ByteRange): Wanted => ({
      start: start * K,
      end: end * K,
      since: 1,
      returning: raw.returning,
    });
    const situation: Situation<Transit> = {
      now: 1000,
      transits,
      nextGap,
      demands: raw.demands.map(bytes),
      lastDemands: raw.lastDemands.map(bytes),
      concurrency: raw.concurrency,
      chunkSize: raw.chunkSize * K,
      readAhead: raw.readAhead * K,
      inTurn: raw.inTurn.map(({ start, end }) => ({ start: start * K, end: end * K })),
      latency: raw.latency,
      bytesPerSecond: raw.latency === undefined ? 0 : (raw.bytesInLatency * K * 1000) / raw.latency,
      end: raw.end === LENGTH ? LENGTH * K : raw.end,
    };
    return situation;
  });

/** A request just made. */
function asked({ start, end, wanted }: Start, askedAt = 1000): Transit {
  return { start, position: start, end, askedAt, answered: false, carriedAt: wanted ? askedAt : -Infinity };
}

/** What is on its way once the plan is carried out. */
function after(
  { transits }: Situation<Transit>,
  { stop, shorten, start }: ReturnType<typeof plan<Transit>>,
): Transit[] {
  const kept = transits
    .filter((transit) => !stop.includes(transit))
    .map((transit) => shorten.find((other) => other.transit === transit) ?? transit)
    .map((transit) => ('transit' in transit ? { ...transit.transit, end: transit.end } : transit));
  return [...kept, ...start.map((range) => asked(range))];
}

const firstMissing = ({ nextGap, end }: Situation<Transit>, demand: ByteRange): number | undefined =>
  demand.start < Math.min(demand.end, end) ? nextGap(demand.start, Math.min(demand.end, end))?.start : undefined;

/** Nothing is there, on its way or waited for. */
const nothing: Situation<Transit> = {
  now: 4000,
  demands: [],
  lastDemands: [],
  inTurn: [],
  transits: [],
  nextGap: (start, end) => ({ start, end }),
  end: 1000 * K,
  concurrency: 4,
  chunkSize: 1000 * K,
  readAhead: Infinity,
  latency: undefined,
  bytesPerSecond: 0,
};

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
        const near = Math.max(32 * K, bytesInLatency(situation));
        const bringing = (at: number, list: readonly Transit[]): Transit | undefined =>
          list.find(({ position, end }) => position <= at && at < end && at - position <= near);
        const missing = situation.demands.map((demand) => firstMissing(situation, demand));
        const busy = coming.filter((transit) => missing.some((at) => at !== undefined && bringing(at, [transit])));
        const full = busy.length === coming.length && coming.length === situation.concurrency;
        const isHeld = made.again !== undefined;
        const unserved = missing.filter((at) => at !== undefined && bringing(at, coming) === undefined);
        expect(full || isHeld ? [] : unserved).toEqual([]);
        expect(made.start.length > 0 || isHeld ? [] : made.stop).toEqual([]);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  it('always has something to do while bytes are missing, unless it may not read ahead', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const missing = situation.nextGap(0, situation.end) !== undefined;
        fc.pre(missing && situation.readAhead === Infinity);
        const made = plan(situation);
        // Where nothing is on its way, the moment at which it goes on is to come.
        const goesOnAt = after(situation, made).length > 0 ? Infinity : made.again;
        expect(goesOnAt).toBeGreaterThan(situation.now);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  it('is the same once it is carried out: it does not go back and forth', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const made = plan(situation);
        const { stop } = plan({ ...situation, transits: after(situation, made), deserted: made.deserted });
        expect(stop).toEqual([]);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  describe('with one request at a time', () => {
    const carrier: Transit = {
      start: 50 * K,
      position: 100 * K,
      end: 600 * K,
      askedAt: 0,
      answered: true,
      carriedAt: 1000,
    };
    const base: Situation<Transit> = { ...nothing, transits: [carrier], concurrency: 1, chunkSize: 200 * K };
    const here = { start: 100 * K, end: 110 * K };
    const there = { start: 700 * K, end: 710 * K };

    it('gives up what nobody waits for any more: that was a seek', () => {
      const { stop, start } = plan({ ...base, demands: [{ ...there, since: 1000 }] });
      expect([stop, start]).toEqual([[carrier], [{ start: 700 * K, end: 900 * K, wanted: true }]]);
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
      expect([stop, start]).toEqual([[done], [{ start: 700 * K, end: 900 * K, wanted: true }]]);
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
      expect([stop, start]).toEqual([[carrier], [{ start: 700 * K, end: 900 * K, wanted: true }]]);
    });
  });

  describe('with places that are read in turn', () => {
    const track = (at: number): Transit => ({
      start: at,
      position: at + 10 * K,
      end: at + 200 * K,
      askedAt: 0,
      answered: true,
      carriedAt: 3900 + at / K / 1000,
    });
    const places = [100, 400, 700].map((at) => ({ start: at * K, end: (at + 10) * K }));
    /** They are there as far as the streams have come. */
    const nextGap = (from: number, limit: number): ByteRange | undefined => {
      const start = places.find((place) => place.start <= from && from < place.end)?.end ?? from;
      return start < limit ? { start, end: limit } : undefined;
    };
    const others = [track(100 * K), track(400 * K)];
    const base = { ...nothing, nextGap, inTurn: places, transits: others, chunkSize: 200 * K };
    const back = { start: 710 * K, end: 720 * K, since: 4000, returning: true };
    const request = { start: 710 * K, end: 910 * K, wanted: true };

    it('keeps the streams of the others when somebody is back in one of them', () => {
      expect(plan({ ...base, demands: [back] })).toMatchObject({ stop: [], start: [request] });
    });

    it('gives up the one that was left longest ago where there is no room for all', () => {
      expect(plan({ ...base, concurrency: 2, demands: [back] })).toMatchObject({ stop: [others[0]], start: [request] });
    });

    it('gives up all of them for a place that is new: that was a seek', () => {
      const { stop, start } = plan({ ...base, demands: [{ ...back, returning: false }] });
      expect([new Set(stop), start]).toEqual([new Set(others), [request]]);
    });

    it('gives up what reads ahead elsewhere', () => {
      const elsewhere = { ...track(0), position: 50 * K, end: 90 * K };
      expect(plan({ ...base, transits: [elsewhere], demands: [back] }).stop).toEqual([elsewhere]);
    });

    it('reads ahead in each of them', () => {
      const { start } = plan({ ...base, transits: others.slice(1) });
      expect(start).toEqual([
        { start: 110 * K, end: 310 * K, wanted: false },
        { start: 710 * K, end: 910 * K, wanted: false },
      ]);
    });
  });

  describe('for seeks that follow each other', () => {
    const passed: Transit = {
      start: 100 * K,
      position: 100 * K,
      end: 300 * K,
      askedAt: 3980,
      answered: false,
      carriedAt: 3980,
    };
    const next = { start: 700 * K, end: 710 * K, since: 3990 };
    const base = { ...nothing, transits: [passed], demands: [next], latency: 100 };
    const request = { start: 700 * K, end: 1000 * K, wanted: true };

    it('gives up the request that was passed by, and makes the next one when its answer would have come', () => {
      const made = plan(base);
      const deserted = { askedAt: 3980, until: 4080 };
      expect(made).toMatchObject({ stop: [passed], start: [], again: 4080, deserted });
      const later = { ...base, transits: [], deserted };
      expect(plan({ ...later, now: 4079 })).toMatchObject({ start: [], again: 4080, deserted });
      expect(plan({ ...later, now: 4080 })).toMatchObject({ start: [request], again: undefined, deserted: undefined });
    });

    it('makes the next one at once if the one before was answered, or nobody had waited for it', () => {
      for (const change of [{ answered: true }, { carriedAt: -Infinity }, { askedAt: 3900 }]) {
        const before = { ...passed, ...change };
        expect(plan({ ...base, transits: [before] })).toMatchObject({ stop: [before], start: [request] });
      }
    });

    it('makes one at once for somebody who has waited since before', () => {
      const demands = [{ ...next, since: 3970 }];
      expect(plan({ ...base, demands })).toMatchObject({ stop: [passed], start: [request] });
    });

    it('lets the first answer come, whoever it was for: it tells how long answers take', () => {
      const first = { ...base, latency: undefined };
      expect(plan(first)).toMatchObject({ stop: [], start: [], again: 4980, deserted: undefined });
      const answered = [{ ...passed, answered: true }];
      expect(plan({ ...first, transits: answered })).toMatchObject({ stop: answered, start: [request] });
    });
  });

  describe('with each request', () => {
    const M = 2 ** 20;
    const fast = { ...nothing, end: 900 * M, chunkSize: 64 * M, latency: 10, bytesPerSecond: 20 * M };
    const wait = { start: 100 * M, end: 101 * M, since: 4000 };
    const lengths = (situation: Situation<Transit>): number[] =>
      plan(situation).start.map(({ start, end }) => (end - start) / M);

    it('asks for about what comes in a second', () => {
      expect(lengths(fast)).toEqual([20]);
      expect(lengths({ ...fast, demands: [wait] })).toEqual([20]);
    });

    it('asks for a MiB at least, and as long as the rate is not known', () => {
      expect(lengths({ ...fast, bytesPerSecond: 1000 })).toEqual([1]);
      expect(lengths({ ...fast, bytesPerSecond: 0 })).toEqual([1]);
    });

    it('asks for no more than a chunk', () => {
      expect(lengths({ ...fast, chunkSize: 5 * M })).toEqual([5]);
      expect(lengths({ ...fast, chunkSize: M / 2 })).toEqual([0.5]);
    });

    it('asks for a MiB while somebody waits elsewhere', () => {
      expect(lengths({ ...fast, demands: [wait, { ...wait, start: 200 * M, end: 201 * M }] })).toEqual([1, 1]);
    });
  });
});
