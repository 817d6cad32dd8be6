import { attachReader } from 'tidemark';
// Knows how to read the files of other threads.
import 'tidemark/node';
import { serve } from './rpc.js';

serve({
  /**
   * Takes a snapshot of the coverage, slowly: how many ranges it has. `done` is 1 at its end, or
   * when it has failed.
   */
  snapshot(handle, done, microseconds) {
    const reader = attachReader(handle);
    const load = Atomics.load;
    const slow = /** @type {(...args: unknown[]) => unknown} */ (
      (...asked) => {
        for (const until = performance.now() + microseconds / 1000; performance.now() < until;);
        return /** @type {any} */ (load)(...asked);
      }
    );
    Atomics.load = /** @type {typeof Atomics.load} */ (slow);
    try {
      return reader.coverage.rangeCount;
    } finally {
      Atomics.load = load;
      Atomics.store(done, 0, 1);
      reader.close();
    }
  },
});
