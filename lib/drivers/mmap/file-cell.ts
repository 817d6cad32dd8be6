import type { FileStatus } from './file-system.js';

const DEVICE = 0;
const INODE = 1;
const FINAL = 2;
const WORDS = 3;

/**
 * Tells readers in other threads which inode holds the bytes, and whether they are final.
 *
 * The owner changes it before or inside the section that changes the coverage and the generation (`control/layout.ts`), and readers
 * look at it after a section: so they see what goes with the coverage. Should they look in between, they find an inode that is not
 * there yet or no longer, which they look for again, and the generation tells them to do so.
 */
export class FileCell {
  readonly buffer: SharedArrayBuffer;
  readonly #words: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(8 * WORDS)) {
    this.buffer = buffer;
    this.#words = new BigInt64Array(buffer);
  }

  /** `finalLength` in bytes; undefined while the file may change. */
  set({ device, inode }: FileStatus, finalLength: number | undefined): void {
    Atomics.store(this.#words, DEVICE, BigInt.asIntN(64, device));
    Atomics.store(this.#words, INODE, BigInt.asIntN(64, inode));
    Atomics.store(this.#words, FINAL, finalLength === undefined ? -1n : BigInt(finalLength));
  }

  /** Whether that is the file. */
  names({ device, inode }: FileStatus): boolean {
    return (
      Atomics.load(this.#words, DEVICE) === BigInt.asIntN(64, device) &&
      Atomics.load(this.#words, INODE) === BigInt.asIntN(64, inode)
    );
  }

  /** Whether there is a file at all by now. */
  get isSet(): boolean {
    return Atomics.load(this.#words, INODE) !== 0n || Atomics.load(this.#words, DEVICE) !== 0n;
  }

  /** In bytes; undefined while the file may change. */
  get finalLength(): number | undefined {
    const length = Atomics.load(this.#words, FINAL);
    return length < 0n ? undefined : Number(length);
  }
}
