import fs from 'node:fs';
import { promisify } from 'node:util';

import { punchHole } from '../native/punch-hole.js';

/** What is known of a file. */
export interface FileStatus {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymbolicLink: boolean;
  /** In bytes. */
  readonly size: number;
  /** How many bytes it takes on disk: fewer than its size where it has holes. */
  readonly allocated: number;
  readonly device: bigint;
  readonly inode: bigint;
  /** Its permissions. */
  readonly mode: number;
  /** When its bytes changed last, in epoch milliseconds. */
  readonly modified: number;
  /**
   * When its bytes, its name or its status changed last, in epoch milliseconds; nobody can set it.
   */
  readonly changed: number;
}

/** True if both are of one file, whatever it is called. */
export function isSameFile(one: FileStatus, other: FileStatus): boolean {
  return one.inode === other.inode && one.device === other.device;
}

/**
 * All calls of the operating system that the driver makes, so that tests can make each of them
 * fail, and see in which order things reach the disk. Offsets and lengths are in bytes; errors are
 * the system's own.
 */
export interface FileSystem {
  readonly open: (path: string, flags: number) => number;
  readonly close: (descriptor: number) => void;
  /** May read less than `length`, and 0 at the end. */
  readonly read: ReadCall;
  /** May write less than `length`. */
  readonly write: WriteCall;
  readonly status: (descriptor: number) => FileStatus;
  /** Of a symbolic link itself, not of what it points at. */
  readonly linkStatus: (path: string) => FileStatus;
  readonly readLink: (path: string) => string;
  readonly realPath: (path: string) => string;
  readonly makeFolder: (path: string) => void;
  readonly changeMode: (descriptor: number, mode: number) => void;
  /** Sets {@link FileStatus.modified}. */
  readonly changeModified: (descriptor: number, modified: number) => void;
  /** As {@link changeModified}, by name; of a link's target. */
  readonly changeModifiedOf: (path: string, modified: number) => void;
  readonly rename: (from: string, to: string) => void;
  /**
   * How long a rename that is refused for the moment is tried again, in milliseconds. `@default` 0:
   * a refusal is final.
   *
   * On Windows a rename fails with the codes of a missing permission while another process (a virus
   * scanner, say) has the file open without sharing it.
   */
  readonly renameRetryFor?: number;
  readonly unlink: (path: string) => void;
  /**
   * A path that opens the file of a descriptor of this process anew, whatever has become of its
   * name. Linux has one; undefined elsewhere.
   */
  readonly descriptorPath?: (descriptor: number) => string;
  /**
   * How much a user without privileges may store in the file system of a path, in bytes; undefined
   * where the file system does not tell.
   */
  readonly freeBytes: (path: string) => number | undefined;
  /** The size of a block of the file system of a path, in bytes. */
  readonly blockSize: (path: string) => number;
  /**
   * Gives the blocks of `[start, end)` back to the file system, see `native/punch-hole.ts`. Throws
   * `ENOSYS` where that cannot be.
   */
  readonly punchHole: (descriptor: number, start: number, end: number) => void;
  /** Makes a file or folder durable. */
  readonly sync: (descriptor: number) => void;
  // Without blocking the thread:
  readonly writeLater: (...args: Parameters<WriteCall>) => Promise<number>;
  readonly syncLater: (descriptor: number) => Promise<void>;
  /** Makes a file's bytes durable, and its length. */
  readonly syncDataLater: (descriptor: number) => Promise<void>;
}

/**
 * Moves up to `length` bytes between `position` in the file and `from` in the array. Returns how
 * many.
 */
type ReadCall = (descriptor: number, target: Uint8Array, from: number, length: number, position: number) => number;
type WriteCall = (descriptor: number, data: Uint8Array, from: number, length: number, position: number) => number;

/** Flags of {@link FileSystem.open}; where a platform lacks one it is 0. */
const {
  O_RDONLY,
  O_RDWR,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW = 0,
  O_NONBLOCK = 0,
} = fs.constants as Partial<typeof fs.constants> &
  Pick<typeof fs.constants, 'O_RDONLY' | 'O_RDWR' | 'O_CREAT' | 'O_EXCL'>;
/** `O_NONBLOCK`, since opening a FIFO would block otherwise. */
export const TO_READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
export const TO_WRITE = O_RDWR | O_NOFOLLOW | O_NONBLOCK;
/**
 * To make bytes durable that were written through another descriptor. On Windows that takes the
 * permission to write.
 */
export const TO_SYNC = process.platform === 'win32' ? TO_WRITE : TO_READ;
export const TO_CREATE = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
export const TO_CREATE_OR_OPEN = O_RDWR | O_CREAT | O_NOFOLLOW;
/** For {@link FileSystem.descriptorPath}, which is a symbolic link. */
export const TO_READ_OPEN = O_RDONLY | O_NONBLOCK;
/** For folders, and for files of others. */
export const TO_READ_THROUGH_LINKS = O_RDONLY;

/** The permissions that we need to open a file of our own again. */
export const OWNER = 0o600;
/** The unit of `st_blocks`, in bytes, whatever the file system's blocks are. */
const STATUS_BLOCK = 512;

const writeLater = promisify(fs.write);

/** The calls of Node. */
export const NODE_FILES: FileSystem = {
  open: (path, flags) => fs.openSync(path, flags),
  close: (descriptor) => fs.closeSync(descriptor),
  read: (descriptor, target, from, length, position) => fs.readSync(descriptor, target, from, length, position),
  write: (descriptor, data, from, length, position) => fs.writeSync(descriptor, data, from, length, position),
  status: (descriptor) => describe(fs.fstatSync(descriptor, { bigint: true })),
  linkStatus: (path) => describe(fs.lstatSync(path, { bigint: true })),
  readLink: (path) => decodePath(fs.readlinkSync(path, { encoding: 'buffer' })),
  realPath: (path) => decodePath(fs.realpathSync.native(path, { encoding: 'buffer' })),
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true }),
  changeMode: (descriptor, mode) => fs.fchmodSync(descriptor, mode),
  changeModified: (descriptor, modified) => fs.futimesSync(descriptor, Date.now() / 1000, modified / 1000),
  changeModifiedOf: (path, modified) => fs.utimesSync(path, Date.now() / 1000, modified / 1000),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  freeBytes: (path) => {
    const { blocks, bavail, bsize } = fs.statfsSync(path);
    return blocks > 0 ? bavail * bsize : undefined;
  },
  blockSize: (path) => fs.statfsSync(path).bsize,
  punchHole,
  sync: (descriptor) => fs.fsyncSync(descriptor),
  writeLater: async (descriptor, data, from, length, position) =>
    (await writeLater(descriptor, data, from, length, position)).bytesWritten,
  syncDataLater: promisify(fs.fdatasync),
  syncLater: promisify(fs.fsync),
  ...(process.platform === 'win32' && { renameRetryFor: 1000 }),
  ...(process.platform === 'linux' && { descriptorPath: (descriptor: number) => `/proc/self/fd/${descriptor}` }),
};

function describe(status: fs.BigIntStats): FileStatus {
  return {
    isFile: status.isFile(),
    isDirectory: status.isDirectory(),
    isSymbolicLink: status.isSymbolicLink(),
    size: Number(status.size),
    allocated: Number(status.blocks) * STATUS_BLOCK,
    device: status.dev,
    inode: status.ino,
    mode: Number(status.mode) & 0o7777,
    modified: Number(status.mtimeNs) / 1e6,
    changed: Number(status.ctimeNs) / 1e6,
  };
}

/**
 * Throws `EILSEQ` unless the path is UTF-8. Decoded as it is, it would become another path, and a
 * folder might be made there.
 */
function decodePath(bytes: Buffer): string {
  const path = bytes.toString();
  if (Buffer.from(path).equals(bytes)) return path;
  throw Object.assign(new Error(`EILSEQ: the name of the folder is not UTF-8: ${path}`), { code: 'EILSEQ' });
}
