import type { ContentRecord } from '../../../record/content-record.js';
import { digestOf, encodeRecord, isSameBytes, type StoredRecord } from '../../../record/record-codec.js';
import type { FileSet } from '../files/file-set.js';
import { storeRecord, storeRecordLater } from '../files/record-file.js';
import { sha256 } from '../files/sha256.js';

/** What was found in a coverage file, as far as it is needed to go on. */
export type FoundCoverage = Pick<StoredRecord, 'digest' | 'neverCommitted' | 'coverage' | 'coveredBytes'>;

/** The coverage file of `.part`, and what of it is on disk. */
export class CoverageFile {
  /** The bytes that it describes were never committed, so nobody else has them open. */
  readonly neverCommitted: boolean;
  readonly #fileSet: FileSet;
  /** The digest of the file on disk; undefined if there is none, or it may be one of several. */
  #digest: Uint8Array | undefined;
  #mayExist: boolean;
  #name: 'unknown' | 'durable' | 'refused' = 'unknown';

  /** @param found - undefined if `.part` is to be made anew */
  constructor(fileSet: FileSet, found: FoundCoverage | undefined) {
    this.#fileSet = fileSet;
    this.neverCommitted = found?.neverCommitted ?? true;
    this.#digest = found?.digest;
    this.#mayExist = found !== undefined;
  }

  /** False if no coverage file on disk can list any bytes of this `.part`. */
  get mayExist(): boolean {
    return this.#mayExist;
  }

  /**
   * True if the file on disk is the one that was stored last, also after power loss. Not known of
   * one that was found: its writer may have been killed before it was sure.
   */
  get isDurable(): boolean {
    return this.#name === 'durable';
  }

  /** True if the file system can make no names durable: there may be an older file again. */
  get isRefused(): boolean {
    return this.#name === 'refused';
  }

  encode(record: ContentRecord): Uint8Array {
    const { coverage, expectedLength, identity } = record;
    return encodeRecord({ coverage, expectedLength, identity, neverCommitted: this.neverCommitted }, sha256);
  }

  /** True if the file on disk has these bytes. */
  isStored(bytes: Uint8Array): boolean {
    return this.#digest !== undefined && isSameBytes(this.#digest, digestOf(bytes));
  }

  store(bytes: Uint8Array): void {
    this.#unsure();
    const { coverage, coverageTemp } = this.#fileSet;
    this.#stored(bytes, storeRecord(this.#fileSet, coverage, coverageTemp, bytes));
  }

  /** As {@link store}, without blocking; returns false if it was not `wanted` any more. */
  async storeLater(bytes: Uint8Array, wanted: () => boolean): Promise<boolean> {
    this.#unsure();
    const { coverage, coverageTemp } = this.#fileSet;
    const durable = await storeRecordLater(this.#fileSet, coverage, coverageTemp, bytes, wanted);
    if (durable === undefined) return false;
    this.#stored(bytes, durable);
    return true;
  }

  /** It may be the old file or the new one, until the new one is known to be durable. */
  #unsure(): void {
    this.#digest = undefined;
    this.#mayExist = true;
    this.#name = 'unknown';
  }

  #stored(bytes: Uint8Array, durable: boolean): void {
    this.#digest = digestOf(bytes);
    this.#name = durable ? 'durable' : 'refused';
  }
}
