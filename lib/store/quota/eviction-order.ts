import type { Item } from '../entries/item.js';

/** What is evicted together: one entry, or a group of them. */
export interface Unit {
  readonly items: Set<Item>;
  /** When any of them was used last. */
  usedAt: number;
  /** How many of its items may not be evicted. */
  guarded: number;
  /** What they take together. */
  bytes: number;
}

interface Candidate {
  readonly unit: Unit;
  readonly usedAt: number;
}

/**
 * Why an item may not be evicted: it is pinned; somebody has a lease; it is being committed; its
 * download has leave to go on; somebody is about to use it; or it has nothing but a record that has
 * to stay.
 */
export type Guard = 'pinned' | 'leased' | 'committing' | 'downloading' | 'opening' | 'empty';

/**
 * Which entries go first: those that were used longest ago, and that nothing guards.
 *
 * The candidates are a binary heap, oldest first. A unit is pushed whenever it becomes a candidate
 * or was used; what the heap has of a unit that is guarded, used since or empty by now is left out
 * when it comes to the top. So each change costs O(log n), and so does finding the next.
 */
export class EvictionOrder {
  readonly #byGroup: boolean;
  readonly #units = new Map<Item | string, Unit>();
  #heap: Candidate[] = [];
  #guardedBytes = 0;
  #bytes = 0;

  constructor(by: 'entry' | 'group') {
    this.#byGroup = by === 'group';
  }

  /** What all entries take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What could not be evicted of it, now. */
  get guardedBytes(): number {
    return this.#guardedBytes;
  }

  add(item: Item): void {
    const place = this.#placeOf(item);
    let unit = this.#units.get(place);
    if (unit === undefined) {
      unit = { items: new Set(), usedAt: 0, guarded: 0, bytes: 0 };
      this.#units.set(place, unit);
    }
    this.#uncount(unit);
    unit.items.add(item);
    unit.bytes += item.bytes;
    if (item.guards.size > 0) unit.guarded += 1;
    unit.usedAt = Math.max(unit.usedAt, item.usedAt);
    this.#count(unit);
  }

  remove(item: Item): void {
    const place = this.#placeOf(item);
    const unit = this.#units.get(place);
    if (unit?.items.has(item) !== true) return;
    this.#uncount(unit);
    unit.items.delete(item);
    unit.bytes -= item.bytes;
    if (item.guards.size > 0) unit.guarded -= 1;
    if (unit.items.size === 0) this.#units.delete(place);
    else this.#count(unit);
  }

  /** Changes something of an item by which it is ordered: group, bytes, guards or time. */
  change(item: Item, change: () => void): void {
    const isKnown = this.#units.get(this.#placeOf(item))?.items.has(item) === true;
    if (isKnown) this.remove(item);
    try {
      change();
    } finally {
      if (isKnown) this.add(item);
    }
  }

  guard(item: Item, guard: Guard): void {
    if (item.guards.has(guard)) return;
    if (item.guards.size > 0) item.guards.add(guard);
    else this.change(item, () => item.guards.add(guard));
  }

  unguard(item: Item, guard: Guard): void {
    if (!item.guards.has(guard)) return;
    if (item.guards.size > 1) item.guards.delete(guard);
    else this.change(item, () => item.guards.delete(guard));
  }

  /** An item takes so many bytes now. */
  sized(item: Item, bytes: number): void {
    const unit = this.#units.get(this.#placeOf(item));
    const more = bytes - item.bytes;
    item.bytes = bytes;
    if (unit?.items.has(item) !== true) return;
    unit.bytes += more;
    this.#bytes += more;
    if (unit.guarded > 0) this.#guardedBytes += more;
  }

  /** What an item is evicted together with; undefined for what has gone. */
  unitOf(item: Item): Unit | undefined {
    const unit = this.#units.get(this.#placeOf(item));
    return unit?.items.has(item) === true ? unit : undefined;
  }

  /** Whether an item goes together with others. */
  isGrouped(item: Item): boolean {
    return (this.#units.get(this.#placeOf(item))?.items.size ?? 0) > 1;
  }

  /** How many bytes could be evicted without the entries that go together with `but`. */
  reclaimable(but?: Item): number {
    const unit = but && this.#units.get(this.#placeOf(but));
    const own = unit === undefined || unit.guarded > 0 ? 0 : unit.bytes;
    return this.#bytes - this.#guardedBytes - own;
  }

  /** The entries that go next; none of those that go together with `but`. */
  next(but?: Item): readonly Item[] {
    const own = but && this.#units.get(this.#placeOf(but));
    let aside: Candidate | undefined;
    let found: Unit | undefined;
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (!this.#isValid(top)) this.#pop();
      else if (top.unit === own) aside = this.#pop();
      else {
        found = top.unit;
        break;
      }
    }
    if (aside !== undefined) this.#push(aside);
    return found === undefined ? [] : [...found.items];
  }

  #placeOf(item: Item): Item | string {
    return this.#byGroup ? (item.record.group ?? item) : item;
  }

  #count(unit: Unit): void {
    this.#bytes += unit.bytes;
    if (unit.guarded > 0) this.#guardedBytes += unit.bytes;
    else this.#push({ unit, usedAt: unit.usedAt });
  }

  #uncount(unit: Unit): void {
    this.#bytes -= unit.bytes;
    if (unit.guarded > 0) this.#guardedBytes -= unit.bytes;
  }

  #isValid({ unit, usedAt }: Candidate): boolean {
    return unit.guarded === 0 && unit.items.size > 0 && unit.usedAt === usedAt;
  }

  #push(candidate: Candidate): void {
    const heap = this.#heap;
    if (heap.length > 2 * this.#units.size + 64) {
      this.#rebuild();
      return;
    }
    let at = heap.push(candidate) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.usedAt <= candidate.usedAt) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = candidate;
  }

  #pop(): Candidate | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (right !== undefined && child !== undefined && right.usedAt < child.usedAt) {
        below += 1;
        child = right;
      }
      if (child === undefined || child.usedAt >= last.usedAt) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return top;
  }

  /** Without what is not valid any more: a sorted array is a heap. */
  #rebuild(): void {
    this.#heap = Array.from(this.#units.values(), (unit) => ({ unit, usedAt: unit.usedAt }))
      .filter((candidate) => this.#isValid(candidate))
      .sort((one, other) => one.usedAt - other.usedAt);
  }
}
