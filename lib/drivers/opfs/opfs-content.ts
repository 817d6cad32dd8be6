import { StorageError } from '../../errors/storage-error.js';
import type { ContentRecord } from '../../record/content-record.js';
import type { FinalStep } from '../driver.js';
import type { ChunkFiles } from './chunk-files.js';
import { activeRecord, finalRecord, finalStepOf } from './final-step.js';
import type { Geometry } from './geometry.js';
import { attempt } from './io-error.js';
import { type FoundRecord, type OpfsRecord, placesOf } from './opfs-record.js';
import { type ContentBeside, PlacedBlocks } from './placed-blocks.js';
import { PlacesAhead } from './places-ahead.js';
import type { RecordSlots } from './record-slots.js';
import { RetiredPlaces } from './retired-places.js';

/**
 * The content of one path: its blocks in chunk files, and the record that says what is there.
 *
 * **Why what a record claims is there,** after the browser is killed at any call, and after power
 * loss as far as `flush` reaches. To make a record durable, in one go,
 *
 * 1. the chunk files are flushed, so that the bytes of all that is covered are durable;
 * 2. the record is written into the slot that does not hold the last durable one;
 * 3. that slot is flushed.
 *
 * Killed before 3 has returned, the slot holds the new record or none, and the other slot the one
 * before it. The bytes of both are there: those of the new one by 1; those of the other one since a
 * place that was given up is written again only once neither slot can claim it
 * (`retired-places.ts`). Bytes that are written again in place are there in one version or another.
 *
 * A block that is moved is written to a free place, and its old place is given up. So is all that
 * `replace` writes: a crash leaves the old content or the new.
 *
 * **Why a record that says committed is of the committed bytes.** While the content is active, no
 * slot that can come to count says that it is committed: `reopen` makes a record durable before
 * anything is written. A record that says committed and whose write fails may be in its slot all
 * the same: so nothing is written before another record is durable.
 *
 * **Files.** A chunk file is removed, or cut short, only where all places are free. Files without a
 * record are garbage, and so are chunk files that the newest record does not claim: they are
 * removed when the path is opened to be written.
 */
export class OpfsContent {
  readonly path: string;
  readonly #geometry: Geometry;
  readonly #slots: RecordSlots;
  readonly #chunks: ChunkFiles;
  readonly #blocks: PlacedBlocks;
  readonly #ahead: PlacesAhead;
  readonly #retired: RetiredPlaces;
  /** A record that was not stored for sure says that the content is committed. */
  #mayLookCommitted = false;
  /** The record of what is committed; undefined while the content is active. */
  #final: OpfsRecord | undefined;
  /** Nothing that the slots hold is of this content. */
  #isForeign = false;
  #record: () => ContentRecord = () => ({ coverage: [], expectedLength: undefined, identity: undefined });

  constructor(path: string, geometry: Geometry, slots: RecordSlots, chunks: ChunkFiles) {
    this.path = path;
    this.#geometry = geometry;
    this.#slots = slots;
    this.#chunks = chunks;
    this.#retired = new RetiredPlaces((place) => chunks.give(place));
    this.#blocks = new PlacedBlocks(path, chunks, geometry, (place) => this.#retired.add(place));
    this.#ahead = new PlacesAhead(path, geometry, chunks, this.#blocks);
  }

  /** What is to be kept is asked for by `record`, from now on. */
  set record(record: () => ContentRecord) {
    this.#record = record;
  }

  get isCommitted(): boolean {
    return this.#final !== undefined;
  }

  /** The record that was stored last; undefined if it is not known which one counts. */
  get stored(): Uint8Array | undefined {
    return this.#slots.stored;
  }

  /** The bytes of the chunk files, which count against the quota. */
  get charged(): number {
    return this.#chunks.charged;
  }

  /** Takes up what the newest record lists; places that only the older one claims are not free. */
  adopt(newest: FoundRecord, older: FoundRecord | undefined): void {
    const { committedLength, runs, content } = newest;
    this.#blocks.adopt(runs, content.coverage);
    const claimed = placesOf(runs);
    for (const place of claimed) this.#chunks.takeAt(place);
    for (const place of placesOf(older?.runs ?? [])) {
      if (!claimed.has(place) && this.#chunks.takeAt(place)) this.#retired.addClaimedByOlder(place);
    }
    if (committedLength !== undefined) this.#final = newest;
  }

  /** What is in the folder is not used: it is removed before anything is written. */
  ignoreFound(): void {
    this.#isForeign = true;
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
    this.#removeFound();
    if (this.#mayLookCommitted) this.#storeActive(true);
    this.#ahead.placeSome();
    try {
      this.#blocks.write(offset, data);
    } finally {
      this.#ahead.begin(data.length);
    }
  }

  evict(start: number, end: number): void {
    this.#blocks.evict(start, end);
  }

  /** Makes what is covered durable; gives places, chunk files and space back. */
  async checkpoint(isOver: () => boolean): Promise<void> {
    while (this.#blocks.waitingCount > 0) {
      await this.#ahead.open();
      if (isOver()) return;
      attempt(`make a checkpoint of ${this.path}`, this.path, () => this.#blocks.place());
    }
    this.keep();
    while (!this.#retired.isEmpty || this.#chunks.isScattered(this.#blocks.count)) {
      if (this.#retired.isEmpty) {
        const { emptiest } = this.#chunks;
        if (emptiest === undefined || this.#blocks.moveOutOf(emptiest) === 0) break;
      }
      this.#storeActive(true);
      this.#chunks.tidy(this.#ahead.needed);
      await this.#chunks.settled();
      if (isOver()) return;
    }
    this.#chunks.tidy(this.#ahead.needed);
    await this.#ahead.open();
  }

  /** True if bytes wait for a file to be opened. */
  get hasWaiting(): boolean {
    return this.#blocks.waitingCount > 0;
  }

  /** Makes durable what is covered and has a place. Returns false if nothing is covered. */
  keep(): boolean {
    if (this.isCommitted || this.#isForeign) return true;
    this.#ahead.placeSome();
    if (this.#blocks.count === 0 && this.#slots.stored === undefined) return false;
    this.#storeActive(false);
    return this.#blocks.count > 0;
  }

  commit(length: number): FinalStep {
    this.#ahead.placeAll(`commit ${this.path}`);
    this.#removeFound();
    const runs = this.#blocks.runs(length);
    this.#chunks.flush();
    return this.#finalStep({ length, runs }, () => this.#blocks.truncate(length));
  }

  replace(data: Uint8Array): FinalStep {
    this.#assertActive();
    this.#removeFound();
    const beside = this.#blocks.writeBeside(data);
    if (beside === undefined) {
      this.#ahead.begin(data.length);
      const needed = Math.ceil(data.length / this.#geometry.blockSize);
      throw this.#ahead.tooSoonError(`write ${data.length} bytes beside the content of ${this.path}`, needed);
    }
    try {
      this.#chunks.flush();
    } catch (error) {
      this.#giveUp(beside);
      throw error;
    }
    return this.#finalStep(
      beside,
      () => this.#blocks.replaceBy(beside),
      () => this.#giveUp(beside),
    );
  }

  /** Gives the places back that final content has left, and what belongs to no block. */
  settle(): void {
    this.#ahead.settled();
    try {
      while (this.#final !== undefined && !this.#retired.isEmpty) this.#store(this.#final, true);
      this.#chunks.tidy();
    } catch {
      // They come back when the path is opened next.
    }
  }

  /** Makes final content writable again; it is active on disk, too, before anything is written. */
  reopen(): void {
    this.#storeActive(false, true);
    this.#final = undefined;
  }

  /** Takes all records away: nothing of it is found again. */
  clear(): void {
    attempt(`remove ${this.path}`, this.path, () => this.#slots.clear());
  }

  /** Closes all files. */
  close(): void {
    this.#slots.close();
    this.#chunks.close();
  }

  /** Resolves when no file is being opened or removed any more. */
  settled(): Promise<void> {
    return this.#chunks.settled();
  }

  /** @param reopens - the content was committed up to now */
  #storeActive(always: boolean, reopens = false): void {
    this.#store(activeRecord(this.#record(), this.#blocks, reopens), always);
    this.#mayLookCommitted = false;
  }

  /** @param always - also if the slots hold it already */
  #store(record: OpfsRecord, always: boolean): void {
    this.#chunks.flush();
    const body = this.#slots.encode(record);
    if (!always && this.#slots.holds(body)) return;
    attempt(`make the record of ${this.path} durable`, this.path, () => this.#slots.store(body));
    this.#retired.stored();
  }

  /**
   * Stores the record of final content as readers go on; then makes it count here.
   *
   * @param failed - called if the record was not stored for sure
   */
  #finalStep(final: ContentBeside, publish: () => void, failed?: () => void): FinalStep {
    const record = finalRecord(final, this.#record().identity);
    const store = (): void => {
      try {
        this.#store(record, false);
      } catch (error) {
        this.#mayLookCommitted = true;
        failed?.();
        throw error;
      }
    };
    return finalStepOf(store, () => {
      publish();
      this.#final = record;
    });
  }

  /** A record that was not stored for sure may claim these places. */
  #giveUp({ runs }: ContentBeside): void {
    for (const place of placesOf(runs)) this.#retired.add(place);
  }

  /** Takes away the record that was found and is not used; its chunk files have other numbers. */
  #removeFound(): void {
    if (!this.#isForeign) return;
    this.clear();
    this.#isForeign = false;
    void this.#chunks.removeOthers().catch(() => undefined);
  }

  #assertActive(): void {
    const { path } = this;
    if (!this.isCommitted) return;
    throw new StorageError('READ_ONLY', `The content of ${path} is committed. reactivate() it first.`, { path });
  }
}
