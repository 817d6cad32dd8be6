import { CachedBlocks } from '../../../lib/drivers/opfs/cached-blocks.js';
import { OPFS_KIND } from '../../../lib/drivers/opfs/opfs-attachment.js';
import { ColdBytes, type Driver, type DriverDescription, type FinalStep, MemDriver } from '../../../lib/index.js';

/**
 * Memory that no other thread can read but by a cache, as that of an `OpfsDriver`; all of `length`
 * bytes are written before anybody reads.
 */
export class CachedDriver extends MemDriver implements Driver {
  readonly cold = new ColdBytes({ given: (start, end) => this.#cached.given(start, end) });
  readonly #cached: CachedBlocks;

  constructor(length: number, cacheBytes: number) {
    super({ shared: false });
    Object.assign(this.capabilities, { share: true, view: false });
    this.#cached = new CachedBlocks(cacheBytes, (offset, target) => {
      if (offset >= length) return false;
      this.read(offset, target.subarray(0, length - offset));
      return true;
    });
  }

  override write(offset: number, data: Uint8Array): void {
    super.write(offset, data);
    this.#cached.wrote(offset, data);
    this.cold.rewritten(offset, data.length);
  }

  override replace(data: Uint8Array): FinalStep {
    const step = super.replace(data);
    return (alive) => {
      step(alive);
      this.#cached.clear();
    };
  }

  override describe(): DriverDescription {
    return { kind: OPFS_KIND, data: this.#cached.share() };
  }
}
