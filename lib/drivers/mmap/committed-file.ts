import type { MapBinding } from './mapping/binding.js';
import { FileWindows } from './mapping/file-windows.js';
import { PrivateViews } from './mapping/private-views.js';
import type { OpenFile } from './open-file.js';

/** Content that cannot change any more, and so is read through mappings. */
export class CommittedFile {
  readonly file: OpenFile;
  /** In bytes. */
  readonly length: number;
  readonly #windows: FileWindows;
  readonly #views: PrivateViews;

  constructor(file: OpenFile, length: number, bindings: readonly MapBinding[], path: string) {
    this.file = file;
    this.length = length;
    this.#windows = new FileWindows(file, length, bindings);
    this.#views = new PrivateViews(file, length, bindings, path);
  }

  read(offset: number, target: Uint8Array): void {
    this.#windows.read(offset, target);
  }

  view(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#views.view(start, end);
  }

  close(): void {
    this.#windows.close();
    this.file.close();
  }
}
