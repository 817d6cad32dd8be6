/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from '../errors/check-options.js';
import { wrongType } from '../errors/invalid-argument.js';
import { checkTimeout } from '../range/times.js';
import { checkClassic, createNode, type EmscriptenFS, errorNumbers, removeNode } from './emscripten-fs.js';
import { EmscriptenOps } from './emscripten-ops.js';
import { type EmscriptenReader, BufferedReader } from './buffered-reader.js';

/** How an {@link emscriptenFile} blocks. */
export interface EmscriptenFileOptions {
  /**
   * How long one read of the library may block, in milliseconds; 0 never blocks. `@default` without
   * end
   */
  readonly timeout?: number | undefined;
}

/** A file in the file system of a module that Emscripten built. Made by {@link emscriptenFile}. */
export interface EmscriptenFile {
  /**
   * Returns the first error that the reader has thrown since this was last called; undefined if
   * there is none.
   *
   * Check it after each call of the library, whatever that returns: a library may take a failed
   * read for the end of the file, and end normally with half of its work (ffmpeg exits with 0).
   * Until it is taken every read fails at once, without blocking.
   */
  takeError(): unknown;
  /**
   * Removes the file, also if it was renamed. Streams that are open can read on, and the reader
   * stays open. Idempotent.
   *
   * Throws `IO` if the file system refuses.
   */
  close(): void;
  /** As {@link EmscriptenFile.close}, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Makes a file at `path`, in the file system of a module that Emscripten built, whose bytes are
 * those of `reader`: so the library in that module reads, synchronously and in any order, what is
 * still being downloaded.
 *
 * Its reads block until their bytes are there, and are what `demand$` shows. At the end of the
 * content (`length`, else `expectedLength`) they get 0. Asking for the size while it is unknown
 * blocks until the first byte is there, and if it is still unknown then, until the content is
 * complete. The file is read-only: what would change it gets `EROFS`, or `EACCES`.
 *
 * When the reader throws (`INTERRUPTED` by a seek, `TIMEOUT`, `FAILED`, `CLOSED`, …) the library
 * gets `EIO`, which it may not report: see {@link EmscriptenFile.takeError}.
 *
 * It takes the classic file system in JavaScript, and a folder in its memory (MEMFS). Throws
 * `UNSUPPORTED` for any other, with a message that says what to do instead; `NOT_FOUND` if the
 * folder does not exist; `INVALID_ARGUMENT` if there is something at `path`, or for an invalid
 * timeout; `IO` if the file system refuses, with its error as `cause`.
 *
 * @example
 * ```ts
 * import { workerData } from 'node:worker_threads';
 * import { emscriptenFile, type EmscriptenFS, openSync } from 'tidemark/sync';
 *
 * declare const core: { FS: EmscriptenFS; exec(...args: string[]): number }; // @ffmpeg/core, say
 *
 * using reader = openSync(workerData);
 * using file = emscriptenFile(core.FS, '/song.flac', reader);
 * const exitCode = core.exec('-nostdin', '-i', '/song.flac', '/song.wav');
 * const error = file.takeError();
 * // Whatever the exit code is: it may be 0 all the same.
 * if (error !== undefined) throw new Error(`Decoded in part (${exitCode}).`, { cause: error });
 * ```
 *
 * @param FS - of the module, once it is ready
 * @param reader - stays open; several files can share it, and it can be read besides
 */
export function emscriptenFile(
  FS: EmscriptenFS,
  path: string,
  reader: EmscriptenReader,
  options: EmscriptenFileOptions = {},
): EmscriptenFile {
  checkOptions(options, ['timeout']);
  const { timeout } = options;
  if (typeof path !== 'string') throw wrongType('path', 'a string', path);
  if (typeof (reader as Partial<EmscriptenReader> | null | undefined)?.read !== 'function') {
    throw wrongType('reader', 'one with read() (that of openSync(), say)', reader);
  }
  if (timeout !== undefined) checkTimeout(timeout);
  const classic: EmscriptenFS = FS;
  checkClassic(classic);
  const numbers = errorNumbers(classic);
  const node = createNode(classic, path, numbers);
  const ops = new EmscriptenOps(classic, numbers, new BufferedReader(reader, timeout));
  ops.install(node);
  const close = (): void => {
    removeNode(classic, node, numbers);
  };
  return { takeError: () => ops.takeError(), close, [Symbol.dispose]: close };
}
