import type { ByteRange } from '../range/byte-range.js';
import type { ContentRecord } from '../record/content-record.js';

/** What a driver can do beside storing bytes. */
export interface DriverCapabilities {
  /** Bytes may be written again while active; without it the resource throws `UNSUPPORTED`. */
  readonly rewrites: boolean;
  /** {@link Driver.view} gives committed bytes without copying. */
  readonly view: boolean;
  /** What to do to have views where there are none: a sentence for the error message. */
  readonly viewAdvice?: string | undefined;
  /**
   * {@link Driver.describe} lets other threads read; without it `createPort` throws `UNSUPPORTED`.
   */
  readonly share: boolean;
  /**
   * A write to committed content reactivates it first; without it such a write throws `READ_ONLY`.
   * `@default` false
   */
  readonly reactivates?: boolean | undefined;
  /**
   * A commit returns only when the bytes are durable: `download` makes a checkpoint before it, so
   * that it does not block for long. `@default` true
   */
  readonly durable?: boolean | undefined;
  /**
   * {@link Driver.evict} gives bytes up; without it `Resource.evict` throws `UNSUPPORTED`.
   * `@default` false
   */
  readonly evicts?: boolean | undefined;
}

/** What {@link Driver.open} found. Lengths are in bytes, ranges half-open. */
export interface StoredContent {
  /** The ranges that are there: ordered, disjoint, not touching, half-open. */
  readonly coverage: readonly ByteRange[];
  /**
   * The final length where the content is committed; its coverage is then `[0, committedLength)`.
   */
  readonly committedLength?: number;
  /** The total where it was kept with a partial content. */
  readonly expectedLength?: number | undefined;
  /** The version of the remote content where it was kept. */
  readonly identity?: string | undefined;
  /** Why partial content that is there is not used. */
  readonly refused?: RefusedContent;
}

/** Why partial content is not used. */
export interface RefusedContent {
  /**
   * What is wrong with its record: it is damaged, lists more bytes than there are, or has an
   * unknown format.
   */
  readonly reason: 'damaged' | 'longer-than-data' | 'format';
  /** How many bytes it lists as covered. */
  readonly coveredBytes: number;
  /** What was found, for people. */
  readonly message: string;
}

/**
 * How another thread finds a driver's bytes; {@link DriverDescription.kind} names the attach side.
 */
export interface DriverDescription {
  /** The name given to {@link registerAttachment}. */
  readonly kind: string;
  /** What the attach side needs; it must survive `structuredClone`. */
  readonly data: unknown;
}

/**
 * Makes content final, after {@link Driver.commit} or {@link Driver.replace} has prepared it.
 *
 * It is called at once. Readers in other threads wait while it runs, so it does only what they must
 * see at the same moment as the new state. If it throws, nothing has changed. It calls `alive` at
 * least every half second: readers give up an owner that is silent for a second.
 */
export interface FinalStep {
  (alive: () => void): void;
  /**
   * Called right before the step, while readers go on: for a call that may block for long (a
   * rename, say). Readers in other threads must find the old bytes until the step has run.
   *
   * If `ahead` throws, nothing has changed, and the step is not called. Once it has returned, the
   * step must not throw. A driver that wraps this one may not know of `ahead`: if it was not
   * called, the step does its work, too.
   */
  readonly ahead?: (() => void) | undefined;
}

/**
 * What the content is used for at the moment, for {@link Driver.makeRoom}. Each member may be a
 * getter that looks it up: read it once, and only if something has to go. Ranges are half-open.
 */
export interface RoomUse {
  /** Where readers have read or waited lately, in bytes; in any order. */
  readonly places: readonly number[];
  /**
   * What is waited for, the most urgent first: a driver leaves it alone, there or not, up to half
   * of what it can keep.
   */
  readonly needed: readonly ByteRange[];
  /** What is held: a driver leaves all of it alone, there or not. */
  readonly held: readonly ByteRange[];
}

/** What a driver says of itself with its {@link Driver.cold}, a {@link ColdBytes}. */
export interface DriverCold {
  /** How many bytes each reader in another thread gets for what it fetches. */
  readonly boxBytes: number;
}

/** What a driver says of itself with its {@link Driver.use}, a {@link WindowUse}. */
export interface DriverUse extends RoomUse {
  /** The longest range that can be waited for in one piece, in bytes. */
  readonly longestWait: number;
  /** What makes room for a write has gone for ever: waits for it end with `GONE`. */
  readonly keepsLatest: boolean;
}

/**
 * Stores the bytes of one resource, and nothing else: it knows no waits, status or RxJS.
 *
 * All of it but {@link Driver.checkpoint} is synchronous. The resource checks all arguments and its
 * own state first, so a driver gets clean ones: integers, ranges inside 0 … 2^53−1, no empty data,
 * reads of written ranges only. A method does all that it is asked to; or it throws, and has
 * changed nothing that was readable before. Its error reaches the caller as it is, so throw a
 * `StorageError` (`NO_SPACE`, `IO`, `CAPACITY` …). Calls come from one thread, one at a time: first
 * {@link Driver.open}, last {@link Driver.close}.
 *
 * `driverConformance` in `tidemark/testing` checks all of this. `examples/custom-driver` is a small
 * driver.
 */
export interface Driver {
  /** Constant from construction on. */
  readonly capabilities: DriverCapabilities;
  /** The file that it stores into, if it does. */
  readonly path?: string | undefined;
  /**
   * What the bytes are used for, a {@link WindowUse}: of a driver with {@link Driver.makeRoom},
   * which makes one, and tells it of each {@link Driver.read}.
   */
  readonly use?: DriverUse | undefined;
  /**
   * Gives other threads the bytes that they cannot get by themselves, a {@link ColdBytes}: of a
   * driver whose attachments have an {@link Attachment.reach}.
   */
  readonly cold?: DriverCold | undefined;
  /**
   * Claims what it stores into, and returns what is there. Called once. If it throws, it has
   * released all resources.
   *
   * @param record - returns what is to be kept with partial content at the moment, until
   * {@link Driver.close} has returned; for drivers that keep partial content
   */
  open(record: () => ContentRecord): StoredContent;
  /**
   * Writes all of `data` at `offset`, in bytes; on return every thread can read it. `data` may be a
   * Node `Buffer`, whose `slice` does not copy.
   */
  write(offset: number, data: Uint8Array): void;
  /** Fills `target` with the bytes at `offset`. */
  read(offset: number, target: Uint8Array): void;
  /**
   * So many bytes that are missing are about to be stored. Throws what a write would throw sooner
   * or later (`CAPACITY`, `NO_SPACE`) where that is known already: a download then ends at its
   * first answer, and not when the disk is full. It reserves nothing.
   */
  announce?(bytesStillMissing: number): void;
  /**
   * The bytes of `[start, end)`, half-open, are given up, and their place may be used for others.
   * All of them were written. Only with the capability `evicts`, and never for final content.
   *
   * They are not covered any more, and are not read before they are written again. A reader in
   * another thread may be reading them at the same moment; what it gets is thrown away, and an
   * error, too. So this must not make another thread wait or crash, and it must not throw: what
   * cannot be freed now stays where it is.
   */
  evict?(start: number, end: number): void;
  /**
   * Says which bytes are to be given up so that `[start, end)`, half-open and not empty, can be
   * written; nothing if there is room. Called right before each such write of a driver that keeps
   * only a part of the content at a time. What is returned is evicted, as far as it is covered;
   * then {@link Driver.write} must not fail for want of room.
   *
   * It changes nothing, and throws `CAPACITY` if nothing that may go makes enough room: the write
   * then fails with that.
   */
  makeRoom?(start: number, end: number, use: RoomUse): readonly ByteRange[];
  /** Prepares to make the first `length` bytes final, and returns the step that does it. */
  commit(length: number): FinalStep;
  /**
   * Prepares to replace the whole content by `data` and to make it final, and returns the step that
   * does it. Readers in other threads may be reading the old content. With the capability
   * `reactivates` the old content may be final, too.
   */
  replace(data: Uint8Array): FinalStep;
  /**
   * Called after a {@link FinalStep}. What it throws reaches the caller; the content stays final.
   */
  settle?(): void;
  /** Makes final content writable again; its bytes stay. */
  reopen(): void;
  /** Final bytes without copying; only with the capability `view`. */
  view?(start: number, end: number): Uint8Array;
  /** Makes durable what is covered when it is called; a driver without it keeps nothing durable. */
  checkpoint?(): Promise<void>;
  /** For other threads; only with the capability `share`. */
  describe?(): DriverDescription;
  /**
   * Removes partial content, and if `committed`, final content, too. Called right before
   * `close(false)`, or after {@link Driver.close}.
   */
  remove?(committed: boolean): void;
  /**
   * Releases all resources. `keep`: partial content is to be found again, with its record, if the
   * driver can do that.
   */
  close(keep: boolean): void;
}

/** A driver's bytes as another thread reads them. */
export interface Attachment {
  /**
   * Fills `target` with the bytes at `offset`; the range was written, and lies within what
   * {@link Attachment.reach} has returned right before.
   */
  read(offset: number, target: Uint8Array): void;
  /**
   * Called before the first read, and before the next read after the owner has committed, replaced
   * or reopened the content.
   */
  refresh?(): void;
  /**
   * The longest range that can be waited for in one piece, in bytes, where the driver keeps only a
   * part of the content: as {@link WindowUse.longestWait} in the owner's thread. Readers leave in
   * their cells where they read, if there is one.
   */
  readonly longestWait?: number | undefined;
  /** What {@link WindowUse.lost} is in the owner's thread, where the driver keeps the latest. */
  readonly lost?: SharedArrayBuffer | undefined;
  /**
   * How far this thread can read by itself in `[start, end)`, half-open, all of it written: the
   * first byte at `start` or later that is *cold*, which only the owner's thread can read; `end` if
   * none is. Without this method no byte is cold; with it the driver has {@link Driver.cold}.
   */
  reach?(start: number, end: number): number;
  /**
   * Tells a copy that its bytes have gone out of reach while it was made; of an attachment whose
   * bytes may do so other than between two calls of {@link Attachment.refresh}, since their place
   * is used for others (a cache, say). Called before {@link Attachment.reach}, and once more when
   * `[start, end)` is `copied`: if it returns another number then, the copy is made again.
   */
  stamp?(start: number, end: number, copied: boolean): number;
  /** Releases all resources. */
  close(): void;
}

/**
 * Opens a driver's bytes in this thread, from the `data` that `Driver.describe` returned in the
 * owner's.
 */
export type Attach = (data: unknown) => Attachment;
