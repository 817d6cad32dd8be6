import { isShared } from '../../../memory/is-shared.js';
import type { FileStatus } from '../files/file-system.js';

const DEVICE = 0;
const INODE = 1;
const FINAL = 2;
/** 1 while the stored inode may have lost its name to the next one. */
const REPLACING = 3;
/** The owner's descriptor of a final file, -1 while there is none. */
const DESCRIPTOR = 4;
const WORDS = 5;

/**
 * Tells readers in other threads which inode holds the bytes, and whether they are final.
 *
 * **Why it matches the coverage that a reader sees.** The owner stores the inode before or inside
 * the update that changes the coverage and the generation (`control/layout.ts`), and readers load
 * it after an update. A reader may load it in between: then it finds no file with that inode, yet
 * or any more. The generation has changed, so it looks again.
 *
 * **Why a reader finds a file that is being replaced.** All loads and stores are atomic, so they
 * have one order. The owner sets `REPLACING`, renames another file over the old one, stores the new
 * inode, and clears `REPLACING`. A reader that found no file with the stored inode has looked after
 * the rename, so after `REPLACING` was set. If it then finds `REPLACING` cleared, another inode is
 * stored by now: it looks again.
 */
export class SharedFileState {
  readonly buffer: SharedArrayBuffer;
  readonly #words: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(8 * WORDS)) {
    this.buffer = buffer;
    this.#words = new BigInt64Array(buffer);
  }

  /** Whether it can be the buffer of one. */
  static isBuffer(value: unknown): value is SharedArrayBuffer {
    return isShared(value) && value.byteLength === 8 * WORDS;
  }

  /**
   * @param finalLength - in bytes; undefined while the file may change
   * @param descriptor - the owner's, of a final file
   */
  set({ device, inode }: FileStatus, finalLength: number | undefined, descriptor = -1): void {
    Atomics.store(this.#words, DESCRIPTOR, BigInt(descriptor));
    Atomics.store(this.#words, DEVICE, BigInt.asIntN(64, device));
    Atomics.store(this.#words, INODE, BigInt.asIntN(64, inode));
    Atomics.store(this.#words, FINAL, finalLength === undefined ? -1n : BigInt(finalLength));
  }

  /**
   * Says whether the file may have lost its name already. False ends {@link waitWhileReplacing}.
   */
  setReplacing(yes: boolean): void {
    Atomics.store(this.#words, REPLACING, yes ? 1n : 0n);
    if (!yes) Atomics.notify(this.#words, REPLACING);
  }

  /** True while the owner replaces the file, which may have lost its name already. */
  get isReplacing(): boolean {
    return Atomics.load(this.#words, REPLACING) !== 0n;
  }

  /** Blocks while the file is being replaced, for `timeout` milliseconds at most. */
  waitWhileReplacing(timeout: number): void {
    Atomics.wait(this.#words, REPLACING, 1n, timeout);
  }

  /** True if this is the status of the stored file. */
  matches({ device, inode }: FileStatus): boolean {
    return (
      Atomics.load(this.#words, DEVICE) === BigInt.asIntN(64, device) &&
      Atomics.load(this.#words, INODE) === BigInt.asIntN(64, inode)
    );
  }

  /** True once there is a file. */
  get isSet(): boolean {
    return Atomics.load(this.#words, INODE) !== 0n || Atomics.load(this.#words, DEVICE) !== 0n;
  }

  /**
   * The descriptor that the owner has of the final file. It belongs to the process: once the owner
   * has closed it, the number may be that of any other file.
   */
  get descriptor(): number | undefined {
    const descriptor = Atomics.load(this.#words, DESCRIPTOR);
    return descriptor < 0n ? undefined : Number(descriptor);
  }

  /** Called before the owner closes its descriptor. */
  forgetDescriptor(): void {
    Atomics.store(this.#words, DESCRIPTOR, -1n);
  }

  /** In bytes; undefined while the file may change. */
  get finalLength(): number | undefined {
    const length = Atomics.load(this.#words, FINAL);
    return length < 0n ? undefined : Number(length);
  }
}
