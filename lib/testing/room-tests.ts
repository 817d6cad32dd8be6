import type { Driver, RoomUse } from '../drivers/driver.js';
import { isStorageError } from '../errors/storage-error.js';
import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import { subtractRanges } from '../range/subtract-ranges.js';
import { Resource } from '../resource/resource.js';
import { expectBytes, expectSame, pattern, randomNumbers } from './assertions.js';
import type { ConformanceTest } from './conformance-test.js';
import { readBack } from './driver-calls.js';

const PIECE = 50_000;
/** Nothing needed, nothing held, and a reader at the start. */
const IDLE: RoomUse = { places: [0], needed: [], held: [] };
/** A driver that takes as many pieces has no window, or one that takes too long to fill. */
const MOST_PIECES = 1000;

/**
 * Tests of drivers that have `makeRoom`: they are told what the content is used for, which is made
 * up here.
 */
export function roomTests<D extends Driver>(): readonly ConformanceTest<D>[] {
  return [
    [
      'makes room for content without end, and keeps what it did not give up',
      async ({ open }) => {
        const window = new FilledWindow(await open());
        const { pieces } = window;
        for (let index = pieces; index < 3 * pieces; index += 1) {
          window.write(index, { ...IDLE, places: [index * PIECE] });
          // Not each time: that takes long in a large window.
          if (index % Math.ceil(pieces / 4) === 0) window.expectKept();
        }
        window.expectKept();
      },
    ],
    [
      'makes room far from everything else, and across what is there',
      async ({ open }) => {
        const window = new FilledWindow(await open());
        const last = Math.floor(MAX_OFFSET / PIECE) - 1;
        for (const index of [last, 2 * window.pieces, last - 1, 0.5, last - 0.5]) window.write(index, IDLE);
        window.expectKept();
      },
    ],
    [
      'gives up nothing where there is room',
      async ({ open }) => {
        const driver = await open();
        expectSame(driver.makeRoom?.(0, PIECE, IDLE).length, 0, 'ranges given up for the first write');
        driver.write(0, pattern(PIECE, 0));
        expectSame(driver.makeRoom?.(0, PIECE, IDLE).length, 0, 'ranges given up for writing it again');
      },
    ],
    [
      'gives up nothing that is held, wherever readers are',
      async ({ open }) => {
        const held = [
          { start: 1, end: 2 },
          { start: PIECE, end: 1.5 * PIECE },
        ];
        const window = new FilledWindow(await open(), { ...IDLE, held });
        const { pieces } = window;
        for (let index = pieces; index < 3 * pieces; index += 1) {
          window.write(index, { places: [index * PIECE], needed: [], held });
          window.expectThere(held);
        }
        window.expectKept();
      },
    ],
    [
      'gives up nothing of what is needed most urgently, even if more is needed than it can keep',
      async ({ open }) => {
        const first = { start: 10, end: PIECE - 10 };
        const all = Array.from({ length: MOST_PIECES }, (_, index) => rangeOf(index));
        const needed = [first, ...all];
        const window = new FilledWindow(await open(), { ...IDLE, needed });
        const { pieces } = window;
        for (let index = pieces; index < 3 * pieces; index += 1) {
          window.write(index, { places: [index * PIECE], needed, held: [] });
          window.expectThere([first]);
        }
        window.expectKept();
      },
    ],
    [
      'throws CAPACITY where nothing may go, and changes nothing',
      async ({ open }) => {
        const window = new FilledWindow(await open());
        const before = window.covered;
        const index = 2 * window.pieces;
        const held = [{ start: 0, end: MAX_OFFSET }];
        let thrown: unknown;
        try {
          window.write(index, { ...IDLE, held });
        } catch (error) {
          thrown = error;
        }
        if (!isStorageError(thrown, 'CAPACITY')) throw new Error('expected a StorageError with the code CAPACITY');
        expectSame(window.covered, before, 'what is there');
        window.expectKept();
        window.write(index, IDLE);
        window.expectKept();
      },
    ],
    [
      'under a resource, reads give what was written, as far as it is there, and room is made for every write',
      async ({ create }) => {
        const resource = Resource.open(await create());
        const random = randomNumbers(5);
        const target = new Uint8Array(PIECE);
        let evictions = 0;
        resource.evictions$.subscribe(() => (evictions += 1));
        for (let step = 0; step < 3000 && evictions < 300; step += 1) {
          const start = random(MOST_PIECES * PIECE);
          const end = start + 1 + random(PIECE);
          resource.writeAt(start, contentOf({ start, end }));
          expectSame(resource.has({ start, end }), true, `bytes of step ${step} are covered`);
          const from = step % 2 === 0 ? Math.max(0, start - random(PIECE)) : random(MOST_PIECES * PIECE);
          const length = resource.readAt(from, target);
          const read = { start: from, end: from + length };
          expectBytes(target.subarray(0, length), contentOf(read), `bytes at ${from}, step ${step}`);
        }
        expectSame(evictions > 0, true, 'something had to go');
        resource.close();
      },
    ],
  ];
}

/** A driver that has been written to until something had to go. */
class FilledWindow {
  /** How many pieces in a row it took. */
  readonly pieces: number;
  /** What has to be there, in ascending order. */
  covered: readonly ByteRange[] = [];
  readonly #driver: Driver;

  constructor(driver: Driver, use = IDLE) {
    this.#driver = driver;
    let pieces = 0;
    while (this.write(pieces, use) === 0) {
      pieces += 1;
      if (pieces === MOST_PIECES)
        throw new Error(`a driver with makeRoom has to be full before ${pieces * PIECE} bytes`);
    }
    this.pieces = pieces;
  }

  /** Asks for room and writes a piece, as a resource does; returns how many ranges went for it. */
  write(index: number, use: RoomUse): number {
    const { start, end } = rangeOf(index);
    const driver = this.#driver;
    const gone = [...(driver.makeRoom?.(start, end, use) ?? [])].sort((one, other) => one.start - other.start);
    for (const range of gone) {
      if (range.start < end && start < range.end) throw new Error(`${show(range)} is to go for a write into it`);
    }
    const left = subtractRanges(this.covered, gone);
    for (const range of subtractRanges(this.covered, left)) driver.evict?.(range.start, range.end);
    driver.write(start, contentOf({ start, end }));
    const others = subtractRanges(left, [{ start, end }]);
    this.covered = [...others, { start, end }].sort((one, other) => one.start - other.start);
    return gone.length;
  }

  /** Fails unless all that was not given up can be read. */
  expectKept(): void {
    for (const range of this.covered) {
      const { start, end } = range;
      expectBytes(readBack(this.#driver, start, end - start), contentOf(range), `bytes of ${show(range)}`);
    }
  }

  /** Fails unless nothing of the ranges was given up. */
  expectThere(ranges: readonly ByteRange[]): void {
    const [missing] = subtractRanges(ranges, this.covered);
    if (missing !== undefined) throw new Error(`${show(missing)} has gone`);
  }
}

function rangeOf(index: number): ByteRange {
  return { start: index * PIECE, end: (index + 1) * PIECE };
}

/** Bytes that differ by offset, however the ranges are cut. */
function contentOf({ start, end }: ByteRange): Uint8Array {
  const period = 65_521;
  const bytes = new Uint8Array(end - start);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = (((start + index) % period) * 7) >> 3;
  return bytes;
}

function show({ start, end }: ByteRange): string {
  return `[${start}, ${end})`;
}
