import type { ByteRange } from '../range/byte-range.js';

/** What a driver can do beside storing bytes. */
export interface DriverCapabilities {
  /** Bytes may be written again while active; without it a resource refuses with `UNSUPPORTED`. */
  readonly rewrites: boolean;
  /** {@link Driver.view} gives committed bytes without copying. */
  readonly view: boolean;
  /** {@link Driver.describe} lets other threads read; without it `createPort` throws `UNSUPPORTED`. */
  readonly share: boolean;
  /** A write to committed content reactivates it first; without it such a write is refused with `READ_ONLY`. `@default` false */
  readonly reactivates?: boolean | undefined;
}

/** What {@link Driver.open} found. Lengths are in bytes, ranges half-open. */
export interface StoredContent {
  /** The ranges that are there: ordered, disjoint, not touching. */
  readonly coverage: readonly ByteRange[];
  /** The final length where the content is committed; its coverage is then `[0, committedLength)`. */
  readonly committedLength?: number;
  /** The total where it was kept with a partial content. */
  readonly expectedLength?: number | undefined;
  /** The version of the remote content where it was kept. */
  readonly identity?: string | undefined;
  /** Why a partial content that is there was not taken up. */
  readonly refused?: RefusedContent;
}

/** Why a partial content was not taken up. */
export interface RefusedContent {
  /** What is wrong with its record: broken, claiming more than there is, or of a format that is not known. */
  readonly reason: 'damaged' | 'longer-than-data' | 'format';
  /** How many bytes it claimed. */
  readonly coveredBytes: number;
  /** What was found, for people. */
  readonly message: string;
}

/** What is to be kept with partial content. */
export interface ContentRecord {
  /** The ranges that have been written: ordered, disjoint, not touching, half-open. */
  readonly coverage: Iterable<ByteRange>;
  /** The total in bytes, where it is known. */
  readonly expectedLength: number | undefined;
  /** The version of the remote content, where it is known. */
  readonly identity: string | undefined;
}

/** How another thread finds a driver's bytes; {@link DriverDescription.kind} names the attach side. */
export interface DriverDescription {
  /** The name given to {@link registerAttachment}. */
  readonly kind: string;
  /** Whatever the attach side needs; it must survive `structuredClone`. */
  readonly data: unknown;
}

/**
 * Makes content final, after {@link Driver.commit} or {@link Driver.replace} has prepared it.
 *
 * It is called at once, and while it runs readers in other threads wait: leave to it only what makes the difference (a rename, say).
 * If it throws, nothing has changed. Call `alive` at least every half second while it takes.
 */
export type FinalStep = (alive: () => void) => void;

/**
 * Stores the bytes of one resource, and nothing else: it knows no waits, status or RxJS.
 *
 * Synchronous by contract. The resource checks all arguments and its own state first, so a driver gets clean ones: integers,
 * ranges inside 0 … 2^53−1, no empty data, reads of written ranges only. A method either does all of what it is asked or throws
 * and has changed nothing that was readable before; its error reaches the caller as it is, so throw a `StorageError` (`NO_SPACE`,
 * `IO`, `CAPACITY` …). Calls come from one thread, one at a time, first {@link Driver.open} and last {@link Driver.close}.
 *
 * `driverConformance` in `tidemark/testing` checks all of this. `examples/custom-driver` is a small one.
 */
export interface Driver {
  /** Right from construction on. */
  readonly capabilities: DriverCapabilities;
  /** The file it stores into, where it does. */
  readonly path?: string | undefined;
  /**
   * Starts: claims what it stores into and says what is there. A driver is opened once; if it throws it has let go of everything.
   *
   * @param record - tells, until {@link Driver.close} has returned, what partial content is to be kept with; for drivers that keep it
   */
  open(record: () => ContentRecord): StoredContent;
  /** Writes all of `data` at `offset`, in bytes; on return every thread can read it. It may be a Node `Buffer`, whose `slice` copies nothing. */
  write(offset: number, data: Uint8Array): void;
  /** Fills `target` with the bytes at `offset`. */
  read(offset: number, target: Uint8Array): void;
  /** Prepares to make the first `length` bytes final, and answers the step that does it. */
  commit(length: number): FinalStep;
  /**
   * Prepares to replace the whole content by `data` and to make it final, and answers the step that does it. Readers in other threads may
   * be reading the old content. With the capability `reactivates` the old content may be final, too.
   */
  replace(data: Uint8Array): FinalStep;
  /** Called after a {@link FinalStep}: what it throws reaches the caller, but the content stays final. */
  settle?(): void;
  /** Makes final content writable again, with its bytes. */
  reopen(): void;
  /** Final bytes without copying; only with the capability `view`. */
  view?(start: number, end: number): Uint8Array;
  /** Makes durable what the record covers when it is called; without it nothing is. */
  checkpoint?(): Promise<void>;
  /** For other threads; only with the capability `share`. */
  describe?(): DriverDescription;
  /** Removes partial content, and final content too if `committed`. Called right before `close(false)`, or after a {@link Driver.close}. */
  remove?(committed: boolean): void;
  /** Lets go of everything. `keep`: partial content is to be found again, with its record, where the driver can. */
  close(keep: boolean): void;
}

/** A driver's bytes as another thread reads them. */
export interface Attachment {
  /** Fills `target` with the bytes at `offset`; the range was written. */
  read(offset: number, target: Uint8Array): void;
  /** Called before the first read, and before the next one whenever the owner has committed, replaced or reopened the content. */
  refresh?(): void;
  /** Lets go of everything. */
  close(): void;
}

/** Opens a driver's bytes in this thread, from what `Driver.describe` put into its `data` in the owner's. */
export type Attach = (data: unknown) => Attachment;
