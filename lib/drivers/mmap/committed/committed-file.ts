import type { OpenFile } from '../files/open-file.js';
import type { MapBinding } from '../mapping/binding.js';
import { CopyOnWriteViews } from '../mapping/copy-on-write-views.js';
import type { Lender } from '../mapping/lent-piece.js';
import { MappedSegments } from '../mapping/mapped-segments.js';

/** Content that cannot change any more: it is read through mappings. */
export class CommittedFile {
  readonly file: OpenFile;
  /** In bytes. */
  readonly length: number;
  readonly #segments: MappedSegments;
  readonly #views: CopyOnWriteViews;

  constructor(file: OpenFile, length: number, bindings: readonly MapBinding[], path: string) {
    this.file = file;
    this.length = length;
    this.#segments = new MappedSegments(file, length, bindings);
    this.#views = new CopyOnWriteViews(file, length, bindings, path);
  }

  /** Who lends the bytes of some content, if it is committed. */
  static lenderIn(content: unknown): Lender | undefined {
    return content instanceof CommittedFile ? content.#segments : undefined;
  }

  read(offset: number, target: Uint8Array): void {
    this.#segments.read(offset, target);
  }

  view(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#views.view(start, end);
  }

  close(): void {
    this.#segments.close();
    this.file.close();
  }
}
