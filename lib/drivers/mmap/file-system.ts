import fs from 'node:fs';
import { promisify } from 'node:util';

/** What is known of a file. */
export interface FileStatus {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymbolicLink: boolean;
  /** In bytes. */
  readonly size: number;
  readonly device: bigint;
  readonly inode: bigint;
  /** Its permissions. */
  readonly mode: number;
  /** When its bytes changed last, in epoch milliseconds. */
  readonly modified: number;
}

/** Whether both are of one file, whatever it is called. */
export function isSame(one: FileStatus, other: FileStatus): boolean {
  return one.inode === other.inode && one.device === other.device;
}

/**
 * The calls of the operating system that the driver makes, all of them: what can fail, and in which order things reach the disk, is
 * seen here and nowhere else. Offsets and lengths are in bytes; errors are the system's own.
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
  readonly rename: (from: string, to: string) => void;
  readonly unlink: (path: string) => void;
  /** Makes a file or folder durable. */
  readonly sync: (descriptor: number) => void;
  // Without blocking the thread:
  readonly writeLater: (...args: Parameters<WriteCall>) => Promise<number>;
  readonly syncLater: (descriptor: number) => Promise<void>;
  /** Makes a file's bytes durable, and its length. */
  readonly syncDataLater: (descriptor: number) => Promise<void>;
}

/** Moves up to `length` bytes between `position` in the file and `from` in the array, and answers how many. */
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
/** A FIFO would block whoever opens it. */
export const TO_READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
export const TO_WRITE = O_RDWR | O_NOFOLLOW | O_NONBLOCK;
export const TO_CREATE = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
export const TO_LOCK = O_RDWR | O_CREAT | O_NOFOLLOW;
/** A folder, or a file through symbolic links. */
export const TO_LOOK = O_RDONLY;

const writeLater = promisify(fs.write);

/** Node's own. */
export const NODE_FILES: FileSystem = {
  open: (path, flags) => fs.openSync(path, flags),
  close: (descriptor) => fs.closeSync(descriptor),
  read: (descriptor, target, from, length, position) => fs.readSync(descriptor, target, from, length, position),
  write: (descriptor, data, from, length, position) => fs.writeSync(descriptor, data, from, length, position),
  status: (descriptor) => describe(fs.fstatSync(descriptor, { bigint: true })),
  linkStatus: (path) => describe(fs.lstatSync(path, { bigint: true })),
  readLink: (path) => fs.readlinkSync(path),
  realPath: (path) => fs.realpathSync.native(path),
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true }),
  changeMode: (descriptor, mode) => fs.fchmodSync(descriptor, mode),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  sync: (descriptor) => fs.fsyncSync(descriptor),
  writeLater: async (descriptor, data, from, length, position) =>
    (await writeLater(descriptor, data, from, length, position)).bytesWritten,
  syncDataLater: promisify(fs.fdatasync),
  syncLater: promisify(fs.fsync),
};

function describe(status: fs.BigIntStats): FileStatus {
  return {
    isFile: status.isFile(),
    isDirectory: status.isDirectory(),
    isSymbolicLink: status.isSymbolicLink(),
    size: Number(status.size),
    device: status.dev,
    inode: status.ino,
    mode: Number(status.mode) & 0o7777,
    modified: Number(status.mtimeNs) / 1e6,
  };
}
