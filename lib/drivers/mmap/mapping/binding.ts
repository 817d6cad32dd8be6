/** The bindings there are, in the order in which they are tried. */
export const BINDING_NAMES = ['mmap-io', 'koffi'] as const;
export type BindingName = (typeof BINDING_NAMES)[number];

/**
 * One way to map files into memory. A mapping must not be touched past the end of its file, which would end the process (SIGBUS): the
 * caller asks for no byte there, and no file of ours is ever made shorter.
 */
export interface MapBinding {
  readonly name: BindingName;
  /** Where in a file a mapping may end, exclusive, in bytes. */
  readonly largestEnd: number;
  /** The longest mapping, in bytes. */
  readonly longest: number;
  /** Maps bytes to be read; throws if the system refuses. `offset` is a multiple of 64 KiB; both in bytes. */
  mapShared(descriptor: number, offset: number, length: number): Uint8Array;
  /** The same, to be read and written by this process alone: what is written reaches no file. */
  mapPrivate(descriptor: number, offset: number, length: number): Uint8Array<ArrayBuffer>;
  /**
   * Lets go of a shared mapping, whose array must not be touched again. Undefined where the garbage collector decides. Private ones are
   * handed out, and may have been transferred to another thread: they are never unmapped.
   */
  readonly unmap?: ((mapping: Uint8Array) => void) | undefined;
}
