import type { Resource } from '../../resource/resource.js';
import type { DownloadSettings } from './read-options.js';
import type { KnownContent } from './answer/known-content.js';

/**
 * Makes the function that tells the driver, once, how many bytes are still to be stored; it throws
 * what the driver throws, if that is more than it can hold. Nothing is told where not everything is
 * to be there at once: with a `range`, a finite `readAhead`, or without `commit`.
 */
export function announceOnce(resource: Resource, content: KnownContent, settings: DownloadSettings): () => void {
  let isDue = settings.range === undefined && settings.readAhead === Infinity && settings.commit;
  return () => {
    const { total } = content;
    if (!isDue || total === undefined) return;
    isDue = false;
    resource.driver.announce?.(total - resource.coveredBytes);
  };
}
