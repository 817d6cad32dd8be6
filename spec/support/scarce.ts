import { type Resource } from '../../lib/index.js';
import { EvictingDriver } from './evicting-driver.js';
import { open } from './resources.js';

const STEP = 1000;

/**
 * A resource of `content`, whose bytes come as they are demanded, a few at a time. What came before
 * goes, but for what is asked for.
 */
export function scarce(content: Uint8Array): { readonly resource: Resource; readonly evicted: () => number } {
  const resource = open({ expectedLength: content.length }, new EvictingDriver());
  let evicted = 0;
  resource.demand$.subscribe(([first]) => {
    if (first === undefined) return;
    const { start, end } = first.range;
    evicted += resource.evict({ start: 0, end: content.length });
    resource.writeAt(start, content.subarray(start, Math.min(end, start + STEP)));
  });
  return { resource, evicted: () => evicted };
}
