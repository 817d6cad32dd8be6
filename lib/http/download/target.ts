import type { ByteRange } from '../../range/byte-range.js';
import type { Resource } from '../../resource/resource.js';
import type { KnownContent } from './answer/known-content.js';

/** What one download is to bring: all of the content, or a range of it. */
export class Target {
  readonly range: ByteRange | undefined;
  readonly #resource: Resource;
  readonly #content: KnownContent;

  constructor(resource: Resource, content: KnownContent, range: ByteRange | undefined) {
    this.#resource = resource;
    this.#content = content;
    this.range = range;
  }

  /** Offset of its first byte. */
  get start(): number {
    return this.range?.start ?? 0;
  }

  /** No byte is to be brought at this offset or behind it. */
  get end(): number {
    return Math.min(this.#content.end, this.range?.end ?? Infinity);
  }

  /** The first range in `[from, limit)` that is to be brought, and is not there. */
  nextGap(from: number, limit: number): ByteRange | undefined {
    const first = Math.max(from, this.start);
    const last = Math.min(limit, this.range?.end ?? limit);
    return first < last ? this.#resource.nextGap(first, last) : undefined;
  }

  /** Whether all of it is there. Throws `CHANGED` if more is there than the content has. */
  isThere(): boolean {
    if (this.#content.isComplete()) return true;
    return this.range !== undefined && !this.#content.isFalse && this.nextGap(0, this.end) === undefined;
  }
}
