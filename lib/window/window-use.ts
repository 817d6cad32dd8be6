import { joinPieces } from '../bytes/join-pieces.js';
import { checkFits } from '../bytes/window-errors.js';
import { PLACE_WORDS, PLACES, PLACES_BASE } from '../control/cell-layout.js';
import { isKept, keptFor, keptNow, KeptWaits } from '../control/kept-waits.js';
import { PlaceNotes, RecentPlaces } from '../control/place-notes.js';
import { askForNews } from '../control/reader-news.js';
import type { Coverage } from '../coverage/coverage.js';
import { checkOptions } from '../errors/check-options.js';
import { invalidArgument, wrongType } from '../errors/invalid-argument.js';
import type { ByteRange } from '../range/byte-range.js';
import { type AskedWait, isBare } from '../waits/asked-wait.js';
import { compareUrgency, type Urgency } from '../waits/urgency.js';
import type { WaitOutcome, WaitState } from '../waits/wait-outcome.js';
import { Listeners } from './listeners.js';
import { goneError, LostBytes, type Ranges } from './lost-bytes.js';
import { reachOf, type WindowSize } from './reach.js';
import { UrgentWaits } from './urgent-waits.js';
import type { UsedPort, UsedPorts } from './use.js';

/** What is known of one port. */
interface PortUse {
  /** Those of its cell. */
  readonly words: Int32Array;
  readonly places: RecentPlaces;
  readonly kept: KeptWaits;
}

/** What somebody in the owner's thread was told of, and has not copied yet. */
interface KeptWait extends ByteRange, Urgency {
  readonly since: number;
  /** Of `waitRange`: the next wait of the view ends it. */
  readonly bare: boolean;
}

/** How a window keeps bytes. */
export interface WindowUseOptions {
  /** The longest range that one wait or hold may have, in bytes: half of the window. */
  readonly longestWait: number;
  /**
   * Bytes are kept, and given up, in blocks of so many bytes: what a wait needs is counted in whole
   * ones. `@default` 1
   */
  readonly blockSize?: number | undefined;
  /** The oldest bytes go, and nobody brings them again: waits for them end with `GONE`. */
  readonly keepsLatest?: boolean | undefined;
  /** How much is kept at a time, in bytes. `@default` twice `longestWait` */
  readonly maxBytes?: number | undefined;
  /**
   * How much is kept behind each place that is read, longer than what is ahead of it, in bytes.
   * `@default` an eighth of `maxBytes`
   */
  readonly behind?: number | undefined;
}

/**
 * What the bytes of a window are used for: where they are read, what waits need, what is held. The
 * driver brings it as {@link Driver.use}, the resource tells it, and gives it to
 * {@link Driver.makeRoom}. Apps whose drivers keep all bytes do not bundle it.
 *
 * A driver of yours that has `makeRoom` makes one, as its member `use`, and calls {@link read} in
 * its own `read`. What attaches it in other threads has a `longestWait`, too.
 *
 * **What a wait needs** is left alone until its caller has copied it. What copies by itself
 * (`read`, operators) does so before its subscription has closed; a reader in another thread
 * withdraws its want after it has copied. The caller of a bare `waitRange` copies later, or never:
 * those bytes are kept until the view's next call, but no longer than a second. In the owner's
 * thread it is the next wait, or any read of these bytes.
 *
 * @example
 * ```ts
 * import { WindowUse } from 'tidemark';
 *
 * class MyWindow {
 *   readonly use = new WindowUse({ longestWait: 2 ** 19 });
 *
 *   read(offset: number, target: Uint8Array): void {
 *     this.use.read(offset, target.length);
 *   }
 * }
 * ```
 */
export class WindowUse {
  /** The longest range that one wait or hold may have, in bytes. */
  readonly longestWait: number;
  /** What makes room for a write has gone for ever: waits for it end with `GONE`. */
  readonly keepsLatest: boolean;
  /** Bytes come and go in whole blocks of so many. */
  readonly blockSize: number;
  /** @internal What the wait queue of the owner's thread calls. */
  readonly hooks = {
    arriving: (wait: AskedWait & Urgency): void => this.#arriving(wait),
    settling: (wait: AskedWait, state: WaitState | WaitOutcome): void => {
      if (state === 'ready') this.#ready(wait);
    },
  };
  readonly #size: WindowSize;
  readonly #lost: LostBytes | undefined;
  readonly #listeners = new Listeners();
  #noted = true;
  #held: Iterable<ByteRange> = [];
  #ports: UsedPorts = { open: [], refresh: () => undefined };
  readonly #knownPorts = new WeakMap<UsedPort, PortUse>();
  // Of the owner's thread.
  readonly #placeWords = new Int32Array(PLACES * PLACE_WORDS);
  readonly #notes = new PlaceNotes(this.#placeWords);
  readonly #places = new RecentPlaces(this.#placeWords);
  readonly #waits: UrgentWaits;
  #kept: KeptWait[] = [];

  /**
   * @throws {@link StorageError} `INVALID_ARGUMENT`, or a `TypeError` for what TypeScript rejects
   */
  constructor(options: WindowUseOptions) {
    const given: unknown = options;
    if (given === undefined) throw invalidArgument('the options', 'an object with longestWait', given);
    checkOptions(options, ['longestWait', 'keepsLatest', 'maxBytes', 'blockSize', 'behind']);
    const { longestWait, blockSize = 1, keepsLatest = false } = options;
    checkSize('longestWait', longestWait);
    checkSize('blockSize', blockSize);
    if (typeof keepsLatest !== 'boolean') throw wrongType('keepsLatest', 'a boolean', keepsLatest);
    const { maxBytes = 2 * longestWait, behind = maxBytes / 8 } = options;
    this.#size = { maxBytes, blockSize, behind };
    this.longestWait = longestWait;
    this.blockSize = blockSize;
    this.#waits = new UrgentWaits(blockSize);
    this.keepsLatest = keepsLatest;
    this.#lost = keepsLatest ? new LostBytes() : undefined;
  }

  /** @internal */
  connect(held: Iterable<ByteRange>, ports: UsedPorts): void {
    this.#held = held;
    this.#ports = ports;
  }

  /** The driver's `read` was called for `[offset, offset + length)` in the owner's thread. */
  read(offset: number, length: number): void {
    if (!this.#noted) return;
    this.#notes.note(offset, length);
    if (this.#kept.length > 0) this.#drop(offset, offset + length);
    this.changed();
  }

  /** @internal Nothing of it is kept any more for the caller of a bare wait. */
  evicting(start: number, end: number): void {
    this.#drop(start, end);
    for (const port of this.#ports.open) this.#useOf(port).kept.drop(start, end);
    this.changed();
  }

  /** @internal */
  changed(): void {
    this.#listeners.tell();
  }

  /** @internal */
  whenChanged(told: () => void): () => void {
    const now = keptNow();
    const kept: { readonly since: number }[] = [...this.#kept];
    for (const port of this.#ports.open) {
      const use = this.#useOf(port);
      askForNews(use.words);
      kept.push(...use.kept.current);
    }
    // Nobody tells when something is not kept any more.
    return this.#listeners.add(
      told,
      Math.min(...kept.filter((one) => isKept(one, now)).map((one) => keptFor(one, now))),
    );
  }

  /** @internal */
  join(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
    return joinPieces(pieces);
  }

  /** @internal */
  checkFits(asked: string, range: ByteRange): void {
    checkFits(asked, range, this.longestWait);
  }

  /**
   * Which bytes have gone for ever, for what attaches the driver in other threads: part of what
   * {@link Driver.describe} returns. Undefined without `keepsLatest`, or shared memory.
   */
  get lost(): SharedArrayBuffer | undefined {
    return this.#lost?.share();
  }

  /** @internal */
  lose(start: number, end: number): boolean {
    this.#lost?.add(start, end);
    return this.keepsLatest;
  }

  /** @internal */
  goneError(content: Ranges, start: number, end: number): Error | undefined {
    return this.#lost && goneError(this.#lost.ranges, content, start, end);
  }

  /** @internal */
  reach(active: readonly ByteRange[], coverage: Coverage, content: ByteRange): number {
    const { places, held } = this;
    return reachOf(this.#size, { active, places, held, coverage, content });
  }

  /** @internal */
  unnoted<T>(work: () => T): T {
    this.#noted = false;
    try {
      return work();
    } finally {
      this.#noted = true;
    }
  }

  // What `Driver.makeRoom` reads.

  /** Where readers have read or waited in the last ten seconds, at most four places each. */
  get places(): readonly number[] {
    const now = performance.now();
    const places: number[] = [];
    this.#places.collect(places, now, this.#waits.mostUrgent(this.longestWait));
    for (const port of this.#ports.open) this.#useOf(port).places.collect(places, now, port.wants);
    return places;
  }

  /**
   * What waits need that are not passive, the most urgent first. There may be more in the owner's
   * thread than half of the window: the others are left out.
   */
  get needed(): readonly ByteRange[] {
    this.#ports.refresh();
    const now = keptNow();
    const needed: (ByteRange & Urgency)[] = [...this.#waits.mostUrgent(this.longestWait)];
    for (const kept of this.#kept) if (isKept(kept, now)) needed.push(kept);
    for (const port of this.#ports.open) {
      needed.push(...port.wants);
      for (const kept of this.#useOf(port).kept.current) if (isKept(kept, now)) needed.push(kept);
    }
    return needed.sort(compareUrgency);
  }

  /** What is held. */
  get held(): readonly ByteRange[] {
    return [...this.#held];
  }

  #arriving(wait: AskedWait & Urgency): void {
    if (isBare(wait)) {
      this.#dropBare();
      this.checkFits('Waited for', wait);
    }
    if (wait.passive) return;
    this.#notes.note(wait.start, 0);
    this.#waits.add(wait);
  }

  #ready(wait: AskedWait & Partial<Urgency>): void {
    const { start, end, neededBy, order } = wait;
    const bare = isBare(wait);
    // Of one that was Ready at once: it is the view's next call.
    if (bare && order === undefined) this.#dropBare();
    // `read` copies before its subscriber has been told. Of operators a stream does so later.
    if (wait.passive || (!bare && wait.uninterruptible !== true)) return;
    this.#kept.push({ start, end, neededBy, order: order ?? 0, since: keptNow(), bare });
  }

  #dropBare(): void {
    this.#kept = this.#kept.filter(({ bare }) => !bare);
  }

  #drop(start: number, end: number): void {
    this.#kept = this.#kept.filter((kept) => kept.end <= start || end <= kept.start);
  }

  #useOf(port: UsedPort): PortUse {
    let use = this.#knownPorts.get(port);
    if (use === undefined) {
      const words = new Int32Array(port.handle.cell);
      use = { words, places: new RecentPlaces(words, PLACES_BASE), kept: new KeptWaits(words) };
      this.#knownPorts.set(port, use);
    }
    return use;
  }
}

function checkSize(name: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 1) throw invalidArgument(name, 'an integer >= 1 (bytes)', size);
}
