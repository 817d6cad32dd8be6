/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Keeps a range of bytes from being evicted, until it is released. Made by `Resource.hold`.
 *
 * It knows nothing of other processes, and a hold that is never released keeps its bytes until the
 * resource is closed.
 */
export interface Hold {
  /** Lets the range go, unless another hold keeps it. Idempotent. */
  release(): void;
  /** As {@link release}, for `using`. */
  [Symbol.dispose](): void;
}
