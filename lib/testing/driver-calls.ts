import type { Driver, FinalStep } from '../drivers/driver.js';

/** Calls a driver in the way that a resource does. */

/** Reads `length` bytes at `offset`. */
export function readBack(
  driver: { read(offset: number, target: Uint8Array): void },
  offset: number,
  length: number,
): Uint8Array {
  const target = new Uint8Array(length);
  driver.read(offset, target);
  return target;
}

/** Commits the first `length` bytes. */
export function commitFirst(driver: Driver, length: number): void {
  runStep(driver.commit(length));
  driver.settle?.();
}

/** Replaces the whole content. */
export function replaceAll(driver: Driver, data: Uint8Array): void {
  runStep(driver.replace(data));
  driver.settle?.();
}

function runStep(step: FinalStep): void {
  step.ahead?.();
  step(() => undefined);
}
