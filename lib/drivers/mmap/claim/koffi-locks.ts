import { type Koffi, nativeError } from '../native/koffi-library.js';
import type { Locks } from './locks.js';

// Linux: the command of fcntl, and its `struct flock` on 64-bit systems (two 16-bit words, then
// start, length and process).
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const FLOCK_BYTES = 32;
// macOS: the operations of flock.
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Locks by the system calls that fs-native-extensions makes, so that both exclude each other:
 * `fcntl` with `F_OFD_SETLK` over the whole file on Linux (tested), `flock` on macOS. Throws on
 * other systems.
 */
export function bindKoffiLocks(load: (name: string) => unknown): Locks {
  const { platform, arch } = process;
  if (!['linux', 'darwin'].includes(platform) || !/64|s390x/.test(arch)) {
    throw new Error(`Locks by koffi are for 64-bit Linux and macOS, and this is ${platform}-${arch}.`);
  }
  const koffi = load('koffi') as Koffi;
  const library = koffi.load(null);
  const call = platform === 'linux' ? 'fcntl' : 'flock';
  const lock = platform === 'linux' ? byFcntl(library) : byFlock(library);
  return {
    tryLock(descriptor, { shared = false } = {}) {
      if (lock(descriptor, shared) === 0) return true;
      const error = nativeError(koffi, call);
      if (['EAGAIN', 'EWOULDBLOCK', 'EACCES'].includes(error.code)) return false;
      throw error;
    },
  };
}

type Library = ReturnType<Koffi['load']>;
type LockCall = (descriptor: number, shared: boolean) => unknown;

function byFcntl(library: Library): LockCall {
  const fcntl = library.func('int fcntl(int, int, ...)');
  return (descriptor, shared) => {
    const flock = new Uint8Array(FLOCK_BYTES);
    new Int16Array(flock.buffer)[0] = shared ? F_RDLCK : F_WRLCK;
    return fcntl(descriptor, F_OFD_SETLK, 'void *', flock);
  };
}

function byFlock(library: Library): LockCall {
  const flock = library.func('int flock(int, int)');
  return (descriptor, shared) => flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB);
}
