import { constants } from 'node:buffer';

import type { MapBinding } from './binding.js';

/** Of the package koffi: calls C functions; pointers are bigints. */
interface Koffi {
  load(library: null): { func(definition: string): (...args: unknown[]) => unknown };
  view(pointer: bigint, length: number): ArrayBuffer;
  errno(): number;
}

// The same on Linux, macOS and the BSDs.
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
/** What `mmap` answers when it fails: -1, as a pointer. */
const MAP_FAILED = 2n ** 64n - 1n;

export function bindKoffi(load: (name: string) => unknown): MapBinding {
  if (process.platform === 'win32' || !/64|s390x/.test(process.arch)) {
    throw new Error(`koffi is used on 64-bit systems that have mmap, and this is ${process.platform}-${process.arch}`);
  }
  const koffi = load('koffi') as Koffi;
  const library = koffi.load(null);
  const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const munmap = library.func('int munmap(void *, size_t)');
  const pointers = new WeakMap<ArrayBufferLike, bigint>();
  const map = (protection: number, flags: number, descriptor: number, offset: number, length: number): ArrayBuffer => {
    const pointer = mmap(null, length, protection, flags, descriptor, offset) as bigint;
    if (pointer === MAP_FAILED) throw new Error(`mmap failed with errno ${koffi.errno()}`);
    try {
      const buffer = koffi.view(pointer, length);
      pointers.set(buffer, pointer);
      return buffer;
    } catch (error) {
      munmap(pointer, length);
      throw error;
    }
  };
  return {
    name: 'koffi',
    largestEnd: Number.MAX_SAFE_INTEGER,
    longest: constants.MAX_LENGTH,
    mapShared: (descriptor, offset, length) => new Uint8Array(map(PROT_READ, MAP_SHARED, descriptor, offset, length)),
    mapPrivate: (descriptor, offset, length) =>
      new Uint8Array(map(PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, offset, length)),
    unmap({ buffer, length }) {
      const pointer = pointers.get(buffer);
      if (pointer !== undefined) munmap(pointer, length);
    },
  };
}
