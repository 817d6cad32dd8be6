import { StorageError } from '../../../errors/storage-error.js';
import type { ContentRecord } from '../../../record/content-record.js';
import { Checkpoints, DEFAULT_POLICY } from '../../checkpoints.js';
import type { Driver, DriverCapabilities, DriverDescription, FinalStep, StoredContent } from '../../driver.js';
import { CachedContent, OPFS_CAPABILITIES } from '../cached-content.js';
import type { PooledContent } from './pooled-content.js';

/** How much of an entry other threads find in shared memory, in bytes; taken for the first port. */
const CACHE_BYTES = 4 * 2 ** 20;

/** How a driver is made. */
export interface PooledDriverOptions {
  /** Opens the content. */
  readonly open: () => PooledContent;
  /** Removes what is kept of it after it was closed. @param committed - also if it is committed */
  readonly removeKept: (committed: boolean) => void;
  /** Asked at each commit: it is to be durable when it returns. */
  readonly isDurable: () => boolean;
}

/** The bytes of one entry in a pool. Other threads find in a cache what they have read last. */
export class PooledDriver implements Driver {
  readonly capabilities: DriverCapabilities = OPFS_CAPABILITIES;
  readonly #options: PooledDriverOptions;
  readonly #checkpoints = new Checkpoints(DEFAULT_POLICY, () => this.#checkpoint());
  readonly #cached = new CachedContent(() => this.#content, CACHE_BYTES, this.#checkpoints);
  /** Gives other threads what they ask for. */
  readonly cold = this.#cached.cold;
  #opened: PooledContent | undefined;
  #record: () => ContentRecord = () => ({ coverage: [], expectedLength: undefined, identity: undefined });
  /** `dropped`: also if bytes were lost that waited for a file. */
  #closed: 'kept' | 'dropped' | undefined;

  constructor(options: PooledDriverOptions) {
    this.#options = options;
  }

  open(record: () => ContentRecord): StoredContent {
    const content = this.#options.open();
    const found = content.use();
    this.#opened = content;
    this.#record = record;
    if (!content.isCommitted) content.record = record;
    return found;
  }

  write(offset: number, data: Uint8Array): void {
    this.#cached.write(offset, data);
  }

  read(offset: number, target: Uint8Array): void {
    this.#content.read(offset, target);
  }

  evict(start: number, end: number): void {
    this.#cached.evict(start, end);
  }

  commit(length: number): FinalStep {
    return this.#content.commit(length, this.#options.isDurable);
  }

  replace(data: Uint8Array): FinalStep {
    return this.#cached.replaced(this.#content.replace(data, this.#options.isDurable));
  }

  settle(): void {
    this.#content.settle();
  }

  reopen(): void {
    this.#content.record = this.#record;
    this.#content.reopen();
  }

  async checkpoint(): Promise<void> {
    await this.#checkpoints.now();
  }

  /** The memory of the cache; undefined where none can be shared. */
  describe(): DriverDescription {
    return this.#cached.describe();
  }

  remove(committed: boolean): void {
    if (this.#closed !== undefined) {
      this.#options.removeKept(committed);
      return;
    }
    const content = this.#content;
    if (!content.isCommitted || committed) content.clear();
  }

  close(keep: boolean): void {
    const content = this.#opened;
    if (content === undefined || this.#closed !== undefined) return;
    this.#closed = keep ? 'kept' : 'dropped';
    this.#checkpoints.stop();
    try {
      if (keep) content.keep();
      if (content.hasWaiting && !content.isCommitted) this.#closed = 'dropped';
    } finally {
      content.release();
    }
  }

  async #checkpoint(): Promise<void> {
    const content = this.#content;
    const isOver = (): boolean => content.isCommitted || this.#closed !== undefined;
    if (!isOver()) await content.checkpoint(isOver);
    if (this.#closed !== 'dropped' || content.isCommitted) return;
    throw new StorageError('CLOSED', 'Made a checkpoint of an entry that was closed or discarded before it was done.');
  }

  get #content(): PooledContent {
    if (this.#opened !== undefined) return this.#opened;
    throw new StorageError('CLOSED', 'Used the driver of an entry before it was opened.');
  }
}
