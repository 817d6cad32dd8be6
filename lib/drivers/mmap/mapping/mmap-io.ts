import { RUNTIME } from '../native/runtime.js';
import type { MapBinding } from './binding.js';

/** What is used of the package mmap-io (`@riaskov/mmap-io`, under the name of the original). */
interface MmapIo {
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_SHARED: number;
  readonly MAP_PRIVATE: number;
  map(size: number, protection: number, flags: number, descriptor: number, offset: number): Buffer;
}

/**
 * Its offsets and lengths are 32-bit: an offset of 2^32 silently maps offset 0, and a length of
 * 2^31 fails (measured).
 */
const PAST_32_BIT = 2 ** 31 - 1;

/** Maps files by mmap-io; throws where it does not work. */
export function bindMmapIo(load: (name: string) => unknown): MapBinding {
  // The module uses V8's own interface, which Bun has in part and Deno has not: to load it there
  // may end the process.
  if (RUNTIME !== 'Node') throw new Error(`mmap-io is used on Node, and this is ${RUNTIME}.`);
  const mmap = load('mmap-io') as MmapIo;
  const map = (protection: number, flags: number, descriptor: number, offset: number, length: number): Buffer =>
    mmap.map(length, protection, flags, descriptor, offset);
  return {
    name: 'mmap-io',
    largestEnd: PAST_32_BIT,
    longest: PAST_32_BIT,
    mapShared: (descriptor, offset, length) => map(mmap.PROT_READ, mmap.MAP_SHARED, descriptor, offset, length),
    mapPrivate(descriptor, offset, length) {
      const bytes = map(mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE, descriptor, offset, length);
      return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, length);
    },
  };
}
