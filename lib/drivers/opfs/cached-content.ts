import { ColdBytes } from '../../cold/cold-bytes.js';
import { SHARED_MEMORY } from '../../memory/growable-buffer.js';
import type { Checkpoints } from '../checkpoints.js';
import type { DriverCapabilities, DriverDescription, FinalStep } from '../driver.js';
import { CachedBlocks } from './cached-blocks.js';
import { OPFS_KIND } from './opfs-attachment.js';

/** What content can do that lies in blocks. */
interface BlockContent {
  write(offset: number, data: Uint8Array): void;
  /** Copies those of the bytes at `offset` into `target` that are there; false if none is. */
  readThere(offset: number, target: Uint8Array): boolean;
  evict(start: number, end: number): void;
}

/** What a driver of such content says of itself. */
export const OPFS_CAPABILITIES: DriverCapabilities = {
  rewrites: true,
  view: false,
  share: SHARED_MEMORY,
  evicts: true,
};

/** Content that other threads read by a cache, and that is kept by checkpoints. */
export class CachedContent {
  /** Gives other threads what they ask for. */
  readonly cold = new ColdBytes({ given: (start, end) => this.#cached.given(start, end) });
  readonly #content: () => BlockContent;
  readonly #cached: CachedBlocks;
  readonly #checkpoints: Checkpoints;

  constructor(content: () => BlockContent, cacheBytes: number, checkpoints: Checkpoints) {
    this.#content = content;
    this.#cached = new CachedBlocks(cacheBytes, (offset, target) => content().readThere(offset, target));
    this.#checkpoints = checkpoints;
  }

  write(offset: number, data: Uint8Array): void {
    try {
      this.#content().write(offset, data);
    } catch (error) {
      // A part of it may have been written, over what the cache has.
      this.#cached.clear();
      this.cold.rewritten(offset, data.length);
      throw error;
    }
    this.#cached.wrote(offset, data);
    this.cold.rewritten(offset, data.length);
    this.#checkpoints.wrote(data.length);
  }

  evict(start: number, end: number): void {
    this.#content().evict(start, end);
    this.#checkpoints.evicted(end - start);
  }

  /** Takes the step that replaces all of it, after which the cache has nothing of use. */
  replaced(step: FinalStep): FinalStep {
    const replace: FinalStep = (alive) => {
      step(alive);
      this.#cached.clear();
    };
    return Object.assign(replace, { ahead: step.ahead });
  }

  /** The memory of the cache; undefined where none can be shared. */
  describe(): DriverDescription {
    return { kind: OPFS_KIND, data: SHARED_MEMORY ? this.#cached.share() : undefined };
  }
}
