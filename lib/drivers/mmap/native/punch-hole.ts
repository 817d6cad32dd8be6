import { createRequire } from 'node:module';

import { type Koffi, nativeError } from './koffi-library.js';

// Linux: the flags of fallocate.
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
// macOS: the command of fcntl, and its `struct fpunchhole` (two 32-bit words, then start, length).
const F_PUNCHHOLE = 99;
const FPUNCHHOLE_BYTES = 24;

type PunchCall = (descriptor: number, start: number, length: number) => unknown;

/** Loaded once a thread; an error is kept, too. */
let loaded: { readonly call: PunchCall; readonly koffi: Koffi } | Error | undefined;

/**
 * Gives the blocks of `[start, end)` back to the file system: they read as zeros from then on. The
 * length of the file stays. Throws the system's error; `ENOSYS` where nothing makes the call: that
 * takes koffi, and 64-bit Linux or macOS.
 */
export function punchHole(descriptor: number, start: number, end: number): void {
  loaded ??= load();
  if (loaded instanceof Error) throw loaded;
  const { call, koffi } = loaded;
  if (call(descriptor, start, end - start) !== 0) throw nativeError(koffi, 'punching a hole');
}

function load(): { call: PunchCall; koffi: Koffi } | Error {
  const { platform, arch } = process;
  try {
    if (!['linux', 'darwin'].includes(platform) || !/64|s390x/.test(arch)) {
      throw new Error(`Holes are punched on 64-bit Linux and macOS, and this is ${platform}-${arch}.`);
    }
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const library = koffi.load(null);
    return { call: platform === 'linux' ? byFallocate(library) : byFcntl(library), koffi };
  } catch (cause) {
    return Object.assign(new Error('No holes can be punched into files here.', { cause }), { code: 'ENOSYS' });
  }
}

type Library = ReturnType<Koffi['load']>;

function byFallocate(library: Library): PunchCall {
  const fallocate = library.func('int fallocate(int, int, int64_t, int64_t)');
  return (descriptor, start, length) =>
    fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, length);
}

function byFcntl(library: Library): PunchCall {
  const fcntl = library.func('int fcntl(int, int, ...)');
  return (descriptor, start, length) => {
    const range = new BigInt64Array(FPUNCHHOLE_BYTES / 8);
    range[1] = BigInt(start);
    range[2] = BigInt(length);
    return fcntl(descriptor, F_PUNCHHOLE, 'void *', new Uint8Array(range.buffer));
  };
}
