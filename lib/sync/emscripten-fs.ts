import { show } from '../errors/show.js';
import { StorageError } from '../errors/storage-error.js';

/**
 * The file system of a module that Emscripten built, as the module exports it (`Module.FS`): the
 * classic one, in JavaScript.
 *
 * The types of `@types/emscripten` and `@ffmpeg/types` fit. What else is needed of it no type
 * declares in full; it is looked for when `emscriptenFile` is called.
 */
export interface EmscriptenFS {
  /** Removes a file. */
  unlink(path: string): unknown;
}

/** What C passes around as `struct stat`. */
export interface FileStats {
  size: number;
  blksize?: number;
  blocks?: number;
}

/** An open file description. */
export interface FileStream {
  readonly fd: number;
  readonly flags: number;
  readonly position: number;
}

/** What the file system calls for a node, by name. */
export interface NodeOps {
  getattr(node: FileNode): FileStats;
  setattr(node: FileNode, attributes: Partial<FileStats>): void;
}

/**
 * What it calls for a stream; `mmap` has other leading arguments in each generation, and always the
 * same four at its end.
 */
export interface StreamOps {
  open?(stream: FileStream): void;
  llseek(stream: FileStream, offset: number, whence: number): number;
  read(stream: FileStream, buffer: ArrayBufferView, offset: number, length: number, position: number): number;
  mmap?(stream: object, ...layout: number[]): unknown;
}

/** A file or folder. `contents`: what MEMFS keeps there, for a folder its children. */
export interface FileNode {
  readonly mode: number;
  readonly contents?: unknown;
  node_ops: NodeOps;
  stream_ops: StreamOps;
}

/** The error of the file system itself. */
interface ErrnoError extends Error {
  readonly errno: number;
}

/** The parts of the classic file system that are used to make a file. */
export interface ClassicFS extends EmscriptenFS {
  readonly ErrnoError: new (errno: number) => ErrnoError;
  lookupPath(path: string, options?: { parent?: boolean }): { readonly node: FileNode | null | undefined };
  create(path: string, mode: number): FileNode;
  getPath(node: FileNode): string;
  closeStream?(fd: number): void;
}

const NEEDED = ['lookupPath', 'create', 'getPath', 'ErrnoError', 'unlink'] as const;

/** Throws `UNSUPPORTED` unless `FS` is the classic file system, with its names. */
export function checkClassic(FS: unknown): asserts FS is ClassicFS {
  const way =
    'emscriptenFile works with the classic file system: link without -sWASMFS and without --closure 1, with ' +
    '-sFORCE_FILESYSTEM and -sEXPORTED_RUNTIME_METHODS=FS, and pass the FS of the module once the module is ready.';
  if ((typeof FS !== 'object' && typeof FS !== 'function') || FS === null) {
    throw new StorageError('UNSUPPORTED', `Expected FS to be the file system of a module, got ${show(FS)}. ${way}`);
  }
  const found = FS as Record<string, unknown>;
  const missing = NEEDED.filter((name) => typeof found[name] !== 'function');
  if (missing.length === 0) return;
  throw new StorageError(
    'UNSUPPORTED',
    `Expected FS to be Emscripten's classic file system, got an object without ${missing.join(', ')}: it is WASMFS, or the ` +
      `Closure Compiler has renamed its members, or it is something else. ${way}`,
  );
}

/** Numbers of errors, by name. */
export type ErrorNumbers = typeof WASI;

/** Since Emscripten 1.38.47, of October 2019. */
const WASI = { EEXIST: 20, EINVAL: 28, EIO: 29, ENOENT: 44, EPERM: 63, EROFS: 69 };
const LINUX: ErrorNumbers = { EEXIST: 17, EINVAL: 22, EIO: 5, ENOENT: 2, EPERM: 1, EROFS: 30 };

/** Returns the error numbers of this build, known by the error for a file that does not exist. */
export function errorNumbers(FS: ClassicFS): ErrorNumbers {
  try {
    FS.lookupPath('/\u0001');
  } catch (error) {
    if (errnoOf(error) === LINUX.ENOENT) return LINUX;
  }
  return WASI;
}

/**
 * Makes an empty file, as the folder's own file system makes it, so that all but its bytes works as
 * everywhere: listing, permissions, times, renaming, removing.
 */
export function createNode(FS: ClassicFS, path: string, numbers: ErrorNumbers): FileNode {
  let folder: FileNode | null | undefined;
  let missing: unknown;
  try {
    folder = FS.lookupPath(path, { parent: true }).node;
  } catch (error) {
    if (errnoOf(error) !== numbers.ENOENT) throw refused(path, error);
    missing = error;
  }
  if (folder === undefined || folder === null) {
    throw new StorageError(
      'NOT_FOUND',
      `Asked for a file at ${quote(path)}, and its folder does not exist in the module's file system. Make it first: FS.mkdir.`,
      { path, cause: missing },
    );
  }
  if ((folder.mode & FORMAT) !== FOLDER) {
    throw new StorageError(
      'INVALID_ARGUMENT',
      `Asked for a file at ${quote(path)}, and what should be its folder is a file. Choose another path.`,
      { path },
    );
  }
  // NODEFS, NODERAWFS and PROXYFS would make a real file elsewhere, and have no `contents`; IDBFS
  // has MEMFS folders.
  if (folder.contents === undefined) throw foreign(path, undefined);
  try {
    return FS.create(path, READABLE);
  } catch (cause) {
    const errno = errnoOf(cause);
    // WORKERFS, whose folders have `contents`, too.
    if (errno === numbers.EPERM) throw foreign(path, cause);
    if (errno !== numbers.EEXIST) throw refused(path, cause);
    throw new StorageError(
      'INVALID_ARGUMENT',
      `Asked for a file at ${quote(path)}, and there is something already. Choose another path, or FS.unlink it first.`,
      { path, cause },
    );
  }
}

/** Removes a file, wherever it is by now; one that is gone stays gone. */
export function removeNode(FS: ClassicFS, node: FileNode, numbers: ErrorNumbers): void {
  const path = FS.getPath(node);
  try {
    // Once it is removed, another file may have its path.
    if (FS.lookupPath(path).node === node) FS.unlink(path);
  } catch (cause) {
    if (errnoOf(cause) !== numbers.ENOENT) throw refused(path, cause);
  }
}

const FORMAT = 0o170000;
const FOLDER = 0o040000;
const READABLE = 0o444;

function foreign(path: string, cause: unknown): StorageError {
  return new StorageError(
    'UNSUPPORTED',
    `Asked for a file at ${quote(path)}, and its folder is not in Emscripten's memory file system (MEMFS). ` +
      'Choose a folder that was not mounted from elsewhere, such as /tmp; with NODERAWFS there is none.',
    { path, cause },
  );
}

function refused(path: string, cause: unknown): StorageError {
  return new StorageError(
    'IO',
    `The module's file system refused ${quote(path)} with errno ${String(errnoOf(cause))}. See its error (cause).`,
    { path, cause },
  );
}

function quote(path: string): string {
  return JSON.stringify(path);
}

function errnoOf(error: unknown): unknown {
  return (error as Partial<ErrnoError> | undefined)?.errno;
}
