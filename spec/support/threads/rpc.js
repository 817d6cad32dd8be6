import { parentPort } from 'node:worker_threads';

if (parentPort === null) throw new Error('This file runs in a worker thread.');
const port = parentPort;

/**
 * Answers the calls of `TestThread`.
 *
 * @param {Record<string, (...args: any[]) => unknown>} commands
 */
export function serve(commands) {
  port.on('message', ({ id, command, args }) => {
    void answer(id, () => commands[command]?.(...args));
  });
}

/**
 * @param {number} id
 * @param {() => unknown} run
 */
async function answer(id, run) {
  try {
    port.postMessage({ id, value: await run() });
  } catch (error) {
    port.postMessage({ id, error: describe(error) });
  }
}

/**
 * Whether a flag of the test is set.
 *
 * @param {Int32Array} flag
 */
export function isSet(flag) {
  return Atomics.load(flag, 0) !== 0;
}

/**
 * Says that this thread stops here, and stops it until the flag is set.
 *
 * @param {Int32Array} flag
 */
export function stopUntilSet(flag) {
  Atomics.store(flag, 1, 1);
  Atomics.wait(flag, 0, 0);
}

/**
 * Stops this thread before its `step`-th operation on shared memory from now on, once, until the
 * flag is set. If it goes to sleep before that, it says so: 2 in the flag's second word.
 *
 * @param {Int32Array} flag
 * @param {number} step
 */
export function stopAtStep(flag, step) {
  const names = /** @type {const} */ (['load', 'store', 'add', 'exchange', 'notify', 'wait', 'waitAsync']);
  const atomics = /** @type {Record<string, (...args: unknown[]) => unknown>} */ (/** @type {unknown} */ (Atomics));
  const originals = names.map((name) => /** @type {const} */ ([name, atomics[name]]));
  const restore = () => {
    for (const [name, original] of originals) if (original !== undefined) atomics[name] = original;
  };
  let steps = 0;
  for (const [name, original] of originals) {
    atomics[name] = (...args) => {
      steps += 1;
      if (steps === step) {
        restore();
        stopUntilSet(flag);
      } else if (name === 'waitAsync' || (name === 'wait' && args[3] !== 0)) {
        restore();
        Atomics.store(flag, 1, 2);
      }
      return original?.(...args);
    };
  }
}

/**
 * @param {string} event
 * @param {string} key
 * @param {unknown} [value]
 */
export function tell(event, key, value) {
  port.postMessage({ event, key, value });
}

/**
 * Errors lose class and code when they are cloned.
 *
 * @param {any} error
 */
export function describe(error) {
  const { name, code, message, range } = error;
  return { name, code, message, range };
}
