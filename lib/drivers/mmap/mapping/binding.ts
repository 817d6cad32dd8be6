/** A package that maps files into memory. */
export type BindingName = 'mmap-io' | 'koffi';

/** The bindings there are, in the order in which they are tried. */
export const BINDING_NAMES: readonly BindingName[] = ['mmap-io', 'koffi'];

/**
 * One way to map files into memory.
 *
 * To touch a mapping past the end of its file ends the process (SIGBUS). So the caller maps no byte
 * there, and no file of ours is ever made shorter.
 */
export interface MapBinding {
  readonly name: BindingName;
  /** Where in a file a mapping may end, exclusive, in bytes. */
  readonly largestEnd: number;
  /** The longest mapping, in bytes. */
  readonly longest: number;
  /**
   * Maps bytes to be read. `offset` is a multiple of 64 KiB; both numbers are in bytes. Throws if
   * the system refuses.
   *
   * The mapping goes when it is garbage collected and when this thread ends, however that ends. So
   * it must not leave this thread.
   */
  mapShared(descriptor: number, offset: number, length: number): Uint8Array;
  /**
   * The same as a copy-on-write mapping: what is written to it reaches no file. It may be handed
   * out, and transferred to another thread; it is unmapped when the last holder is gone.
   */
  mapPrivate(descriptor: number, offset: number, length: number): Uint8Array<ArrayBuffer>;
  /**
   * Releases the file of a shared mapping now; its array must not be touched again. Undefined where
   * only the garbage collector can do that.
   */
  readonly unmap?: ((mapping: Uint8Array) => void) | undefined;
}
