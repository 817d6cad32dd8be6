/**
 * Sleeps again and again: says before each time that it is about to (`control[0]`), and afterwards
 * when it woke (`woken`, in nanoseconds of the process's clock) and that it did (`control[1]`).
 *
 * @param {Int32Array} control
 * @param {BigInt64Array} woken
 * @param {(index: number) => void} sleep
 */
export function tellWakeUps(control, woken, sleep) {
  for (let index = 0; ; index++) {
    Atomics.store(control, 0, index + 1);
    Atomics.notify(control, 0);
    sleep(index);
    Atomics.store(woken, 0, process.hrtime.bigint());
    Atomics.store(control, 1, index + 1);
    Atomics.notify(control, 1);
  }
}
