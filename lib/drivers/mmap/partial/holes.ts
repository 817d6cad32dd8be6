import type { ByteRange } from '../../../range/byte-range.js';
import { subtractRanges } from '../../../range/subtract-ranges.js';
import type { StoredRecord } from '../../../record/record-codec.js';
import type { FileSet } from '../files/file-set.js';
import type { FileStatus } from '../files/file-system.js';
import { systemCode } from '../files/io-error.js';
import type { OpenFile } from '../files/open-file.js';

/** Where bytes were evicted is remembered in parts of this many bytes of the file. */
const PART = 2 ** 20;
/** How much is punched in one call, in bytes: it takes some 10 ms on a slow disk (measured). */
const PIECE = 16 * 2 ** 20;
/** Holes start and end at multiples of this at least, in bytes: memory comes in such pages. */
const PAGE = 4096;
/** What a file takes on disk beside its bytes, in bytes, before that is worth a hole. */
const SPARE = 2 ** 20;
/** Error codes that say: it will not work later either. */
const REFUSED = ['ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'ENODEV', 'EPERM'];

/** For how long holes are punched at a time, in milliseconds, and for how long at close. */
const AT_A_TIME = 8;
const AT_CLOSE = 250;

/** What is known of the content at the moment of each call. */
export interface HoleSource {
  /** What is covered. */
  readonly covered: () => Iterable<ByteRange>;
  /** Changes with each write. */
  readonly writes: () => number;
  /** True as long as `.part` may be changed. */
  readonly mayPunch: () => boolean;
}

/**
 * Gives the space of evicted bytes back to the file system, by punching holes into `.part`.
 *
 * **Why no byte that is listed or covered is a hole.** A hole is punched only where a byte is
 *
 * - not listed by the coverage file, whose name has been made durable before. So whichever coverage
 *   file is found after power loss, it is this one or one about as little; and no older one is
 *   renamed later, since one checkpoint is made at a time;
 * - not covered at that moment. The owner's thread looks and punches in one go, and is the only one
 *   that writes.
 *
 * Readers in other threads may be copying the bytes. A hole is a part of step C in
 * `control/stamps.ts`, which says why they notice.
 *
 * **Why no hole is punched into a file that was ever committed.** Others may have it open, and map
 * it, without any of these checks (measured: they read zeros). So {@link Holes.evicted} is told of
 * bytes only if the file was never committed, which its coverage file says (`neverCommitted`).
 *
 * Which parts of the file have evicted bytes is only a hint that keeps the work small.
 */
export class Holes {
  readonly #fileSet: FileSet;
  readonly #source: HoleSource;
  /** Parts, by index, with bytes whose eviction no coverage file knows yet. */
  readonly #fresh = new Set<number>();
  /** Parts with bytes that the newest coverage file does not list. */
  readonly #unlisted = new Set<number>();
  #refused = false;

  constructor(fileSet: FileSet, source: HoleSource) {
    this.#fileSet = fileSet;
    this.#source = source;
  }

  /** True if there is space to be given back. */
  get isPending(): boolean {
    return this.#fresh.size > 0 || this.#unlisted.size > 0;
  }

  /** False once it is known that there can be no holes here. */
  get isPossible(): boolean {
    return !this.#refused;
  }

  /** Remembers `[start, end)`, which is not covered any more. */
  evicted(start: number, end: number): void {
    if (this.#refused) return;
    for (let part = Math.floor(start / PART); part * PART < end; part += 1) this.#fresh.add(part);
  }

  /**
   * Looks at a file that was found: it may have space that no coverage file lists, since its writer
   * was killed.
   */
  found(
    { size, allocated }: FileStatus,
    { coverage, coveredBytes }: Pick<StoredRecord, 'coverage' | 'coveredBytes'>,
  ): void {
    // Each range may end in the middle of two blocks.
    if (allocated > coveredBytes + 2 * PAGE * coverage.length + SPARE) this.evicted(0, size);
  }

  /** A coverage file is about to be stored that lists nothing of what was evicted so far. */
  unlist(): void {
    for (const part of this.#fresh) this.#unlisted.add(part);
    this.#fresh.clear();
  }

  /** Forgets all of it, for good: it cannot be given back here. */
  giveUp(): void {
    this.#refused = true;
    this.#fresh.clear();
    this.#unlisted.clear();
  }

  /**
   * Punches holes, a few milliseconds at a time.
   *
   * @param listed - what the coverage file on disk lists, durably
   */
  async giveBack(file: OpenFile, listed: Iterable<ByteRange>): Promise<void> {
    const holes = this.#punch(file, listed);
    while (this.#unlisted.size > 0 && this.#source.mayPunch() && !isDoneIn(AT_A_TIME, holes)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** As {@link giveBack}, blocking the thread. What it does not get to is done another time. */
  giveBackAtClose(file: OpenFile, listed: Iterable<ByteRange>): void {
    if (this.#unlisted.size > 0 && this.#source.mayPunch()) isDoneIn(AT_CLOSE, this.#punch(file, listed));
  }

  /**
   * Punches holes, and yields after each, for others to write and evict. What the system refuses
   * stays as it is; it is tried again another time, if that can be of use.
   */
  *#punch(file: OpenFile, listed: Iterable<ByteRange>): Generator<undefined, void> {
    const { covered, writes } = this.#source;
    try {
      const block = Math.max(PAGE, this.#fileSet.blockSize);
      const limit = Math.ceil(file.status.size / block) * block;
      const unlisted = subtractRanges(partsUntil(this.#unlisted, limit), listed);
      let at = 0;
      for (let seen: number | undefined; seen !== writes();) {
        seen = writes();
        for (const { start, end } of wholeBlocks(subtractRanges(unlisted, covered()), block)) {
          for (at = Math.max(at, start); at < end && seen === writes();) {
            const to = Math.min(at + PIECE, end);
            file.punchHole(at, to);
            at = to;
            yield;
          }
        }
      }
      this.#unlisted.clear();
    } catch (error) {
      if (REFUSED.includes(systemCode(error) ?? '')) this.giveUp();
    }
  }
}

/** Takes steps for so many milliseconds; returns true if there is none left. */
function isDoneIn(ms: number, steps: Iterator<undefined>): boolean {
  const until = performance.now() + ms;
  do {
    if (steps.next().done === true) return true;
  } while (performance.now() < until);
  return false;
}

/** The ranges of these parts before `limit`, ordered and disjoint. */
function partsUntil(parts: ReadonlySet<number>, limit: number): ByteRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (const part of [...parts].sort((one, other) => one - other)) {
    const start = part * PART;
    const end = Math.min(start + PART, limit);
    if (start >= end) break;
    const last = ranges.at(-1);
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}

/** The whole blocks in each range. */
function* wholeBlocks(ranges: readonly ByteRange[], block: number): Generator<ByteRange> {
  for (const { start, end } of ranges) {
    yield { start: Math.ceil(start / block) * block, end: Math.floor(end / block) * block };
  }
}
