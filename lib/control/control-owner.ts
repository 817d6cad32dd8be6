import { CoverageWriter } from '../coverage/coverage-writer.js';
import { storeNumber } from '../coverage/pages.js';
import { MAX_OFFSET } from '../range/byte-range.js';
import { ControlView } from './control-view.js';
import {
  ACTIVE,
  CANCELLED,
  CLOSED,
  COMMITTED,
  EXPECTED_LENGTH_AT,
  FAILED,
  FINAL_LENGTH_AT,
  GENERATION_AT,
  GONE_AT,
  HAS_EXPECTED_AT,
  HOLD_AT,
  IDENTITY_AT,
  MAGIC,
  MAGIC_AT,
  OWNER_AT,
  PROTOCOL,
  REASON_AT,
  SEQUENCE_AT,
  STATE_AT,
  STATUS_VERSION_AT,
  VERSION_AT,
  WANTS_AT,
} from './layout.js';
import { PagePool } from './page-pool.js';
import { freeText, storeText, textPages } from './text-pages.js';
import { threadToken } from './thread-token.js';
import { wakeEverybody, WakeWords } from './wake-words.js';

/** What puts bytes in place inside a section; see `FinalStep` of the drivers. */
type FinalStep = (alive: () => void) => void;

/** The owner's side of a control block: the only writer. Arguments are checked by the caller. */
export class ControlOwner extends ControlView {
  readonly #pages: PagePool;
  readonly #coverage: CoverageWriter;
  readonly wakeWords: WakeWords;

  constructor(shared: boolean) {
    const pages = new PagePool(shared);
    // A second away from being given up, at the most: 10,000 removals take some 5 ms (measured).
    const coverage = new CoverageWriter(pages, () => Atomics.add(pages.words, SEQUENCE_AT, 2));
    super(coverage);
    this.#pages = pages;
    this.#coverage = coverage;
    this.wakeWords = new WakeWords(pages);
    Atomics.store(pages.words, VERSION_AT, PROTOCOL);
    storeNumber(pages.words, OWNER_AT, threadToken());
    Atomics.store(pages.words, MAGIC_AT, MAGIC);
  }

  /** The block's words; another array after it has grown. */
  get words(): Int32Array {
    return this.#pages.words;
  }

  /** The block, to hand to other threads; undefined where memory is not shared. */
  get shared(): SharedArrayBuffer | undefined {
    return this.#pages.shared;
  }

  /** Counts changes of what readers in other threads want. */
  get wants(): number {
    return Atomics.load(this.#pages.words, WANTS_AT);
  }

  /** Makes sure that {@link cover} cannot fail; throws `CAPACITY`. */
  reserve(): void {
    this.#coverage.reserve();
  }

  /** Covers `[start, end)`, not empty, whose bytes are there. */
  cover(start: number, end: number): void {
    this.#coverage.reserve();
    this.#open();
    this.#coverage.insert(start, end);
    this.#close();
  }

  /** Drops what lies past `finalLength` and makes the content final; see {@link #finalize} for `step`. */
  commit(finalLength: number, step: FinalStep): void {
    this.#finalize(finalLength, step, () => {
      this.#coverage.subtract(finalLength, MAX_OFFSET);
    });
  }

  /** Replaces the whole content and makes it final; see {@link #finalize} for `step`. */
  replace(length: number, step: FinalStep): void {
    this.#finalize(length, step, () => {
      this.#coverage.subtract(0, MAX_OFFSET);
      if (length > 0) this.#coverage.insert(0, length);
    });
  }

  /** Makes a committed or failed content active again. The total of content about to change is not known. */
  reactivate(): void {
    this.#open();
    if (this.state() === COMMITTED) {
      Atomics.store(this.#pages.words, HAS_EXPECTED_AT, 0);
      this.#changeGeneration();
    }
    this.#setState(ACTIVE);
    this.#close();
  }

  fail(reason: string): void {
    this.#pages.reserve(textPages(reason.length));
    this.#syncWords();
    this.#open();
    this.#setText(REASON_AT, reason);
    this.#setState(FAILED);
    this.#close();
  }

  cancel(): void {
    this.#end(CANCELLED);
  }

  close(): void {
    this.#end(CLOSED);
  }

  /**
   * Frees all readers of content that nobody can finish any more. `exiting`: nobody can interrupt them either, even where the content is
   * complete.
   */
  abandon(exiting: boolean): void {
    if (this.state() !== COMMITTED) this.close();
    if (exiting) Atomics.store(this.#pages.words, GONE_AT, 1);
    wakeEverybody(this.#pages.words);
  }

  setExpectedLength(length: number | undefined): void {
    this.#open();
    const { words } = this.#pages;
    Atomics.store(words, HAS_EXPECTED_AT, length === undefined ? 0 : 1);
    storeNumber(words, EXPECTED_LENGTH_AT, length ?? 0);
    this.#bumpStatus();
    this.#close();
  }

  setIdentity(identity: string | undefined): void {
    if (identity !== undefined) this.#pages.reserve(textPages(identity.length));
    this.#syncWords();
    this.#open();
    this.#setText(IDENTITY_AT, identity);
    this.#bumpStatus();
    this.#close();
  }

  /** Nobody replaces bytes while the owner reads them. */
  override isGeneration(): boolean {
    return true;
  }

  protected override begin(): number {
    return 0;
  }

  protected override settled(): boolean {
    return true;
  }

  protected override snapshotFailed(): void {
    // Cannot happen: nobody else writes.
  }

  /**
   * Makes content final in one section: a reader in another thread sees all of the old or all of the new. `step` puts the bytes in
   * place and calls `alive` every so often, since readers give an owner up that leaves a section open for a second. If it throws,
   * nothing has changed.
   */
  #finalize(finalLength: number, step: FinalStep, cover: () => void): void {
    this.#coverage.reserve();
    this.#open();
    try {
      this.#changeGeneration();
      step(() => Atomics.add(this.#pages.words, SEQUENCE_AT, 2));
      cover();
      storeNumber(this.#pages.words, FINAL_LENGTH_AT, finalLength);
      this.#setState(COMMITTED);
    } finally {
      this.#close();
    }
  }

  #changeGeneration(): void {
    Atomics.add(this.#pages.words, GENERATION_AT, 1);
  }

  #end(state: number): void {
    this.#open();
    this.#setState(state);
    this.#close();
  }

  #setState(state: number): void {
    Atomics.store(this.#pages.words, STATE_AT, state);
    this.#bumpStatus();
  }

  #bumpStatus(): void {
    Atomics.add(this.#pages.words, STATUS_VERSION_AT, 1);
  }

  #setText(at: number, text: string | undefined): void {
    const { words } = this.#pages;
    freeText(this.#pages, Atomics.load(words, at));
    Atomics.store(words, at, text === undefined ? 0 : storeText(this.#pages, text));
  }

  /** The tree looks at the pages that there were at its last reservation. */
  #syncWords(): void {
    this.#coverage.words = this.#pages.words;
  }

  #open(): void {
    const { words } = this.#pages;
    const hold = Atomics.load(words, HOLD_AT);
    if (hold !== 0) holdOff(words, hold);
    Atomics.add(words, SEQUENCE_AT, 1);
  }

  #close(): void {
    Atomics.add(this.#pages.words, SEQUENCE_AT, 1);
  }
}

/** Gives a reader that lost many races the time it asked for, once: it may be dead, so never longer. */
function holdOff(words: Int32Array, microseconds: number): void {
  const until = performance.now() + microseconds / 1000;
  while (Atomics.load(words, HOLD_AT) !== 0 && performance.now() < until);
  Atomics.store(words, HOLD_AT, 0);
}
