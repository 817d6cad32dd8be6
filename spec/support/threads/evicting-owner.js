import { Resource } from 'tidemark';
import { EvictingDriver } from '../evicting-driver.js';
import { blocksByChance, MEMORY, rangeOf, rivalOf, uniform, valueOf } from './evicted-blocks.js';
import { isSet, serve } from './rpc.js';

const resource = Resource.open(new EvictingDriver(MEMORY));

serve({
  handle: () => resource.createPort().handle,
  /**
   * Evicts a block, or the one in its place, and writes it, until `flag` is set; returns how often.
   *
   * @param {Int32Array} flag
   */
  evictAndWrite(flag) {
    const next = blocksByChance(1);
    let round = 0;
    let evicted = 0;
    for (; !isSet(flag); round++) {
      const block = next();
      const range = rangeOf(block);
      const rival = rangeOf(rivalOf(block));
      evicted += resource.evict(resource.has(range) ? range : rival) > 0 ? 1 : 0;
      // Somebody waits for it, so it has stayed.
      if (resource.has(range) || resource.has(rival)) continue;
      resource.writeAt(range.start, /** @type {Uint8Array} */ (uniform[valueOf(block, round)]));
    }
    return evicted;
  },
});
