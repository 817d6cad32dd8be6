import { describe, expect, it } from '@jest/globals';

import { PLACE_WORDS, PLACES } from '../../lib/control/cell-layout.js';
import { PlaceNotes, RecentPlaces } from '../../lib/control/place-notes.js';

const MIB = 2 ** 20;

function both(): { notes: PlaceNotes; placesAt: (now: number, ...waits: number[]) => number[] } {
  const words = new Int32Array(PLACES * PLACE_WORDS);
  const recent = new RecentPlaces(words);
  return {
    notes: new PlaceNotes(words),
    placesAt: (now, ...waits) => {
      const places: number[] = [];
      recent.collect(
        places,
        now,
        waits.map((start) => ({ start })),
      );
      return places.sort((one, other) => one - other);
    },
  };
}

describe('the places of a reader', () => {
  it('are none before it reads', () => {
    expect(both().placesAt(0)).toEqual([]);
  });

  it('are one for reads in order, also with small parts left out or read twice', () => {
    const { notes, placesAt } = both();
    for (const offset of [0, 1000, 1000, 50_000, 40_000]) notes.note(offset, 1000);
    expect(placesAt(0)).toEqual([40_000]);
  });

  it('are two for two that are read in turn, however long', () => {
    const { notes, placesAt } = both();
    for (let step = 0; step < 100; step += 1) {
      notes.note(step * 1000, 1000);
      notes.note(50 * MIB + step * 1000, 1000);
    }
    expect(placesAt(0)).toEqual([99_000, 50 * MIB + 99_000]);
  });

  it('are the last four, in place of the one that was not read for longest', () => {
    const { notes, placesAt } = both();
    for (const place of [1, 2, 3, 4]) notes.note(place * MIB, 10);
    notes.note(MIB + 10, 10);
    notes.note(5 * MIB, 10);
    expect(placesAt(0)).toEqual([MIB + 10, 3 * MIB, 4 * MIB, 5 * MIB]);
  });

  it('have offsets to 2^53−1', () => {
    const { notes, placesAt } = both();
    notes.note(2 ** 53 - 2, 1);
    expect(placesAt(0)).toEqual([2 ** 53 - 2]);
  });

  it('count for ten seconds after a read that was seen, and as long as somebody waits there', () => {
    const { notes, placesAt } = both();
    notes.note(MIB, 10);
    notes.note(9 * MIB, 0);
    expect(placesAt(1000)).toEqual([MIB, 9 * MIB]);
    expect(placesAt(11_000, 9 * MIB)).toEqual([MIB, 9 * MIB]);
    expect(placesAt(11_001, 9 * MIB)).toEqual([9 * MIB]);
    notes.note(MIB, 10);
    expect(placesAt(12_000)).toEqual([MIB, 9 * MIB]);
  });
});
