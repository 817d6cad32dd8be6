import type { ByteRange } from '../../../range/byte-range.js';
import type { Room } from '../window/room.js';
import { Pace } from './pace.js';
import { Places } from './places.js';
import { plan } from './plan.js';
import { bytesInLatency, type Deserted, type Plan, type Situation, type Transit, type Wanted } from './situation.js';

/** What somebody waits for, as the resource tells it. */
export interface Waiting extends ByteRange {
  /** Who waits. */
  readonly reader: string;
  /** Since when, in epoch milliseconds: a clock that may be set. */
  readonly since: number;
  readonly neededBy?: number | undefined;
}

interface Wait extends Waiting {
  /** When it was first seen, by a clock that nobody can set. */
  readonly seenAt: number;
  readonly returning: boolean;
}

/** What the caller knows of a {@link Situation}. */
export type Store<T extends Transit> = Pick<Situation<T>, 'transits' | 'nextGap' | 'end' | 'concurrency' | 'chunkSize'>;

/**
 * Remembers what a plan is made from beside the moment: who waits since when, where, and how fast
 * the server is.
 */
export class Planner {
  readonly pace = new Pace();
  readonly #readAhead: number;
  readonly #places = new Places();
  #waits: readonly Wait[] = [];
  #wanted: readonly Wanted[] = [];
  #lastDemands: readonly ByteRange[];
  #deserted: Deserted | undefined;
  readonly #room: Room | undefined;

  /**
   * @param readAhead - see {@link Situation.readAhead}
   * @param from - where to read ahead from until somebody waits
   * @param room - where there is room, if not for everything
   */
  constructor(readAhead: number, from: number, room?: Room) {
    this.#readAhead = readAhead;
    this.#room = room;
    this.#lastDemands = [{ start: from, end: from }];
  }

  /** What is waited for, the most urgent first. */
  get wanted(): readonly Wanted[] {
    return this.#wanted;
  }

  /** What is waited for has changed; `now` in milliseconds, of a clock that nobody can set. */
  demanded(waiting: readonly Waiting[], nextGap: Store<Transit>['nextGap'], now: number): void {
    const before = new Map<string, Wait[]>();
    for (const wait of this.#waits) before.set(keyOf(wait), [...(before.get(keyOf(wait)) ?? []), wait]);
    const known = waiting.map((one) => before.get(keyOf(one))?.find((wait) => isPartOf(one, wait)));
    const lasting = new Set(known);
    for (const wait of this.#waits) {
      if (!lasting.has(wait) && nextGap(wait.start, wait.end) === undefined) this.#places.got(wait, nextGap, now);
    }
    this.#waits = waiting.map((one, index) => {
      const { reader, since, neededBy } = one;
      const { start, end, seenAt, returning } = known[index] ?? {
        start: one.start,
        end: one.end,
        seenAt: now,
        returning: this.#places.waits(one.start, nextGap, now),
      };
      return { start, end, reader, since, neededBy, seenAt, returning };
    });
    this.#wanted = this.#waits
      .map(({ start, end, neededBy, seenAt, returning }) => ({ start, end, neededBy, since: seenAt, returning }))
      .sort((a, b) => compare(a.neededBy, b.neededBy) || a.since - b.since);
    if (waiting.length > 0) this.#lastDemands = this.#wanted;
  }

  /**
   * Whether to read a body on that cannot be asked for in parts, and has been read up to
   * `position`.
   */
  readsOn(position: number): boolean {
    if (this.#room?.isLimited === true) return this.#room.readsOn(position);
    if (this.#readAhead === Infinity) return true;
    const ends = (this.#waits.length > 0 ? this.#waits : this.#lastDemands).map(({ end }) => end);
    return position < Math.max(...ends) + this.#readAhead;
  }

  /**
   * Whether there is nothing to do as long as nothing changes: nobody waits for what is not there,
   * and more is on its way than what could be had of the next request meanwhile.
   */
  isSettled(transits: Iterable<Transit>, nextGap: Store<Transit>['nextGap'], now: number): boolean {
    if (this.#places.inTurn(now).length > 0) return false;
    if (this.#waits.some(({ start, end }) => nextGap(start, end) !== undefined)) return false;
    if (this.#room !== undefined && now >= this.#room.nextLook) return false;
    const enough = bytesInLatency(this.pace);
    let coming = 0;
    for (const { position, end } of transits) {
      coming += Math.max(0, end - position);
      if (coming > enough) return true;
    }
    return false;
  }

  /** What to do now. */
  plan<T extends Transit>(store: Store<T>, now: number): Plan<T> {
    const room = this.#room?.isLimited === true ? this.#room : undefined;
    const { transits, nextGap, end, concurrency, chunkSize } = store;
    // Not `...store`: V8 makes hidden classes for each such object anew, and keeps them until a
    // major garbage collection (6 kB a plan, measured).
    const made = plan({
      transits,
      nextGap,
      end,
      concurrency,
      chunkSize,
      readAhead: this.#readAhead,
      now,
      demands: this.#wanted,
      lastDemands: room?.places ?? this.#lastDemands,
      reach: room?.reach,
      inTurn: this.#places.inTurn(now),
      latency: this.pace.latency,
      bytesPerSecond: this.pace.bytesPerSecond,
      deserted: this.#deserted,
    });
    this.#deserted = made.deserted;
    return made;
  }
}

/** The same for one wait until it is over. */
function keyOf({ reader, since }: Waiting): string {
  return `${reader} ${since}`;
}

/** What is missing of a wait becomes less. */
function isPartOf(one: ByteRange, wait: ByteRange): boolean {
  return wait.start <= one.start && one.end <= wait.end;
}

function compare(neededBy = Infinity, other = Infinity): number {
  // Infinity - Infinity is NaN.
  return neededBy === other ? 0 : neededBy - other;
}
