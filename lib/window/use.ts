import type { PieceWise } from '../bytes/bytes-view.js';
import type { Want } from '../control/cell-layout.js';
import type { Coverage } from '../coverage/coverage.js';
import type { ByteRange } from '../range/byte-range.js';
import type { AskedWait } from '../waits/asked-wait.js';
import type { Urgency } from '../waits/urgency.js';
import type { WaitOutcome, WaitState } from '../waits/wait-outcome.js';
import type { Ranges } from './lost-bytes.js';

/** What the resource tells of a reader in another thread. */
export interface UsedPort {
  readonly handle: { readonly cell: SharedArrayBuffer };
  /** What it waits for, or is about to copy. */
  readonly wants: readonly Want[];
}

/** The readers in other threads. */
export interface UsedPorts {
  readonly open: Iterable<UsedPort>;
  /** Reads what has changed in their cells. */
  refresh(): void;
}

/**
 * What a resource calls of the `use` of its driver, a `WindowUse`, if that keeps only a part of the
 * content. Ranges are half-open, in bytes.
 */
export interface Use extends PieceWise {
  /** What makes room for a write has gone for ever: waits for it end with `GONE`. */
  readonly keepsLatest: boolean;
  /** Bytes come and go in blocks of so many, a power of two. */
  readonly blockSize: number;
  /** What the wait queue of the owner's thread calls. */
  readonly hooks: {
    readonly arriving: (wait: AskedWait & Urgency) => void;
    readonly settling: (wait: AskedWait, state: WaitState | WaitOutcome) => void;
  };
  /** Called once. `held`: what is held at any moment. */
  connect(held: Iterable<ByteRange>, ports: UsedPorts): void;
  /** `[start, end)` is about to be evicted by the caller of `Resource.evict`. */
  evicting(start: number, end: number): void;
  /** Waits came or went, in any thread, or a hold was released. */
  changed(): void;
  /**
   * Calls `told` once, when a reader has gone on, or when less may be needed or held than now: in
   * the middle of that, so it only takes note. Readers in other threads tell it as long as somebody
   * subscribes to `demand$`. Returns what calls it off.
   */
  whenChanged(told: () => void): () => void;
  /** Throws `CAPACITY` for a range that is too long; `asked` begins the message. */
  checkFits(asked: string, range: ByteRange): void;
  /** `[start, end)` has made room for a write; returns true if nobody brings it again. */
  lose(start: number, end: number): boolean;
  /** `GONE` if `content` misses bytes of `[start, end)` that nobody brings again. */
  goneError(content: Ranges, start: number, end: number): Error | undefined;
  /**
   * How far ahead of what is active bytes may be brought, in bytes, so that none has to go for them
   * that is of more use: `reachOf`.
   */
  reach(active: readonly ByteRange[], coverage: Coverage, content: ByteRange): number;
  /** Does `work`, whose reads are no reader's: they leave no places. */
  unnoted<T>(work: () => T): T;
  // For `Driver.makeRoom`, which gets it as `RoomUse`.
  readonly places: readonly number[];
  readonly needed: readonly ByteRange[];
  readonly held: readonly ByteRange[];
}

/** The `use` of a driver as downloads see it; undefined: it keeps all bytes. */
export function useOf(driver: { readonly use?: object | undefined }): Use | undefined {
  return driver.use as Use | undefined;
}
