import type { ByteRange } from 'tidemark';
import type { Waiting } from '../../../../../lib/http/download/plan/planner.js';
import type { Plan, Transit } from '../../../../../lib/http/download/plan/situation.js';
import type { VirtualClock } from './clock.js';
import { Ranges } from './ranges.js';
import type { VirtualServer } from './server.js';

/** A request that is on its way. */
export class VirtualTransit implements Transit {
  position: number;
  answered = false;
  abort: () => void = () => undefined;

  constructor(
    readonly start: number,
    public end: number,
    readonly askedAt: number,
    public carriedAt: number,
  ) {
    this.position = start;
  }
}

/** What decides on the requests of a client. */
export interface VirtualPlanner {
  /** What is waited for has changed. */
  demanded(demands: readonly Waiting[], store: Ranges, now: number): void;
  plan(transits: readonly VirtualTransit[], store: Ranges, now: number): Plan<VirtualTransit>;
  answered(milliseconds: number): void;
  received(bytes: number, now: number): void;
  rest(): void;
}

interface Wait extends ByteRange {
  readonly reader: string;
  readonly since: number;
  readonly settle: () => void;
}

/**
 * Downloads as `transfer` does: it plans at each write and, a moment later, when the demand has
 * changed.
 */
export class VirtualClient {
  readonly store = new Ranges();
  /**
   * How long everybody has waited for what came, and the longest of these waits, in milliseconds.
   */
  waited = 0;
  longestWait = 0;
  readonly #clock: VirtualClock;
  readonly #server: VirtualServer;
  readonly #planner: VirtualPlanner;
  readonly #length: number;
  readonly #waits = new Set<Wait>();
  readonly #transits = new Set<VirtualTransit>();
  #told = '[]';
  /** When it plans anyway. */
  #again: number | undefined;

  constructor(clock: VirtualClock, server: VirtualServer, planner: VirtualPlanner, length: number) {
    this.#clock = clock;
    this.#server = server;
    this.#planner = planner;
    this.#length = length;
    clock.after(0, () => {
      this.#plan();
    });
  }

  get isComplete(): boolean {
    return this.store.bytes === this.#length;
  }

  /**
   * Waits for bytes; `settle` is called once they are there, not before this returns. The function
   * withdraws the wait.
   */
  wait(reader: string, { start, end }: ByteRange, settle: () => void): () => void {
    const wait: Wait = { reader, start, end: Math.min(end, this.#length), since: this.#clock.now, settle };
    this.#waits.add(wait);
    this.#settle();
    this.#clock.after(0, () => {
      this.#tellDemand();
    });
    return () => {
      this.#waits.delete(wait);
      this.#clock.after(0, () => {
        this.#tellDemand();
      });
    };
  }

  #settle(): void {
    for (const wait of this.#waits) {
      if (this.store.nextGap(wait.start, wait.end) !== undefined) continue;
      this.#waits.delete(wait);
      const waited = this.#clock.now - wait.since;
      this.waited += waited;
      this.longestWait = Math.max(this.longestWait, waited);
      // A reader that awaits it goes on after the change of the demand was told.
      this.#clock.after(0, () => {
        this.#clock.after(0, wait.settle);
      });
    }
  }

  #tellDemand(): void {
    const demands = [...this.#waits].flatMap(({ reader, start, end, since }) => {
      const gap = this.store.nextGap(start, end);
      return gap === undefined ? [] : [{ reader, start: gap.start, end, since }];
    });
    const told = JSON.stringify(demands);
    if (told === this.#told) return;
    this.#told = told;
    this.#planner.demanded(demands, this.store, this.#clock.now);
    for (const transit of this.#plan()) transit.carriedAt = this.#clock.now;
  }

  #plan(): readonly VirtualTransit[] {
    if (this.isComplete) return [];
    const { now } = this.#clock;
    const { stop, shorten, start, carriers, again } = this.#planner.plan([...this.#transits], this.store, now);
    for (const transit of stop) this.#close(transit, true);
    for (const { transit, end } of shorten) transit.end = end;
    for (const { wanted, ...range } of start) this.#open(range, wanted ? now : -Infinity);
    if (again !== undefined && again !== this.#again) {
      this.#again = again;
      this.#clock.after(again - now, () => {
        this.#plan();
      });
    }
    return carriers;
  }

  #open(range: ByteRange, carriedAt: number): void {
    const transit = new VirtualTransit(range.start, range.end, this.#clock.now, carriedAt);
    this.#transits.add(transit);
    transit.abort = this.#server.request(range, {
      answered: () => {
        transit.answered = true;
        this.#planner.answered(this.#clock.now - transit.askedAt);
      },
      received: (bytes) => {
        this.#received(transit, bytes, range.end);
      },
    });
  }

  #received(transit: VirtualTransit, bytes: number, promised: number): void {
    this.#planner.received(bytes, this.#clock.now);
    const { position } = transit;
    transit.position = Math.min(transit.end, position + bytes);
    this.store.add({ start: position, end: transit.position });
    if (transit.position === transit.end) this.#close(transit, transit.end < promised);
    this.#settle();
    this.#plan();
    this.#clock.after(0, () => {
      this.#tellDemand();
    });
  }

  #close(transit: VirtualTransit, aborted: boolean): void {
    this.#transits.delete(transit);
    if (aborted) transit.abort();
    if (this.#transits.size === 0) this.#planner.rest();
  }
}
