import type { ClassicFS, ErrorNumbers, FileNode, FileStats, NodeOps, StreamOps } from './emscripten-fs.js';
import type { BufferedReader } from './buffered-reader.js';

/** `O_ACCMODE`: 0 is reading only. */
const ACCESS_MODE = 3;
const SEEK_CUR = 1;
const SEEK_END = 2;
const BLOCK_BYTES = 4096;

/**
 * Gives a file of the module's file system the bytes of a reader, by operations in place of MEMFS's
 * own.
 *
 * C knows errors by number only. A JavaScript exception that passes through C code leaves its state
 * unfinished, and ends old builds for good (`abort`). So what the reader throws becomes `EIO`, and
 * is kept here. Until it is taken every further read fails at once: a library that tries again, as
 * many do, must not block again after an interrupt.
 */
export class EmscriptenOps {
  readonly #FS: ClassicFS;
  readonly #numbers: ErrorNumbers;
  readonly #bytes: BufferedReader;
  #failure: { readonly error: unknown } | undefined;

  constructor(FS: ClassicFS, numbers: ErrorNumbers, bytes: BufferedReader) {
    this.#FS = FS;
    this.#numbers = numbers;
    this.#bytes = bytes;
  }

  /**
   * Returns the first error that the reader has thrown since this was last called; undefined if
   * there is none.
   */
  takeError(): unknown {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure?.error;
  }

  /** Puts the operations in place. */
  install(node: FileNode): void {
    node.node_ops = this.#nodeOps(node.node_ops);
    node.stream_ops = this.#streamOps(node);
  }

  #nodeOps(memory: NodeOps): NodeOps {
    return {
      ...memory,
      getattr: (node) => {
        const attributes: FileStats = memory.getattr(node);
        const size = this.#attempt(() => this.#bytes.size());
        return { ...attributes, size, blocks: Math.ceil(size / (attributes.blksize ?? BLOCK_BYTES)) };
      },
      setattr: (node, attributes) => {
        // truncate, ftruncate, open with O_TRUNC. What is left are permissions and times.
        if (attributes.size !== undefined) throw this.#error('EROFS');
        memory.setattr(node, attributes);
      },
    };
  }

  #streamOps(node: FileNode): StreamOps {
    const memory = node.stream_ops;
    const ops: StreamOps = {
      // Where permissions are checked, the mode of the file has refused it before (EACCES).
      open: (stream) => {
        if ((stream.flags & ACCESS_MODE) === 0) return;
        // FS.open does not give the descriptor back if this throws.
        this.#FS.closeStream?.(stream.fd);
        throw this.#error('EROFS');
      },
      llseek: (stream, offset, whence) => {
        let position = offset;
        if (whence === SEEK_CUR) position += stream.position;
        else if (whence === SEEK_END) position += this.#attempt(() => this.#bytes.size());
        if (position < 0) throw this.#error('EINVAL');
        return position;
      },
      // The view is of this call only: memory that grows detaches those before, and all of it may
      // be shared.
      read: (_stream, buffer, offset, length, position) =>
        this.#read(new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length), position),
    };
    if (memory.mmap !== undefined) {
      const map = memory.mmap.bind(memory);
      // MEMFS allocates and copies, from a file that has the mapped bytes only. The arguments end
      // with length, position, prot, flags.
      ops.mmap = (_stream, ...layout) => {
        const [length = 0, position = 0, protection = 0, flags = 0] = layout.slice(-4);
        const contents = new Uint8Array(length);
        this.#read(contents, position);
        const mapped = { node: { mode: node.mode, contents, usedBytes: length } };
        return map(mapped, ...layout.slice(0, -4), length, 0, protection, flags);
      };
    }
    return ops;
  }

  #read(target: Uint8Array, position: number): number {
    return this.#attempt(() => this.#bytes.read(target, position));
  }

  #attempt<T>(run: () => T): T {
    if (this.#failure !== undefined) throw this.#error('EIO');
    try {
      return run();
    } catch (error) {
      this.#failure = { error };
      throw this.#error('EIO');
    }
  }

  #error(name: keyof ErrorNumbers): Error {
    return new this.#FS.ErrnoError(this.#numbers[name]);
  }
}
