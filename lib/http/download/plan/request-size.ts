import type { Resource } from '../../../resource/resource.js';

/** Smaller requests would cost more than they save. */
const LEAST = 4096;

/** What was found to get through, where that is less than a chunk. */
const found = new WeakMap<Resource, number>();

/**
 * How many bytes to ask for in a request.
 *
 * Platforms drop what has arrived, and was not read yet, when a connection breaks (undici does,
 * measured: 30 kB followed by the end of the connection give none). Where answers break off sooner
 * than anything of them is read, the same request would fail for ever: each such failure halves the
 * next, and each request that succeeds doubles it again. It outlives a subscription.
 */
export class RequestSize {
  readonly #resource: Resource;
  readonly #chunkSize: number;

  constructor(resource: Resource, chunkSize: number) {
    this.#resource = resource;
    this.#chunkSize = chunkSize;
  }

  /** In bytes. */
  get current(): number {
    return Math.min(this.#chunkSize, found.get(this.#resource) ?? Infinity);
  }

  /** A request for so many bytes broke off, and has brought none. */
  failed(bytes: number): void {
    found.set(this.#resource, Math.max(LEAST, Math.ceil(Math.min(bytes, this.current) / 2)));
  }

  succeeded(): void {
    const next = this.current * 2;
    if (next < this.#chunkSize) found.set(this.#resource, next);
    else found.delete(this.#resource);
  }
}
