import { constants } from 'node:buffer';

import type { MapBinding } from './binding.js';

/** Of the package koffi: calls C functions; pointers are bigints. */
interface Koffi {
  load(library: null): { func(definition: string): (...args: unknown[]) => unknown };
  view(pointer: bigint, length: number): ArrayBuffer;
  errno(): number;
}

interface Mapping {
  readonly pointer: bigint;
  /** In bytes. */
  readonly length: number;
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
  const collected = new FinalizationRegistry<Mapping>(({ pointer, length }) => {
    munmap(pointer, length);
  });
  const shared = new WeakMap<ArrayBufferLike, Mapping>();

  const map = (
    protection: number,
    flags: number,
    descriptor: number,
    offset: number,
    length: number,
  ): { buffer: ArrayBuffer; mapping: Mapping } => {
    const pointer = mmap(null, length, protection, flags, descriptor, offset) as bigint;
    if (pointer === MAP_FAILED) throw new Error(`mmap failed with errno ${koffi.errno()}`);
    try {
      return { buffer: koffi.view(pointer, length), mapping: { pointer, length } };
    } catch (error) {
      munmap(pointer, length);
      throw error;
    }
  };
  return {
    name: 'koffi',
    largestEnd: Number.MAX_SAFE_INTEGER,
    longest: constants.MAX_LENGTH,
    collectsPrivate: false,
    mapShared(descriptor, offset, length) {
      const { buffer, mapping } = map(PROT_READ, MAP_SHARED, descriptor, offset, length);
      shared.set(buffer, mapping);
      collected.register(buffer, mapping, mapping);
      return new Uint8Array(buffer);
    },
    mapPrivate(descriptor, offset, length) {
      return new Uint8Array(map(PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, offset, length).buffer);
    },
    unmap({ buffer }) {
      const mapping = shared.get(buffer);
      if (mapping === undefined) return;
      shared.delete(buffer);
      collected.unregister(mapping);
      munmap(mapping.pointer, mapping.length);
    },
  };
}
