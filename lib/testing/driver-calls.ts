import type { Driver } from '../drivers/driver.js';

/** Calls of a driver as a resource makes them. */

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
  driver.commit(length)(ignoreAlive);
  driver.settle?.();
}

/** Replaces the whole content. */
export function replaceAll(driver: Driver, data: Uint8Array): void {
  driver.replace(data)(ignoreAlive);
  driver.settle?.();
}

const ignoreAlive = (): void => undefined;
