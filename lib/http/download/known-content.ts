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
    else if (origin.from === 'new' || (trustLength && total !== undefined)) this.#claim = stored;
    else throw unverifiableError(resource.path, stored);
  }

  get etag(): string | undefined {
    return this.#version?.etag;
  }

  get total(): number | undefined {
    return this.#version?.total;
  }

  /** No byte that could be asked for is at this offset or behind it. */
  get end(): number {
    return Math.min(this.total ?? this.#claim.total ?? MAX_OFFSET, this.#ceiling);
  }

  /** Whether every byte is there. */
  isComplete(): boolean {
    const { total } = this;
    if (total === undefined) return false;
    return this.#resource.coveredBytes >= total && (total === 0 || this.#resource.nextGap(0, total) === undefined);
  }

  /** Takes an answer's version for that of the content, or compares the two; throws `CHANGED` if they differ. */
  identify(where: string, found: Version): void {
    const known = this.#version;
    if (known === undefined) {
      this.#compareToClaim(where, found);
      this.#adopt(found);
      return;
    }
    if (differ(known, found)) throw changedError(where, known, found);
    if (known.total === undefined && found.total !== undefined) this.learnTotal(found.total);
  }

  learnTotal(total: number): void {
    this.#adopt({ ...this.#version, total });
  }

  /**
   * The server has no byte at `offset`: whether that says where the content ends. Throws `CHANGED` and `HTTP` if there should be one.
   */
  endsBefore(where: string, found: Version, offset: number, response: Response): boolean {
    const { total } = this;
    // An error has no ETag, mostly.
    const known = { ...this.#version, etag: found.etag, lastModified: found.lastModified };
    if (total !== undefined && found.total !== undefined && found.total !== total)
      throw changedError(where, known, found);
    if ((total !== undefined && offset < total) || offset < (found.total ?? 0)) throw statusError(where, response);
    if (found.total !== undefined) {
      if (this.#version === undefined) this.#compareToClaim(where, found);
      this.learnTotal(found.total);
      return true;
    }
    if (offset === 0) return false;
    this.#ceiling = Math.min(this.#ceiling, offset);
    const covered = this.#resource.nextGap(0, this.#ceiling) === undefined;
    if (covered) this.learnTotal(this.#ceiling);
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
    const contradicts = (etag !== undefined && etag !== found.etag) || (total !== undefined && total !== found.total);
    if (contradicts) throw changedError(where, this.#claim, found);
  }

  #adopt(version: Version): void {
    const resource = this.#resource;
    this.#version = version;
    downloaded.set(resource, version);
    if (version.etag !== undefined && version.etag !== resource.identity) resource.identity = version.etag;
    if (version.total !== undefined && version.total !== resource.expectedLength)
      resource.expectedLength = version.total;
  }
}
