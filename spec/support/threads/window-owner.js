import { Resource, WindowDriver } from 'tidemark';
import { BLOCK, BLOCKS, blocksByChance, rangeOf, uniform, valueOf } from './evicted-blocks.js';
import { isSet, serve } from './rpc.js';

/** Half of the blocks fit in. */
const PLACES = BLOCKS / 2;
const resource = Resource.open(new WindowDriver({ maxBytes: PLACES * BLOCK, blockSize: BLOCK }));

serve({
  handle: () => resource.createPort().handle,
  /**
   * Evicts a few blocks and writes others in their places, until `flag` is set; returns how many
   * were evicted.
   *
   * @param {Int32Array} flag
   */
  evictAndWrite(flag) {
    const next = blocksByChance(1);
    let there = 0;
    let evicted = 0;
    for (let round = 0; !isSet(flag); round++) {
      for (let fewest = PLACES - 1 - (round % 3); there > fewest;) {
        const gone = resource.evict(rangeOf(next())) / BLOCK;
        there -= gone;
        evicted += gone;
        if (isSet(flag)) break;
      }
      while (there < PLACES) {
        const block = next();
        const range = rangeOf(block);
        if (resource.has(range)) continue;
        resource.writeAt(range.start, /** @type {Uint8Array} */ (uniform[valueOf(block, round)]));
        there += 1;
      }
    }
    return evicted;
  },
});
