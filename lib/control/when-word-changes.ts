/**
 * How often a word is polled where the platform lacks `Atomics.waitAsync`, in milliseconds.
 *
 * It is the shortest interval that browsers give a repeating timer. A pipeline that waits for each
 * chunk gets 250 of them a second at most. Polling takes some 3 % of a processor while anybody
 * waits (measured; every 10 ms it takes half of that).
 */
const POLL_EVERY = 4;

/**
 * Calls `changed` once, in a turn of its own, after word `at` is no longer `seen`. Returns false,
 * and does not call, if it is another value already.
 *
 * To stop waiting, change the word yourself (`wake`). Node's event loop is not kept alive:
 * `Atomics.waitAsync` does not do that (measured). Where it is missing (Firefox before 145), a
 * timer polls the word.
 */
export function whenWordChanges(words: Int32Array, at: number, seen: number, changed: () => void): boolean {
  if (typeof Atomics.waitAsync === 'function') {
    const result = Atomics.waitAsync(words, at, seen);
    if (result.async) void result.value.then(changed);
    return result.async;
  }
  if (Atomics.load(words, at) !== seen) return false;
  const timer = setInterval(() => {
    if (Atomics.load(words, at) === seen) return;
    clearInterval(timer);
    changed();
  }, POLL_EVERY);
  // Node's timers are objects; a browser's are numbers, and keep nothing alive.
  (timer as { unref?: () => void }).unref?.();
  return true;
}
