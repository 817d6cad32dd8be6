import { StorageError } from '../../errors/storage-error.js';
import { MAX_OFFSET } from '../../range/byte-range.js';
import type { Resource } from '../../resource/resource.js';
import { statusError } from './http-error.js';
import { changedError, differ, isStrong, unverifiableError, type Version } from './version.js';

/** Of which version the bytes are that this process has downloaded into a resource. */
const downloaded = new WeakMap<Resource, Version>();

/**
 * What is known of the content that a resource is to hold: its version, which the first answer sets, and where it ends.
 *
 * Within one process any validator will do to go on, since little time has passed. A partial download that was found at open needs a
 * strong ETag, or the user's word that the length is enough.
 */
export class KnownContent {
  readonly #resource: Resource;
  /** What every answer has to be of. */
  #version: Version | undefined;
  /** What the first answer must not contradict, as far as it goes. */
  #claim: Version = {};
  /** Whether the first answer has to say all that the claim does. */
  #strict = false;
  /** The length in bytes, as an error told it before there was an answer. */
  #told: number | undefined;
  /** The server has said that no byte is at this offset or behind it. */
  #ceiling = MAX_OFFSET;

  /** Throws `CHANGED` for a partial download whose version cannot be told. */
  constructor(resource: Resource, trustLength: boolean) {
    this.#resource = resource;
    this.#version = downloaded.get(resource);
    const { identity: etag, expectedLength: total, coveredBytes, origin } = resource;
    if (this.#version !== undefined || coveredBytes === 0) return;
    const stored = { etag, total };
    const nothingToFetch = total !== undefined && resource.nextGap(0, total) === undefined;
    if (nothingToFetch || (origin.from !== 'new' && isStrong(etag))) this.#version = stored;
    else if (origin.from === 'new' || (trustLength && total !== undefined)) {
      this.#claim = stored;
      this.#strict = origin.from !== 'new';
    } else throw unverifiableError(resource.path, stored);
  }

  get etag(): string | undefined {
    return this.#version?.etag;
  }

  /** The length of the content in bytes, as far as is known. */
  get total(): number | undefined {
    return this.#version?.total ?? this.#told ?? this.#claim.total;
  }

  /** No byte that could be asked for is at this offset or behind it. */
  get end(): number {
    return Math.min(this.total ?? MAX_OFFSET, this.#ceiling);
  }

  /** Whether every byte is there. Throws `CHANGED` if more is there than the content has. */
  isComplete(): boolean {
    const { end } = this;
    if (end === MAX_OFFSET || this.#resource.coveredBytes < end) return false;
    if (end > 0 && this.#resource.nextGap(0, end) !== undefined) return false;
    // Every byte below one that the server does not have: that is the end.
    if (this.total === undefined) this.learnTotal('The download', end);
    return true;
  }

  /** Takes an answer's version for that of the content, or compares the two; throws `CHANGED` if they differ. */
  identify(where: string, found: Version): void {
    const known = this.#version;
    if (known === undefined) {
      this.#compareToClaim(where, found);
      if (this.#told !== undefined && found.total !== undefined && found.total !== this.#told)
        throw changedError(where, { ...found, total: this.#told }, found);
      this.#adopt(where, { ...found, total: found.total ?? this.#told });
      return;
    }
    if (differ(known, found)) throw changedError(where, known, found);
    if (known.total === undefined && found.total !== undefined) this.learnTotal(where, found.total);
  }

  /** Throws `CHANGED` if more is there than that. */
  learnTotal(where: string, total: number): void {
    if (this.#version !== undefined) this.#adopt(where, { ...this.#version, total });
    else {
      // Errors have no ETag, mostly: the version is still to come.
      this.#assertHolds(where, total);
      this.#told = total;
      if (this.#resource.expectedLength !== total) this.#resource.expectedLength = total;
    }
  }

  /**
   * The server has no byte at `offset`: whether that says where the content ends. Throws `CHANGED` and `HTTP` if there should be one.
   */
  endsBefore(where: string, found: Version, offset: number, response: Response): boolean {
    const { total } = this;
    if (total !== undefined && found.total !== undefined && found.total !== total)
      throw changedError(where, { ...found, total, etag: this.#version?.etag }, found);
    if ((total !== undefined && offset < total) || offset < (found.total ?? 0)) throw statusError(where, response);
    if (found.total !== undefined) {
      this.learnTotal(where, found.total);
      return true;
    }
    if (offset === 0) return false;
    this.#ceiling = Math.min(this.#ceiling, offset);
    return true;
  }

  /** The error for bytes that came again, and are others now. */
  differs(where: string): StorageError {
    return new StorageError(
      'CHANGED',
      `${where}: the content has changed. Bytes that came again are not those that are stored, though nothing else tells the versions ` +
        'apart. discard() the resource, and download into a new one.',
    );
  }

  #compareToClaim(where: string, found: Version): void {
    const { etag, total } = this.#claim;
    const isOther = total !== found.total && (found.total !== undefined || this.#strict);
    if ((etag !== undefined && etag !== found.etag) || (total !== undefined && isOther)) {
      throw changedError(where, this.#claim, found);
    }
  }

  #adopt(where: string, version: Version): void {
    const resource = this.#resource;
    if (version.total !== undefined) this.#assertHolds(where, version.total);
    this.#version = version;
    downloaded.set(resource, version);
    if (version.etag !== undefined && version.etag !== resource.identity) resource.identity = version.etag;
    if (version.total !== undefined && version.total !== resource.expectedLength)
      resource.expectedLength = version.total;
  }

  /** Content that is shorter than what is there is other content: nothing that is there is dropped for it. */
  #assertHolds(where: string, total: number): void {
    const behind = this.#resource.nextGap(total, MAX_OFFSET);
    if (total === MAX_OFFSET || (behind?.start === total && behind.end === MAX_OFFSET)) return;
    throw new StorageError(
      'CHANGED',
      `${where}: the content has changed. It has ${total} bytes now, and bytes behind that are stored. discard() the resource, and ` +
        'download into a new one.',
    );
  }
}
