import { ColdBytes, MemDriver, registerAttachment, Resource, type ResourceOptions } from '../../lib/index.js';
import { attachCold, COLD_KIND, ColdDriver } from './cold-driver.js';
import { EvictingDriver } from './evicting-driver.js';

registerAttachment(COLD_KIND, attachCold);

export { ColdDriver } from './cold-driver.js';

/** A resource whose every byte is cold for other threads; with `initialData` it is committed. */
export function coldResource(initialData?: Uint8Array, options?: ResourceOptions): Resource<ColdDriver> {
  return Resource.open(new ColdDriver(new MemDriver({ initialData, shared: false }), new ColdBytes()), options);
}

/** The same, and it can evict. */
export function coldEvictingResource(): Resource<ColdDriver> {
  return Resource.open(new ColdDriver(new EvictingDriver(), new ColdBytes()));
}

/** The same, but other threads can read what lies in `hot` by themselves. */
export function partlyColdResource(hot: Uint8Array): Resource<ColdDriver> {
  return Resource.open(new ColdDriver(new MemDriver({ shared: false }), new ColdBytes(), hot));
}

/** Bytes that tell where they lie. */
export function numbered(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8) * 13 + seed) & 0xff);
}
