import { constants } from 'node:os';

/** A function of C. */
type NativeFunction = (...args: unknown[]) => unknown;

/** What is used of the package koffi, which calls C functions; pointers are bigints. */
export interface Koffi {
  /** The functions that the process has loaded, those of the C library among them. */
  load(library: null): { func(definition: string): NativeFunction };
  /** Where the bytes of a buffer are. */
  address(buffer: ArrayBuffer): bigint;
  /** The error number of the last call that failed. */
  errno(): number;
}

/** Returns the error of a C function that has just failed; `code` is the system's (`ENOMEM`). */
export function nativeError(koffi: Koffi, call: string): Error & { code: string } {
  const errno = koffi.errno();
  const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${call} failed: ${code}`), { code });
}
