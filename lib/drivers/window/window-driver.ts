import { StorageError } from '../../errors/storage-error.js';
import { SHARED_MEMORY } from '../../memory/growable-buffer.js';
import { type ByteRange, MAX_OFFSET } from '../../range/byte-range.js';
import { WindowUse } from '../../window/window-use.js';
import type { Driver, DriverCapabilities, DriverDescription, FinalStep, RoomUse, StoredContent } from '../driver.js';
import { Blocks } from './blocks.js';
import { type Keep, keepLatest, keepNearReaders } from './keeps.js';
import { halfOf, leftAlone } from './left-alone.js';
import { type SharedWindow, WINDOW_KIND } from './window-attachment.js';
import { WindowBytes, type WindowMemory } from './window-bytes.js';
import { allocateWindow } from './window-memory.js';
import { planWindow, type WindowDriverOptions, type WindowPlan } from './window-options.js';

/** A replacement calls `alive` after so many bytes. */
const SLICE = 64 * 2 ** 20;
const NOTHING: readonly ByteRange[] = [];

/** What there is between open and close. */
interface Opened {
  readonly memory: WindowMemory;
  readonly bytes: WindowBytes;
  readonly keep: Keep;
  readonly blocks: Blocks;
}

/**
 * Keeps a part of the content in memory, a window of fixed size: content may be larger than memory.
 *
 * Where a write needs room, the bytes go that are useful least, and are missing from then on: who
 * waits for them, waits until they are written again. Held bytes stay, and what is waited for, up
 * to half of the window. Offsets go to 2^53−1, however small the window is.
 *
 * @example
 * ```ts
 * import { Resource, WindowDriver } from 'tidemark';
 *
 * const film = Resource.open(new WindowDriver({ maxBytes: 64 * 2 ** 20 }));
 * const radio = Resource.open(new WindowDriver({ maxBytes: 2 ** 20, keep: 'latest' }));
 * ```
 */
export class WindowDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  /** How many bytes fit in: whole blocks. */
  readonly maxBytes: number;
  /** What stays where not all of it can. */
  readonly keep: 'near-readers' | 'latest';
  readonly use: WindowUse;
  readonly #plan: WindowPlan;
  #opened: Opened | undefined;

  /** @throws {@link StorageError} `INVALID_ARGUMENT` */
  constructor(options: WindowDriverOptions) {
    const plan = planWindow(options);
    this.#plan = plan;
    this.maxBytes = plan.places * plan.blockSize;
    this.keep = plan.keep;
    this.use = new WindowUse({
      longestWait: halfOf(plan.places, plan.blockSize),
      blockSize: plan.blockSize,
      keepsLatest: plan.keep === 'latest',
      maxBytes: this.maxBytes,
      behind: plan.behind,
    });
    this.capabilities = {
      rewrites: true,
      view: false,
      viewAdvice: 'Its bytes do not lie in one piece.',
      share: plan.shared && SHARED_MEMORY,
      evicts: true,
    };
  }

  open(): StoredContent {
    const { places, blockSize, behind } = this.#plan;
    const memory = allocateWindow(places, blockSize, this.capabilities.share);
    const bytes = new WindowBytes(memory);
    const inPlaces = new Float64Array(places);
    const keep = this.keep === 'latest' ? keepLatest(inPlaces) : keepNearReaders(inPlaces, behind, blockSize);
    this.#opened = { memory, bytes, keep, blocks: new Blocks(bytes, keep, inPlaces) };
    return { coverage: [] };
  }

  makeRoom(start: number, end: number, use: RoomUse): readonly ByteRange[] {
    const { blocks, keep } = this.#open;
    const want = blocks.lacking(start, end);
    if (want === 0) return NOTHING;
    const chosen = keep.choose(leftAlone(start, end, use, this.#plan), want, use);
    if (chosen.length < want) throw this.#noRoomError(start, end);
    return chosen.map((block) => this.#rangeOf(block));
  }

  write(offset: number, data: Uint8Array): void {
    const { blocks } = this.#open;
    const end = offset + data.length;
    if (blocks.lacking(offset, end) > 0) throw this.#noRoomError(offset, end);
    blocks.write(offset, data);
  }

  read(offset: number, target: Uint8Array): void {
    this.use.read(offset, target.length);
    this.#open.bytes.read(offset, target);
  }

  evict(start: number, end: number): void {
    this.#open.blocks.evict(start, end);
  }

  commit(length: number): FinalStep {
    const { blocks } = this.#open;
    return () => blocks.truncate(length);
  }

  reopen(): void {
    // Final bytes lie in the window as others do.
  }

  replace(data: Uint8Array): FinalStep {
    if (data.length > this.maxBytes) throw this.#noRoomError(0, data.length);
    const { blocks } = this.#open;
    return (alive) => {
      blocks.truncate(0);
      for (let at = 0; at < data.length; at += SLICE) {
        blocks.write(at, data.subarray(at, at + SLICE));
        alive();
      }
    };
  }

  describe(): DriverDescription {
    return { kind: WINDOW_KIND, data: { ...this.#open.memory, lost: this.use.lost } satisfies SharedWindow };
  }

  close(): void {
    this.#opened = undefined;
  }

  get #open(): Opened {
    if (this.#opened === undefined)
      throw new StorageError('CLOSED', 'This driver is not open. Open a resource with a new one.');
    return this.#opened;
  }

  #rangeOf(block: number): ByteRange {
    const { blockSize } = this.#plan;
    // The last block would end one byte past the domain.
    return { start: block * blockSize, end: Math.min(MAX_OFFSET, (block + 1) * blockSize) };
  }

  #noRoomError(start: number, end: number): StorageError {
    return new StorageError(
      'CAPACITY',
      `Wrote [${start}, ${end}) into a window of ${this.maxBytes} bytes, and nothing may go that makes enough room. ` +
        'Nothing was written. Write less at a time, release holds, or give the driver a larger `maxBytes`.',
      { range: { start, end } },
    );
  }
}
