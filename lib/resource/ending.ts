import type { Driver } from '../drivers/driver.js';
import { onAbort } from '../waits/abort.js';
import { closeAtExit } from './close-at-exit.js';
import type { Content } from './content.js';
import type { OwnerFeed } from './owner-feed.js';

/** Closes a resource: `keep` keeps partial content, `clean` is called before the driver closes. */
export type Close = (keep: boolean, clean?: () => void) => void;

/**
 * Has a resource cancelled by its signal, and closed as its thread ends. Returns what closes it for
 * its owner; all later calls do nothing.
 */
export function ending(content: Content<Driver>, feed: OwnerFeed, signal: AbortSignal | undefined): Close {
  const stopListening = onAbort(signal, () => {
    const { state } = content.status;
    if (state !== 'active' && state !== 'failed') return;
    content.cancel(signal?.reason);
    feed.stateChanged();
  });
  const staysOpenAtExit = closeAtExit(content, content.control);
  return (keep, clean) => {
    if (content.closed) return;
    stopListening();
    staysOpenAtExit();
    try {
      content.close(keep, clean);
    } finally {
      feed.end();
    }
  };
}
