import type { ByteRange } from '../../../range/byte-range.js';
import type { Resource } from '../../../resource/resource.js';
import { type Use, useOf } from '../../../window/use.js';
import { aheadOf } from '../plan/situation.js';
import type { Target } from '../target.js';

/** How often to look at most where readers that find their bytes there go on, in milliseconds. */
const EVERY = 50;
/** So long what was found to be the reach is kept, in milliseconds: bytes come much faster. */
const KEPT = 10;
/** Who has moved within so many milliseconds before the last one that did reads on, too. */
const TOGETHER = 1000;

type NextGap = (from: number, limit: number) => ByteRange | undefined;

/**
 * Where a window has room for what a download brings: near to where its readers are.
 *
 * The window knows four places of each, also those that it has left for good. Only where somebody
 * goes on is read ahead of: a place counts from when it was first seen until another one is seen
 * that much later.
 *
 * What it says is that of its last {@link Room.look}. Ranges are half-open, in bytes; moments are
 * in milliseconds, of a clock that nobody can set.
 */
export class Room {
  readonly #use: Use;
  readonly #resource: Resource;
  readonly #target: Target;
  readonly #readAhead: number;
  /** When each of the window's places was first seen. */
  #seenAt: ReadonlyMap<number, number> = new Map<number, number>();
  #places: readonly ByteRange[];
  #waits: readonly ByteRange[] = [];
  #reach = 0;
  #reachAt = -Infinity;
  /** Where the content ended when {@link Room.reach} was found. */
  #end = Infinity;
  #lookedAt = -Infinity;
  /** Something has changed since what it says was found. */
  #hasNews = false;
  readonly #told: () => void;
  #stopListening = (): void => undefined;

  private constructor(use: Use, told: () => void, resource: Resource, target: Target, readAhead: number) {
    this.#use = use;
    this.#told = told;
    this.#resource = resource;
    this.#target = target;
    this.#readAhead = readAhead;
    this.#places = [{ start: target.start, end: target.start }];
  }

  /**
   * Undefined: the resource keeps all bytes.
   *
   * @param told - called when a look is worth while; see {@link Room.nextLook}
   */
  static of(resource: Resource, target: Target, readAhead: number, told: () => void): Room | undefined {
    const use = useOf(resource.driver);
    return use === undefined ? undefined : new Room(use, told, resource, target, readAhead);
  }

  /** Places where somebody reads, the last one first; until somebody does, the place to begin. */
  get places(): readonly ByteRange[] {
    return this.#places;
  }

  /** How far ahead of them, and of what is waited for, there is room; `Infinity`: for all of it. */
  get reach(): number {
    return this.#reach;
  }

  get isLimited(): boolean {
    return this.#reach < Infinity;
  }

  /** When to look again; `Infinity`: not before it has told that something has changed. */
  get nextLook(): number {
    return this.isLimited && this.#hasNews ? this.#lookedAt + EVERY : Infinity;
  }

  /** Tells nothing any more. */
  close(): void {
    this.#stopListening();
  }

  /** Looks where readers are; `waits` is what is waited for. */
  look(waits: readonly ByteRange[], now: number): void {
    this.#lookedAt = now;
    this.#waits = waits;
    const isNew = now - this.#reachAt < KEPT;
    if (!isNew) this.#listen();
    const { places } = this.#use;
    // Of a reader that pauses for long the window knows nothing any more: it goes on where it was.
    if (places.length > 0) this.#places = this.#moving(places, now);
    if (isNew) this.#hasNews = true;
    else this.#measure(now);
  }

  /**
   * Whether to read a body on that brings everything, and has come to `position`: what lies in
   * front of a wait is passed over, but no place is hurried to where nobody waits.
   */
  readsOn(position: number): boolean {
    if (this.#waits.some((wait) => position < this.#aheadOf(wait))) return true;
    const isNew = this.#seenAt.size === 0;
    return this.#places.some((place) => (isNew || place.start <= position) && position < this.#aheadOf(place));
  }

  /** What of `[start, end)` is to be written, of a body that brings everything. */
  wantedOf(start: number, end: number): readonly ByteRange[] {
    // The answer that brings it may have told where it all ends.
    if (this.#target.end !== this.#end) this.#measure(this.#reachAt);
    if (!this.isLimited) return [{ start, end }];
    const near = [...this.#waits, ...this.#places]
      .map((place) => ({ start: Math.max(start, place.start), end: Math.min(end, this.#aheadOf(place)) }))
      .sort((a, b) => a.start - b.start);
    const wanted: ByteRange[] = [];
    let behind = start;
    for (const range of near) {
      const from = Math.max(range.start, behind);
      if (from < range.end) wanted.push({ start: from, end: range.end });
      behind = Math.max(behind, range.end);
    }
    return wanted;
  }

  /**
   * Whether a body that brings everything, and has come to `position`, has passed what is waited
   * for most urgently: it has to be asked for anew.
   */
  hasPassed(position: number, [first]: readonly ByteRange[], nextGap: NextGap): boolean {
    if (!this.isLimited || first === undefined) return false;
    const missing = nextGap(first.start, first.end);
    return missing !== undefined && missing.start < position;
  }

  /** Before it looks: it is told of what it does not see. */
  #listen(): void {
    this.#stopListening();
    this.#hasNews = false;
    this.#stopListening = this.#use.whenChanged(() => {
      this.#hasNews = true;
      this.#told();
    });
  }

  #measure(now: number): void {
    this.#reachAt = now;
    const { start, end } = this.#target;
    this.#end = Math.max(start, end);
    const active = [...this.#waits, ...this.#places];
    this.#reach = this.#use.reach(active, this.#resource.coverage, { start, end: this.#end });
  }

  #moving(places: readonly number[], now: number): readonly ByteRange[] {
    this.#seenAt = new Map(places.map((place) => [place, this.#seenAt.get(place) ?? now]));
    const seen = [...this.#seenAt].sort((a, b) => b[1] - a[1]);
    const [, last = now] = seen[0] ?? [];
    return seen.filter(([, at]) => last - at <= TOGETHER).map(([start]) => ({ start, end: start }));
  }

  #aheadOf(range: ByteRange): number {
    return aheadOf({ readAhead: this.#readAhead, reach: this.#reach }, range);
  }
}
