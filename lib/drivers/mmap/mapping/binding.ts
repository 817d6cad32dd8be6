/** A package that maps files into memory. */
export type BindingName = 'mmap-io' | 'koffi';

/** The bindings there are, in the order in which they are tried. */
export const BINDING_NAMES: readonly BindingName[] = ['mmap-io', 'koffi'];

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
  /**
   * Maps bytes to be read; throws if the system refuses. `offset` is a multiple of 64 KiB; both in bytes. It is unmapped when it is
   * collected, so it must not leave this thread.
   */
  mapShared(descriptor: number, offset: number, length: number): Uint8Array;
  /**
   * The same, to be read and written by this process alone: what is written reaches no file. It may be handed out, and transferred to
   * another thread.
   */
  mapPrivate(descriptor: number, offset: number, length: number): Uint8Array<ArrayBuffer>;
  /** Unmaps a shared mapping now, whose array must not be touched again; undefined where only the garbage collector can. */
  readonly unmap?: ((mapping: Uint8Array) => void) | undefined;
  /** Whether private mappings go when they are collected; else they stay for good, for they may have been transferred. */
  readonly collectsPrivate: boolean;
}
