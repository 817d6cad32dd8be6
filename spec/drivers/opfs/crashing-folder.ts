import type { Folder, SyncFile } from '../../../lib/drivers/opfs/folder.js';

/** The bytes of all files, by their names. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** What may be found after a crash. */
export interface Wreck {
  readonly what: string;
  readonly files: Files;
}

/** A change of a file that no flush has made durable. */
type Change = { readonly at: number; readonly data: Uint8Array } | { readonly size: number };

interface StoredFile {
  durable: Uint8Array;
  changes: Change[];
  isOpen: boolean;
}

/** Of more changes than this not every subset is tried. */
const ALL_SUBSETS_OF = 4;

/**
 * A folder of an origin private file system in memory, which can be looked at after every call, as
 * it would be found after a crash at that point.
 *
 * When the browser is killed, everything is there that it was told to write; of the last write, as
 * much as was done. When power is lost, any of the changes since a file's last flush have reached
 * the disk. Files that were removed are there again, or not.
 */
export class CrashingFolder implements Folder {
  /** Every call so far that changes something or makes it durable. */
  readonly calls: string[] = [];
  /** Set to an error to have calls fail that match. */
  fails: ((call: string) => Error | undefined) | undefined;
  /** Set to an error to have calls fail that make a file so long, in bytes. */
  grows: ((name: string, size: number) => Error | undefined) | undefined;
  readonly #files = new Map<string, StoredFile>();
  readonly #removed = new Map<string, Uint8Array>();
  readonly #looked: (folder: CrashingFolder) => void;

  /** @param looked - called after every call */
  constructor(files: Files = new Map(), looked: (folder: CrashingFolder) => void = () => undefined) {
    for (const [name, bytes] of files) this.#files.set(name, { durable: bytes, changes: [], isOpen: false });
    this.#looked = looked;
  }

  names(): Promise<string[]> {
    return Promise.resolve([...this.#files.keys()]);
  }

  async open(name: string): Promise<SyncFile> {
    await Promise.resolve();
    const file = this.#files.get(name) ?? { durable: new Uint8Array(), changes: [], isOpen: false };
    if (file.isOpen) throw new DOMException(`${name} is open`, 'NoModificationAllowedError');
    file.isOpen = true;
    this.#refuse(`open ${name}`);
    if (!this.#files.has(name)) {
      this.#files.set(name, file);
      this.#after(`create ${name}`);
    }
    const current = (): Uint8Array => {
      if (!file.isOpen) throw new DOMException(`${name} is closed`, 'InvalidStateError');
      return contentOf(file.durable, file.changes);
    };
    const change = (call: string, done: Change): void => {
      const { length } = current();
      this.#refuse(call);
      const size = 'size' in done ? done.size : Math.max(length, done.at + done.data.length);
      const error = size > length ? this.grows?.(name, size) : undefined;
      if (error !== undefined) throw error;
      file.changes.push(done);
      this.#after(call);
    };
    return {
      read(target, { at }) {
        const part = current().subarray(at, at + target.length);
        target.set(part);
        return part.length;
      },
      write(data, { at }) {
        change(`write ${name}`, { at, data: Uint8Array.from(data) });
        return data.length;
      },
      truncate: (size) => change(`truncate ${name}`, { size }),
      getSize: () => current().length,
      flush: () => {
        const durable = current();
        this.#refuse(`flush ${name}`);
        file.durable = durable;
        file.changes = [];
        this.#after(`flush ${name}`);
      },
      close: () => {
        file.isOpen = false;
      },
    };
  }

  load(name: string): Promise<Uint8Array | undefined> {
    const file = this.#files.get(name);
    return Promise.resolve(file && contentOf(file.durable, file.changes));
  }

  async size(name: string): Promise<number> {
    return (await this.load(name))?.length ?? 0;
  }

  async remove(name: string): Promise<void> {
    await Promise.resolve();
    const file = this.#files.get(name);
    if (file === undefined) return;
    if (file.isOpen) throw new DOMException(`${name} is open`, 'NoModificationAllowedError');
    this.#refuse(`remove ${name}`);
    this.#files.delete(name);
    this.#removed.set(name, file.durable);
    this.#after(`remove ${name}`);
  }

  removeIfEmpty(): Promise<void> {
    return Promise.resolve();
  }

  /** The bytes of all files that count against a quota. */
  get chunkBytes(): number {
    let sum = 0;
    for (const [name, { durable, changes }] of this.#files) {
      if (name.startsWith('chunk-')) sum += contentOf(durable, changes).length;
    }
    return sum;
  }

  /** Ends who has files open: what they were told to write is there, flushed or not. */
  kill(): void {
    for (const [name, file] of this.#files) {
      // What is left of them cannot use their handles any more.
      file.isOpen = false;
      this.#files.set(name, { ...file, changes: [...file.changes] });
    }
  }

  /** Everything that may be found after a crash at this point. */
  *wrecks(): Iterable<Wreck> {
    const all = [...this.#files].flatMap(([name, { changes }]) => changes.map((change) => ({ name, change })));
    yield { what: 'killed', files: this.#with(() => true) };
    const last = all.at(-1)?.change;
    if (last !== undefined && 'data' in last) {
      const half = { at: last.at, data: last.data.subarray(0, last.data.length >> 1) };
      yield { what: 'killed in the middle of a write', files: this.#with(() => true, { from: last, to: half }) };
    }
    for (const kept of subsetsOf(all.map(({ change }) => change))) {
      const what = `power lost with ${kept.size} of ${all.length} changes`;
      const files = this.#with((change) => kept.has(change));
      yield { what, files };
      if (this.#removed.size > 0)
        yield { what: `${what}, and removed files`, files: new Map([...this.#removed, ...files]) };
    }
  }

  #with(isKept: (change: Change) => boolean, torn?: { from: Change; to: Change }): Files {
    const files = new Map<string, Uint8Array>();
    for (const [name, { durable, changes }] of this.#files) {
      const kept = changes.filter(isKept).map((change) => (change === torn?.from ? torn.to : change));
      files.set(name, contentOf(durable, kept));
    }
    return files;
  }

  #refuse(call: string): void {
    const error = this.fails?.(call);
    if (error !== undefined) throw error;
  }

  #after(call: string): void {
    this.calls.push(call);
    this.#looked(this);
  }
}

function contentOf(durable: Uint8Array, changes: readonly Change[]): Uint8Array {
  let content = Uint8Array.from(durable);
  for (const change of changes) {
    const size = 'size' in change ? change.size : Math.max(content.length, change.at + change.data.length);
    const next = new Uint8Array(size);
    next.set(content.subarray(0, size));
    if ('data' in change) next.set(change.data, change.at);
    content = next;
  }
  return content;
}

/** All subsets of few changes; of many, those without one of them, with one alone, and some. */
function* subsetsOf(changes: readonly Change[]): Iterable<ReadonlySet<Change>> {
  if (changes.length <= ALL_SUBSETS_OF) {
    for (let chosen = 0; chosen < 2 ** changes.length; chosen += 1) {
      yield new Set(changes.filter((_, index) => (chosen >> index) % 2 === 1));
    }
    return;
  }
  yield new Set();
  for (const one of changes) {
    yield new Set([one]);
    yield new Set(changes.filter((change) => change !== one));
  }
  for (let step = 2; step <= ALL_SUBSETS_OF; step += 1) {
    yield new Set(changes.filter((_, index) => index % step === 0));
    yield new Set(changes.filter((_, index) => index % step !== 0));
  }
}
