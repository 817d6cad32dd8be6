import { constants } from 'node:buffer';

import { type Koffi, nativeError } from '../native/koffi-library.js';
import { RUNTIME } from '../native/runtime.js';
import type { MapBinding } from './binding.js';

// The same on Linux, macOS and the BSDs.
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = process.platform === 'linux' ? 0x20 : 0x1000;
/** What `mmap` returns when it fails: -1, as a pointer. */
const MAP_FAILED = 2n ** 64n - 1n;

/**
 * Maps files by `mmap`, over the memory of a resizable `ArrayBuffer`.
 *
 * **Why nothing is left of a mapping, however its thread ends.** V8 reserves the memory of a
 * resizable buffer by a mapping of its own, of whole pages. It unmaps all of it when the last
 * holder is gone: at garbage collection, or when the thread ends, also by `process.exit` and by
 * `terminate()`, which run no code of ours. `mmap` with `MAP_FIXED` replaces these pages by the
 * file, so what V8 unmaps is the file. If the buffer is transferred to another thread, the mapping
 * goes with it. A mapping beside V8's memory, shown by an external `ArrayBuffer`, would stay until
 * the process ends, and so would the disk space of a removed file (measured).
 *
 * **Why nothing else is overwritten or unmapped.** The mapping starts where the buffer starts,
 * which `mmap` refuses unless that is the start of a page; `mmap` and V8 both round its length up
 * to whole pages. We never unmap it: V8 would unmap the same addresses again, when they may be
 * somebody else's. {@link MapBinding.unmap} replaces the file by empty pages instead, which
 * releases the file at once; V8 unmaps those. A `mmap` with `MAP_FIXED` that fails may have removed
 * V8's pages already, and somebody else could get their addresses. So each file is first mapped
 * elsewhere, where a failure does no harm. We never resize the buffers. A view that its user
 * resizes is private memory, which V8 may clear and protect as it likes.
 *
 * Other engines, and V8 with its sandbox (as in Electron), may reuse freed memory for other objects
 * instead of unmapping it. There this must not be done.
 */
export function bindKoffi(load: (name: string) => unknown): MapBinding {
  const { platform, arch } = process;
  if (platform === 'win32' || !/64|s390x/.test(arch)) {
    throw new Error(`koffi is used on 64-bit systems that have mmap, and this is ${platform}-${arch}.`);
  }
  if (RUNTIME === 'Bun' || hasSandbox()) {
    throw new Error(
      `koffi is used to map files where V8 unmaps memory that is free, and this is ${RUNTIME} without that.`,
    );
  }
  const koffi = load('koffi') as Koffi;
  const library = koffi.load(null);
  const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const munmap = library.func('int munmap(void *, size_t)');

  /** Returns whether the pages of `buffer` were replaced. */
  const replacePages = (
    buffer: ArrayBuffer,
    protection: number,
    flags: number,
    descriptor: number,
    offset: number,
  ): boolean => {
    const address = koffi.address(buffer);
    return mmap(address, buffer.byteLength, protection, flags | MAP_FIXED, descriptor, offset) === address;
  };
  const clearPages = (buffer: ArrayBuffer): boolean =>
    replacePages(buffer, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  const map = (
    protection: number,
    flags: number,
    descriptor: number,
    offset: number,
    length: number,
  ): Uint8Array<ArrayBuffer> => {
    const trial = mmap(null, length, protection, flags, descriptor, offset);
    if (trial === MAP_FAILED) throw nativeError(koffi, 'mmap');
    munmap(trial, length);
    // No longer than the mapping, so that no page of it lies past the end of the file.
    const buffer = new ArrayBuffer(length, { maxByteLength: length });
    if (!replacePages(buffer, protection, flags, descriptor, offset)) {
      const error = nativeError(koffi, 'mmap');
      clearPages(buffer);
      throw error;
    }
    return new Uint8Array(buffer, 0, length);
  };
  return {
    name: 'koffi',
    largestEnd: Number.MAX_SAFE_INTEGER,
    longest: constants.MAX_LENGTH,
    mapShared: (descriptor, offset, length) => map(PROT_READ, MAP_SHARED, descriptor, offset, length),
    mapPrivate: (descriptor, offset, length) => map(PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, offset, length),
    unmap({ buffer }) {
      // If that fails (for want of mappings, say), the garbage collector releases the file.
      clearPages(buffer as ArrayBuffer);
    },
  };
}

function hasSandbox(): boolean {
  const { v8_enable_sandbox: sandbox } = process.config.variables as { v8_enable_sandbox?: unknown };
  return 'electron' in process.versions || Number(sandbox ?? 0) !== 0;
}
