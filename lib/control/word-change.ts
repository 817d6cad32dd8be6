/**
 * How often a word is looked at where it cannot be waited for, in milliseconds.
 *
 * It is the shortest that browsers give a repeating timer, and bounds what a pipeline gets that waits for each chunk: 250 of them a
 * second. It takes some 3 % of a processor, for as long as somebody waits (measured; every 10 ms it takes half of that).
 */
const LOOK_EVERY = 4;

/**
 * Calls `changed` once, in a turn of its own, after word `at` is no longer `seen`; false, and no call, if it is not so now.
 *
 * Whoever does not wait any more moves the word itself (`wake`): that ends this here, too. It keeps no event loop of Node alive: by
 * itself `Atomics.waitAsync` does not (measured). Where that is missing (Firefox before 145), a timer looks at the word.
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
  }, LOOK_EVERY);
  // Node's timers are objects; a browser's are numbers, and keep nothing alive.
  (timer as { unref?: () => void }).unref?.();
  return true;
}
