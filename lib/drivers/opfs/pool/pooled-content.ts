import { StorageError } from '../../../errors/storage-error.js';
import { isSameBytes } from '../../../record/record-codec.js';
import type { ContentRecord } from '../../../record/content-record.js';
import type { FinalStep, StoredContent } from '../../driver.js';
import type { ChunkFile } from '../chunk-file.js';
import { activeRecord, finalRecord, finalStepOf } from '../final-step.js';
import { encodeBody, type OpfsRecord, placesOf } from '../opfs-record.js';
import { type ContentBeside, PlacedBlocks } from '../placed-blocks.js';
import { PlacesAhead } from '../places-ahead.js';
import type { ContentPool } from './content-pool.js';

const NOTHING: ContentRecord = { coverage: [], expectedLength: undefined, identity: undefined };

/**
 * The content of one entry while it is open: its blocks in the chunk files of a pool, and what the
 * journal says of them.
 *
 * **Why what the journal says is there,** after the browser is killed at any call, and after power
 * loss as far as `flush` reaches. Before a frame is appended that claims bytes, the chunk files are
 * flushed. A place that is given up is written again only once the journal does not claim it,
 * durably (`ContentPool.retire`). Bytes that are written again in place are there in one version or
 * another.
 *
 * **Why a frame that says committed is of the committed bytes.** `reopen` makes a frame durable
 * that says active before anything is written. A frame that says committed and that was not
 * appended for sure may be there all the same: so nothing is written before another one is durable.
 *
 * **States.** `counted`: the journal has it as the content of the entry. `next`: new content beside
 * that, of which the journal says nothing before the commit. `former`: it was, and the journal has
 * other content, or none; it is still read by who has it open, and then its places are free.
 */
export class PooledContent {
  readonly entry: number;
  readonly #pool: ContentPool;
  readonly #blocks: PlacedBlocks;
  readonly #ahead: PlacesAhead;
  #state: 'counted' | 'next' | 'former';
  /** Places that were given up, and that the journal may claim for it. */
  #given: number[] = [];
  /** A frame that was not appended for sure says that it is committed. */
  #mayLookCommitted = false;
  /** What the journal says of what is committed; undefined while the content is active. */
  #final: OpfsRecord | undefined;
  #record: () => ContentRecord = () => NOTHING;
  #users = 0;

  constructor(pool: ContentPool, entry: number, found: OpfsRecord | undefined, state: 'counted' | 'next') {
    const { path, chunks, geometry } = pool;
    this.entry = entry;
    this.#pool = pool;
    this.#state = state;
    const others = (): number => pool.waitingCount - this.#blocks.waitingCount;
    this.#blocks = new PlacedBlocks(path, chunks, geometry, (place) => this.#given.push(place), others);
    this.#ahead = new PlacesAhead(path, geometry, chunks, this.#blocks);
    if (found === undefined) return;
    this.#blocks.adopt(found.runs, found.content.coverage);
    if (found.committedLength !== undefined) this.#final = found;
  }

  /** What is to be kept is asked for by `record`, from now on. */
  set record(record: () => ContentRecord) {
    this.#record = record;
  }

  get isCommitted(): boolean {
    return this.#final !== undefined;
  }

  /** The journal says nothing of it yet. */
  get isNext(): boolean {
    return this.#state === 'next';
  }

  /** How many blocks there are, with those that wait for a place. */
  get count(): number {
    return this.#blocks.count;
  }

  get waitingCount(): number {
    return this.#blocks.waitingCount;
  }

  /** How many places the call needed that came too soon. */
  get needed(): number {
    return this.#ahead.needed;
  }

  /** Begins to use it; several may use what is committed. */
  use(): StoredContent {
    if (this.#users > 0 && !this.isCommitted) {
      const { path } = this.#pool;
      throw new StorageError('CLAIMED', `Content of ${path} is open that is not committed. Close it first.`, { path });
    }
    this.#users += 1;
    const found = this.#final ?? this.#counted;
    if (found === undefined) return { coverage: [] };
    const { coverage, expectedLength, identity } = found.content;
    const { committedLength } = found;
    return committedLength === undefined
      ? { coverage: [...coverage], expectedLength, identity }
      : { coverage: [...coverage], committedLength, identity };
  }

  /** Ends a use; the last one ends what is not kept. */
  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#ahead.settled();
    const claimed = this.#state === 'counted' ? placesOf(this.#counted?.runs ?? []) : new Set<number>();
    this.#pool.closed(this);
    const places = [...placesOf(this.#blocks.runs()), ...this.#given];
    this.#pool.retire(places.filter((place) => !claimed.has(place)));
    this.#given = [];
  }

  /** The journal has other content for the entry now, or none: who has this one open reads on. */
  supersede(): void {
    this.#state = 'former';
  }

  read(offset: number, target: Uint8Array): void {
    this.#blocks.read(offset, target);
  }

  /** Copies those of the bytes at `offset` into `target` that are there; false if none is. */
  readThere(offset: number, target: Uint8Array): boolean {
    return this.#blocks.readThere(offset, target);
  }

  write(offset: number, data: Uint8Array): void {
    this.#assertActive();
    if (this.#mayLookCommitted) this.#storeActive(true);
    this.#ahead.placeSome();
    this.#pool.freePlaces(Math.ceil(data.length / this.#pool.geometry.blockSize) + 1);
    try {
      this.#blocks.write(offset, data);
    } finally {
      this.#ahead.begin(data.length);
    }
  }

  evict(start: number, end: number): void {
    this.#blocks.evict(start, end);
  }

  /** Makes what is covered durable, and gives the places of the rest back. */
  async checkpoint(isOver: () => boolean): Promise<void> {
    while (this.#blocks.waitingCount > 0) {
      await this.#ahead.open();
      if (isOver()) return;
      this.#pool.attempt('make a checkpoint', () => this.#blocks.place());
    }
    this.keep();
    // So that the commit does not take long.
    if (this.#state === 'next') this.#pool.chunks.flush();
    await this.#ahead.open();
  }

  /** True if bytes wait for a file to be opened. */
  get hasWaiting(): boolean {
    return this.#blocks.waitingCount > 0;
  }

  /** Makes durable what is covered and has a place. */
  keep(): void {
    if (this.isCommitted || this.#state !== 'counted') return;
    this.#ahead.placeSome();
    if (this.#blocks.count === 0 && this.#given.length === 0 && this.#counted === undefined) return;
    this.#storeActive(false);
  }

  commit(length: number, isDurable: () => boolean): FinalStep {
    this.#ahead.placeAll(`commit content of ${this.#pool.path}`);
    const runs = this.#blocks.runs(length);
    this.#pool.chunks.flush();
    return this.#finalStep({ length, runs }, isDurable, () => this.#blocks.truncate(length));
  }

  replace(data: Uint8Array, isDurable: () => boolean): FinalStep {
    this.#assertActive();
    const { chunks, geometry, path } = this.#pool;
    const needed = Math.ceil(data.length / geometry.blockSize);
    this.#pool.freePlaces(needed);
    const beside = this.#blocks.writeBeside(data);
    if (beside === undefined) {
      this.#ahead.begin(data.length);
      throw this.#ahead.tooSoonError(`write ${data.length} bytes beside the content of ${path}`, needed);
    }
    try {
      chunks.flush();
    } catch (error) {
      this.#giveUp(beside);
      throw error;
    }
    return this.#finalStep(
      beside,
      isDurable,
      () => this.#blocks.replaceBy(beside),
      () => this.#giveUp(beside),
    );
  }

  settle(): void {
    this.#ahead.settled();
  }

  /** Makes final content writable again; the journal says so before anything is written. */
  reopen(): void {
    if (this.#state !== 'former') this.#storeActive(true, true);
    this.#final = undefined;
  }

  /** Takes away what the journal says of it: nothing of it is found again. */
  clear(): void {
    if (this.#state !== 'counted') return;
    if (this.#counted !== undefined) this.#pool.append({ kind: 'no content', entry: this.entry });
    this.#pool.forget(this);
  }

  /**
   * Moves blocks out of a chunk, as far as others have free places; {@link moved} is to follow once
   * the chunk files are flushed. Returns how many.
   */
  moveOutOf(chunk: ChunkFile): number {
    return this.#blocks.moveOutOf(chunk);
  }

  /** Has the journal say where its blocks are. */
  moved(): void {
    const record = this.#final === undefined ? this.#active() : { ...this.#final, runs: this.#blocks.runs() };
    if (this.#state === 'counted') this.#pool.append({ kind: 'content', entry: this.entry, content: record });
    if (this.#final !== undefined) this.#final = record;
    this.#retireGiven();
  }

  /** What the journal says of it. */
  get #counted(): OpfsRecord | undefined {
    return this.#state === 'counted' ? this.#pool.contentOf(this.entry) : undefined;
  }

  #active(reopens = false): OpfsRecord {
    return activeRecord(this.#record(), this.#blocks, reopens);
  }

  #storeActive(always: boolean, reopens = false): void {
    const content = this.#active(reopens);
    if (always || !this.#isCounted(content)) {
      this.#pool.chunks.flush();
      this.#pool.append({ kind: 'content', entry: this.entry, content }, true);
    }
    this.#retireGiven();
    this.#pool.flush();
    this.#mayLookCommitted = false;
  }

  #isCounted(record: OpfsRecord): boolean {
    const { geometry } = this.#pool;
    const counted = this.#counted;
    return counted !== undefined && isSameBytes(encodeBody(counted, geometry), encodeBody(record, geometry));
  }

  /**
   * Appends the frame of final content as readers go on; then makes it count here.
   *
   * @param failed - called if the frame was not appended for sure
   */
  #finalStep(final: ContentBeside, isDurable: () => boolean, publish: () => void, failed?: () => void): FinalStep {
    const record = finalRecord(final, this.#record().identity);
    const before = this.#pool.contentOf(this.entry);
    const isFormer = this.#state === 'former';
    const store = (): void => {
      if (isFormer) return;
      try {
        this.#pool.append({ kind: 'content', entry: this.entry, content: record }, isDurable());
      } catch (error) {
        this.#mayLookCommitted = true;
        failed?.();
        throw error;
      }
    };
    return finalStepOf(store, () => {
      publish();
      this.#final = record;
      if (this.#state === 'next') {
        this.#state = 'counted';
        this.#pool.replaced(this, before);
      }
      this.#retireGiven();
    });
  }

  /** The last frame does not claim them. */
  #retireGiven(): void {
    this.#pool.retire(this.#given);
    this.#given = [];
  }

  /** A frame that was not appended for sure may claim these places. */
  #giveUp({ runs }: ContentBeside): void {
    this.#given.push(...placesOf(runs));
  }

  #assertActive(): void {
    const { path } = this.#pool;
    if (!this.isCommitted) return;
    throw new StorageError('READ_ONLY', `The content is committed, in ${path}. reactivate() it first.`, { path });
  }
}
