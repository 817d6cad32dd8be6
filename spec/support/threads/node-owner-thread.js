import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import { Resource } from 'tidemark';
import { newDriver } from './new-driver.js';
import { ownerCommands } from './owner-commands.js';
import { serve } from './rpc.js';

/**
 * An owner that can do, besides, what no thread of a browser can: end by itself so that its code
 * hears of it.
 */
serve({
  ...ownerCommands,
  /** A handle of a resource that nobody holds any more and that has been collected. */
  async handleOfForgotten(name) {
    const handle = Resource.open(newDriver()).createPort({ name }).handle;
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      collect();
    }
    return handle;
  },
  /**
   * Hears no more calls, once this one is answered; the thread ends when it has nothing left to do.
   */
  hangUp() {
    setImmediate(() => parentPort?.close());
  },
  /** Ends by `process.exit`, after the answer has left. */
  exit() {
    setImmediate(() => process.exit(0));
  },
});
