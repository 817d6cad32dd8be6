import { describe, expect, it } from '@jest/globals';
import type { ByteRange } from 'tidemark';
import { Places } from '../../../../lib/http/download/plan/places.js';
import { Planner, type Waiting } from '../../../../lib/http/download/plan/planner.js';
import type { Transit } from '../../../../lib/http/download/plan/situation.js';

const MIB = 2 ** 20;
const PIECE = 65_536;
const nothingThere = (start: number, end: number): ByteRange | undefined => (start < end ? { start, end } : undefined);
const store = { nextGap: nothingThere, end: 100 * MIB, concurrency: 1, chunkSize: 64 * MIB };

describe('what a plan is made from', () => {
  const wait = (start: number, since: number): Waiting => ({ start, end: start + PIECE, reader: 'owner', since });
  const carrier: Transit = { start: 0, position: 100, end: MIB, askedAt: 0, answered: true, carriedAt: 500 };

  it.each([
    ['tells the time of the other clock', 1000],
    ['was set back by an hour', 1000 - 3_600_000],
    ['was set forward by an hour', 1000 + 3_600_000],
  ])(
    'is the moment at which a wait was first seen, whatever the clock says that its `since` is of: it %s',
    (_, since) => {
      const planner = new Planner(Infinity, 0);
      // It waits since before the other was last served, and that one has its turn.
      planner.demanded([wait(50 * MIB, since)], nothingThere, 400);
      planner.demanded([{ ...wait(50 * MIB, since), start: 50 * MIB + 10 }], nothingThere, 600);
      expect(planner.plan({ ...store, transits: [carrier] }, 600)).toMatchObject({ stop: [], start: [] });
      // Another wait is a seek.
      planner.demanded([wait(60 * MIB, since)], nothingThere, 600);
      expect(planner.plan({ ...store, transits: [carrier] }, 600)).toMatchObject({ stop: [carrier] });
    },
  );

  it('is what was waited for last, when nobody waits', () => {
    const planner = new Planner(2 * MIB, 5 * MIB);
    const plan = (): unknown => planner.plan({ ...store, transits: [] }, 0).start;
    expect(plan()).toEqual([{ start: 5 * MIB, end: 6 * MIB, wanted: false }]);
    planner.demanded([wait(50 * MIB, 0)], nothingThere, 0);
    planner.demanded([], nothingThere, 0);
    expect(plan()).toEqual([{ start: 50 * MIB, end: 51 * MIB, wanted: false }]);
    expect(planner.readsOn(52 * MIB + PIECE - 1)).toBe(true);
    expect(planner.readsOn(52 * MIB + PIECE)).toBe(false);
  });
});

describe('a plan', () => {
  /** A planner of a server that answers in 10 ms, and sends 10 MB a second. */
  function paced(): Planner {
    const planner = new Planner(Infinity, 0);
    planner.pace.answered(10);
    planner.pace.received(0, 0);
    planner.pace.received(100_000, 10);
    return planner;
  }

  const more = { ...store, concurrency: 4 };
  const at = (position: number): Transit => {
    return { start: 0, position, end: MIB, askedAt: 0, answered: true, carriedAt: -Infinity };
  };

  it('is settled exactly as long as what is on its way lasts longer than an answer takes', () => {
    const planner = paced();
    for (const left of [MIB, 200_000, 100_001]) {
      const transit = at(MIB - left);
      expect(planner.isSettled([transit], nothingThere, 10)).toBe(true);
      expect(planner.plan({ ...more, transits: [transit] }, 10)).toMatchObject({ stop: [], shorten: [], start: [] });
    }
    for (const left of [100_000, 1, 0]) {
      const transit = at(MIB - left);
      expect(planner.isSettled([transit], nothingThere, 10)).toBe(false);
      expect(planner.plan({ ...more, transits: [transit] }, 10).start).toHaveLength(1);
    }
  });

  it('is settled by all that is on its way together', () => {
    const planner = paced();
    const transits = [at(MIB - 1), { ...at(MIB), start: MIB, end: MIB + 100_001 }];
    expect(planner.isSettled(transits, nothingThere, 10)).toBe(true);
    expect(planner.plan({ ...more, transits }, 10)).toMatchObject({ stop: [], shorten: [], start: [] });
    expect(planner.isSettled([at(MIB), { ...at(MIB), start: MIB, end: MIB + 100_000 }], nothingThere, 10)).toBe(false);
  });

  it('is not settled while somebody waits, or reads in several places', () => {
    const planner = paced();
    const wait = { start: 100, end: 200, reader: 'owner', since: 0 };
    planner.demanded([wait], nothingThere, 10);
    expect(planner.isSettled([at(0)], nothingThere, 10)).toBe(false);
    // It has come: the demand is about to change.
    const following = (from: number, limit: number): ByteRange | undefined =>
      limit > 200 ? { start: Math.max(from, 200), end: limit } : undefined;
    expect(planner.isSettled([at(200)], following, 10)).toBe(true);
    planner.demanded([], () => undefined, 20);
    expect(planner.isSettled([at(0)], nothingThere, 20)).toBe(true);
    const far = (start: number, end: number): ByteRange | undefined => (end - start > MIB ? { start, end } : undefined);
    for (const [round, place] of [0, 50, 0, 50, 0].entries()) {
      const [start, now] = [(place + round / 100) * MIB, 30 + round];
      planner.demanded([{ start, end: start + 10, reader: 'owner', since: now }], far, now);
      planner.demanded([], far, now);
    }
    expect(planner.isSettled([at(0)], far, 40)).toBe(false);
  });
});

describe('places', () => {
  /**
   * Reads a piece at each of these offsets, a tenth of a second apart; returns where somebody was
   * seen to be back in turn.
   */
  function read(places: Places, offsets: readonly number[], startAt = 0): number[] {
    return offsets.filter((start, index) => {
      const now = startAt + index * 100;
      const isBack = places.waits(start, nothingThere, now);
      places.got({ start, end: start + PIECE }, nothingThere, now);
      return isBack;
    });
  }

  const here = [0, 1, 2, 3, 4].map((round) => round * PIECE);
  const there = here.map((start) => start + 50 * MIB);
  const elsewhere = 90 * MIB;
  const [a, b, c] = here as [number, number, number];
  const [x, y, z] = there as [number, number, number];

  it('are read in turn once somebody is back in one, and then in another', () => {
    const places = new Places();
    expect(read(places, [a, x, b, y, c, z])).toEqual([y, c, z]);
    expect(places.inTurn(600)).toMatchObject([{ start: x }, { start: a }]);
  });

  it('are not read in turn by somebody who seeks and changes their mind, or reads on', () => {
    expect(read(new Places(), [a, b, x, y, c])).toEqual([]);
    expect(read(new Places(), [...here, ...there])).toEqual([]);
  });

  it('are no longer read in turn after a seek, or after five seconds', () => {
    const places = new Places();
    read(places, [a, x, b, y]);
    expect(places.inTurn(5300)).toHaveLength(2);
    expect(places.inTurn(5301)).toEqual([]);
    expect(read(places, [elsewhere], 500)).toEqual([]);
    expect(places.inTurn(500)).toEqual([]);
  });

  it('go on behind what is there', () => {
    const places = new Places();
    read(places, [a, x, b, y]);
    const isCovered = (start: number, end: number): ByteRange | undefined =>
      end > 20 * MIB ? { start, end } : undefined;
    expect(places.waits(20 * MIB, isCovered, 500)).toBe(true);
  });
});
