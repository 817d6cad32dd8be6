import type { Resource } from '../../../resource/resource.js';

/** How many good parts have come for a resource, in all the downloads into it. */
const partsOf = new WeakMap<Resource, number>();

/**
 * What the answers of one download have shown of its servers. One odd answer is an accident, two in
 * a row are a habit: only the first answer of all is believed at once.
 */
export class Evidence {
  /** The origins that the URL and its redirects have led to. */
  readonly origins = new Set<string>();
  /** Requests go without `Range`: the parts of this server are of no use. */
  unranged = false;
  /**
   * A part had just the length that its headers say: nothing is hidden in the parts of this server.
   */
  plain = false;
  /**
   * The last request for a part broke, where a coding may be hidden: Chromium's `fetch` rejects a
   * part of compressed bytes as if the connection had failed (measured). The next one is for
   * everything.
   */
  hasBroken = false;
  /** An answer lacked a known entity tag. */
  untagged = false;
  readonly #resource: Resource;
  /** Answers in a row that were no parts, though parts were asked for. */
  #withoutParts = 0;
  #withoutRanges = false;
  #overruns = 0;
  #shortfalls = 0;

  constructor(resource: Resource) {
    this.#resource = resource;
  }

  /** The server has no ranges: what it sends is everything, whatever it is asked for. */
  get withoutRanges(): boolean {
    return this.#withoutRanges;
  }

  /** The last body ran past what its headers say, and none has come since that did not. */
  get hasOverrun(): boolean {
    return this.#overruns > 0;
  }

  /** An answer was a part that can be placed. */
  sawPart(): void {
    partsOf.set(this.#resource, this.#parts + 1);
    this.#withoutParts = 0;
    this.#withoutRanges = false;
  }

  /**
   * An answer was everything, or a part of no use, though a part was asked for; returns whether
   * that is the server's habit.
   */
  sawNoPart(): boolean {
    this.#withoutParts += 1;
    this.#withoutRanges = this.#parts === 0 || this.#withoutParts > 1;
    return this.#withoutRanges;
  }

  /** The body of a part ended where its headers say. */
  sawEnd(): void {
    this.#overruns = 0;
    this.#shortfalls = 0;
  }

  /**
   * The body of a part ran past what its headers say; returns whether that is the server's habit.
   */
  sawOverrun(): boolean {
    this.#overruns += 1;
    return this.#overruns > 1;
  }

  /**
   * The body of a part in which a coding may be hidden ended before its headers say; returns
   * whether that is the server's habit.
   */
  sawShortfall(): boolean {
    this.#shortfalls += 1;
    return this.#shortfalls > 1;
  }

  get #parts(): number {
    return partsOf.get(this.#resource) ?? 0;
  }
}
