import { isStorageError, StorageError } from '../../../errors/storage-error.js';
import { MAX_OFFSET } from '../../../range/byte-range.js';
import type { Resource } from '../../../resource/resource.js';
import {
  areOfOneTime,
  areOther,
  changedError,
  compareVersions,
  isSameTag,
  isStrong,
  unverifiableError,
  type Version,
} from './version.js';

/** Of what the bytes are that this process has downloaded into a resource. */
interface Downloaded {
  readonly version: Version;
  readonly mediaType: string | undefined;
}

const downloaded = new WeakMap<Resource, Downloaded>();
/** Resources that hold bytes of an answer that has turned out false. */
const falsified = new WeakSet<Resource>();

/**
 * Whether bytes of an answer that has turned out false are stored, and nothing has been written
 * over them yet.
 */
export function isFalsified(resource: Resource): boolean {
  return falsified.has(resource);
}

/**
 * What is known of the content that a resource is to hold: its version, which the first answer
 * sets, of which kind it is, and where it ends.
 *
 * Within one process any validator will do to go on, since little time has passed. Bytes that this
 * process has not downloaded need a strong ETag, or the user's word that the length is enough.
 */
export class KnownContent {
  readonly #resource: Resource;
  readonly #trustLength: boolean;
  /** What every answer has to be of. */
  #version: Version | undefined;
  #mediaType: string | undefined;
  /** Whether the version is that of an earlier process. */
  #stored = false;
  /** What the first answer must not contradict, as far as it goes. */
  #claim: Version = {};
  /** Whether the first answer has to say all that the claim does. */
  #strict = false;
  /** The length in bytes, as an error told it before there was an answer. */
  #told: number | undefined;
  /** The server has said that no byte is at this offset or behind it. */
  #ceiling = MAX_OFFSET;
  /** How many answers have told the length, or were compared with it. */
  #tellers = 0;
  /** How far false bytes have been written over, in any attempt. */
  #rewritten = 0;

  /** Throws `CHANGED` for bytes whose version cannot be told. */
  constructor(resource: Resource, trustLength: boolean) {
    this.#resource = resource;
    this.#trustLength = trustLength;
    ({ version: this.#version, mediaType: this.#mediaType } = downloaded.get(resource) ?? {});
    if (this.#version?.total !== undefined) this.#tellers = 1;
    const { identity: etag, expectedLength: total, coveredBytes, origin } = resource;
    if (this.#version !== undefined || coveredBytes === 0) return;
    const stored = { etag, total };
    const isNew = origin.from === 'new';
    const nothingToFetch = total !== undefined && resource.nextGap(0, total) === undefined;
    if (nothingToFetch || (!isNew && isStrong(etag))) {
      this.#version = stored;
      this.#stored = true;
    } else if (isNew ? etag !== undefined || trustLength : trustLength && total !== undefined) {
      this.#claim = trustLength ? { total } : stored;
      this.#strict = !isNew;
    } else throw unverifiableError(resource.path, stored, trustLength);
  }

  get etag(): string | undefined {
    return this.#version?.etag;
  }

  get version(): Version | undefined {
    return this.#version;
  }

  /** `type/subtype`, as the first answer that told one has it. */
  get mediaType(): string | undefined {
    return this.#mediaType;
  }

  /** The version of the bytes that are there, where nobody knows of which kind they are. */
  get kept(): Version | undefined {
    if (this.#mediaType !== undefined || this.#resource.coveredBytes === 0) return undefined;
    return this.#version ?? this.#claim;
  }

  /** The length of the content in bytes, as far as is known. */
  get total(): number | undefined {
    return this.#version?.total ?? this.#told ?? this.#claim.total;
  }

  /** No byte that could be asked for is at this offset or behind it. */
  get end(): number {
    return Math.min(this.total ?? MAX_OFFSET, this.#ceiling);
  }

  /** Whether bytes are stored that have to be written over before anything is complete. */
  get isFalse(): boolean {
    return isFalsified(this.#resource);
  }

  /** Whether every byte is there. Throws `CHANGED` if more is there than the content has. */
  isComplete(): boolean {
    const { end } = this;
    if (this.isFalse || end === MAX_OFFSET || this.#resource.coveredBytes < end) return false;
    if (end > 0 && this.#resource.nextGap(0, end) !== undefined) return false;
    // Every byte below one that the server does not have: that is the end.
    if (this.total === undefined) this.learnTotal('The download', end);
    return true;
  }

  /**
   * Compares an answer's version with that of the content; throws `CHANGED` if it is another.
   * False: it lacks the entity tag by which it could be told.
   */
  isOfVersion(where: string, found: Version): boolean {
    const known = this.#version;
    if (known === undefined) {
      this.#compareToClaim(where, found);
      return true;
    }
    if (this.#trustLength && !(this.#stored && known.total === undefined)) {
      if (areOther(known.total, found.total)) throw changedError(where, known, found);
      return true;
    }
    const outcome = compareVersions(known, found);
    // Not a byte may differ from what an earlier process has left, and only strong tags say so.
    const mayDiffer = this.#stored && found.etag !== undefined && !isStrong(found.etag);
    if (outcome === 'other' || mayDiffer) throw changedError(where, known, found);
    return outcome === 'same';
  }

  /**
   * Throws `CHANGED` for an answer without an entity tag, unless its `Last-Modified` is that of the
   * content.
   */
  compareTimes(where: string, found: Version): void {
    const known = this.#version ?? {};
    if (!areOfOneTime(known, found)) throw changedError(where, known, found);
  }

  /**
   * Takes over what an answer says that {@link isOfVersion} has compared. Throws `CHANGED` if more
   * is there than the content has.
   */
  adopt(where: string, found: Version, mediaType?: string): void {
    this.#mediaType ??= mediaType;
    this.#stored = false;
    if (found.total !== undefined) this.#tellers += 1;
    const known = this.#version;
    if (known === undefined) this.#remember(where, { ...found, total: found.total ?? this.#told });
    else if (known.total === undefined && found.total !== undefined) this.learnTotal(where, found.total);
    else this.#remember(where, known);
  }

  /** Throws `CHANGED` if more is there than that. */
  learnTotal(where: string, total: number): void {
    if (this.#version !== undefined) this.#remember(where, { ...this.#version, total });
    else {
      // Errors have no ETag, mostly: the version is still to come.
      this.#assertHolds(where, total);
      this.#told = total;
      if (this.#resource.expectedLength !== total) this.#resource.expectedLength = total;
    }
  }

  /**
   * The server has no byte at `offset`, by an answer that may tell the length. Throws `CHANGED` if
   * another one is known; returns what that says: where the content ends, nothing, or that there
   * should be a byte.
   */
  endsBefore(where: string, offset: number, told: number | undefined): 'end' | 'nothing' | 'refused' {
    const { total } = this;
    if (areOther(total, told))
      throw changedError(where, { ...this.#version, total }, { ...this.#version, total: told });
    if (offset < (total ?? told ?? 0)) return 'refused';
    if (told !== undefined) this.learnTotal(where, told);
    else if (offset === 0) return 'nothing';
    else this.#ceiling = Math.min(this.#ceiling, offset);
    return 'end';
  }

  /**
   * Bytes were written that turned out false: all is to be fetched once more. The identity is taken
   * back until that is done, so that no later process goes on with them.
   *
   * @param hidden - where a coding may be hidden the length that is known may be a compressed one
   */
  falsify(hidden: boolean): void {
    const resource = this.#resource;
    falsified.add(resource);
    resource.identity = undefined;
    if (!hidden && this.#tellers > 1) return;
    this.#version = { ...this.#version, total: undefined };
    this.#told = undefined;
    this.#claim = {};
    this.#ceiling = MAX_OFFSET;
    downloaded.set(resource, { version: this.#version, mediaType: this.#mediaType });
    resource.expectedLength = undefined;
  }

  /**
   * What was false is written over up to there; returns by how many bytes that is further than in
   * any attempt before.
   */
  rewrote(until: number): number {
    const further = Math.max(0, until - this.#rewritten);
    this.#rewritten += further;
    return further;
  }

  /** Everything has been fetched over what was false, and it is so many bytes. */
  restore(where: string, total: number): void {
    falsified.delete(this.#resource);
    this.#remember(where, { ...this.#version, total }, true);
  }

  /** The error for bytes that came again, and are others now. */
  differs(where: string): StorageError {
    return new StorageError(
      'CHANGED',
      `${where}: the content has changed. Bytes that came again are not those that are stored, though nothing else tells the versions ` +
        'apart. discard() the resource, and download into a new one.',
    );
  }

  /** The error for a body that goes on where the content ends, by what is known. */
  isLonger(where: string, total: number): StorageError {
    return new StorageError(
      'CHANGED',
      `${where}: the content has changed. It has more than the ${total} bytes that are expected. discard() the resource, and download ` +
        'into a new one.',
    );
  }

  #compareToClaim(where: string, found: Version): void {
    const { etag, total } = this.#claim;
    const isOther = total !== found.total && (found.total !== undefined || this.#strict);
    const hasOtherTag = etag !== undefined && (found.etag === undefined || !isSameTag(etag, found.etag));
    if (hasOtherTag || (total !== undefined && isOther)) throw changedError(where, this.#claim, found);
    if (areOther(this.#told, found.total)) throw changedError(where, { ...found, total: this.#told }, found);
  }

  #remember(where: string, version: Version, dropsRest = false): void {
    const resource = this.#resource;
    if (version.total !== undefined && !dropsRest) this.#assertHolds(where, version.total);
    this.#version = version;
    downloaded.set(resource, { version, mediaType: this.#mediaType });
    if (this.isFalse) return;
    if (version.etag !== undefined && version.etag !== resource.identity) resource.identity = version.etag;
    if (version.total !== undefined && version.total !== resource.expectedLength)
      resource.expectedLength = version.total;
  }

  /**
   * Content that is shorter than what is there is other content: nothing that is there is dropped
   * for it.
   */
  #assertHolds(where: string, total: number): void {
    const behind = this.#resource.nextGap(total, MAX_OFFSET);
    if (this.isFalse || total === MAX_OFFSET || (behind?.start === total && behind.end === MAX_OFFSET)) return;
    throw new StorageError(
      'CHANGED',
      `${where}: the content has changed. It has ${total} bytes now, and bytes behind that are stored. discard() the resource, and ` +
        'download into a new one.',
    );
  }
}

/** The error for a resource that holds false bytes which could not be fetched anew; others pass. */
export function falsifiedError(cause: unknown): unknown {
  if (!isStorageError(cause, 'HTTP', 'TIMEOUT', 'CHANGED', 'UNSUPPORTED')) return cause;
  return new StorageError(
    'HTTP',
    'Bytes of an answer are stored whose body contradicts its headers, and the whole content could not be fetched over them ' +
      `(${cause.message.replace(/\.$/, '')}). discard() the resource, and download into a new one.`,
    { cause, httpStatus: cause.httpStatus, retryAfterMs: cause.retryAfterMs },
  );
}
