import fs from 'node:fs';
import { basename, join } from 'node:path';

import { type FileSystem, NODE_FILES } from '../../../lib/drivers/mmap/files/file-system.js';

/**
 * A change of the names in the folder: `name` stands for the file `inode` from now on, or for none.
 */
interface NameChange {
  readonly name: string;
  readonly inode: string | undefined;
}

/** What the disk may hold after a crash. */
export interface Wreck {
  readonly what: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Bytes. */
const BLOCK = 4096;

/**
 * A disk that can be looked at after every call, as it would be found after a crash at that point.
 *
 * The files are real; this keeps account of what has been made durable. After `kill -9` everything
 * is there that was handed to the system. After power loss a file's bytes are those of its last
 * sync, and what came later is lost or reads as zeros; a hole that was punched since then is there
 * or not. The names are those of the folder's last sync, and of the changes since then any have
 * reached the disk, in whatever order.
 *
 * A hole is zeros here, so that the disk needs nothing that punches.
 */
export class CrashingDisk implements FileSystem {
  /** Every call so far that changes something or makes it durable. */
  readonly calls: string[] = [];
  readonly #folder: string;
  readonly #looked: (disk: CrashingDisk) => void;
  readonly #inodes = new Map<number, string>();
  readonly #synced = new Map<string, Buffer>();
  /** What was punched out of each file since its last sync. */
  readonly #punched = new Map<string, [start: number, end: number][]>();
  /** Inodes may be used again, so every file has a number of its own. */
  readonly #files = new Map<string, { inode: string; current: string }>();
  #names = new Map<string, string>();
  #changes: NameChange[] = [];
  #count = 0;

  /** @param looked - called after every call */
  constructor(folder: string, looked: (disk: CrashingDisk) => void) {
    this.#folder = folder;
    this.#looked = looked;
  }

  readonly open = (path: string, flags: number): number => {
    const isNew = !fs.existsSync(path);
    const descriptor = NODE_FILES.open(path, flags);
    const name = basename(path);
    if (path === this.#folder) {
      this.#inodes.set(descriptor, 'folder');
      return descriptor;
    }
    if (isNew) {
      this.#count += 1;
      this.#files.set(name, { inode: String(this.#count), current: path });
      this.#change(name, String(this.#count));
      this.#inodes.set(descriptor, String(this.#count));
      this.#after(`create ${name}`);
    } else {
      this.#inodes.set(descriptor, this.#files.get(name)?.inode ?? 'unknown');
    }
    return descriptor;
  };

  readonly close = (descriptor: number): void => {
    NODE_FILES.close(descriptor);
    this.#inodes.delete(descriptor);
  };

  readonly write = (...args: Parameters<FileSystem['write']>): number => {
    const written = NODE_FILES.write(...args);
    this.#after(`write ${this.#nameOf(args[0])}`);
    return written;
  };

  readonly writeLater = async (...args: Parameters<FileSystem['writeLater']>): Promise<number> => {
    const name = this.#nameOf(args[0]);
    const written = await NODE_FILES.writeLater(...args);
    this.#after(`write ${name}`);
    return written;
  };

  readonly rename = (from: string, to: string): void => {
    NODE_FILES.rename(from, to);
    const file = this.#files.get(basename(from));
    if (file === undefined) throw new Error(`renamed ${from}, which nobody has made`);
    this.#files.delete(basename(from));
    this.#files.set(basename(to), { ...file, current: to });
    // One change: it is there whole or not at all.
    this.#changes.push({ name: `${basename(from)} → ${basename(to)}`, inode: file.inode });
    this.#after(`rename ${basename(from)} ${basename(to)}`);
  };

  readonly unlink = (path: string): void => {
    NODE_FILES.unlink(path);
    this.#files.delete(basename(path));
    this.#change(basename(path), undefined);
    this.#after(`unlink ${basename(path)}`);
  };

  readonly freeBytes = NODE_FILES.freeBytes;
  readonly blockSize = (): number => BLOCK;

  readonly punchHole = (descriptor: number, start: number, end: number): void => {
    const { size } = fs.fstatSync(descriptor);
    const inode = this.#inodes.get(descriptor) ?? 'unknown';
    fs.writeSync(descriptor, Buffer.alloc(Math.max(0, Math.min(end, size) - start)), 0, undefined, start);
    this.#punched.set(inode, [...(this.#punched.get(inode) ?? []), [start, end]]);
    this.#after(`punch ${this.#nameOf(descriptor)} ${start} ${end}`);
  };

  readonly sync = (descriptor: number): void => {
    this.#sync(descriptor, this.#content(descriptor));
  };

  readonly syncDataLater = async (descriptor: number): Promise<void> => {
    await this.syncLater(descriptor);
  };

  /** What it makes durable is what was there when it was called; the rest may be, or not. */
  readonly syncLater = async (descriptor: number): Promise<void> => {
    const content = this.#content(descriptor);
    const inode = this.#inodes.get(descriptor);
    await new Promise((resolve) => setImmediate(resolve));
    this.#sync(descriptor, content, inode);
  };

  readonly read = NODE_FILES.read;
  readonly status = NODE_FILES.status;
  readonly linkStatus = NODE_FILES.linkStatus;
  readonly readLink = NODE_FILES.readLink;
  readonly realPath = NODE_FILES.realPath;
  readonly makeFolder = NODE_FILES.makeFolder;
  readonly changeMode = NODE_FILES.changeMode;
  readonly changeModified = NODE_FILES.changeModified;
  readonly changeModifiedOf = NODE_FILES.changeModifiedOf;

  /** Everything that may be found after a crash at this point. */
  *wrecks(): Iterable<Wreck> {
    const current = new Map<string, Buffer>();
    for (const [name, { current: path }] of this.#files) current.set(name, fs.readFileSync(path));
    yield { what: 'killed', files: current };
    const seen = new Set<string>();
    for (const kept of subsets(this.#changes)) {
      const names = this.#namesAfter(kept);
      const key = JSON.stringify([...names].sort());
      if (seen.has(key)) continue;
      seen.add(key);
      for (const lost of ['gone', 'zeros', 'punched'] as const) {
        if (lost === 'punched' && ![...names.values()].some((inode) => this.#punched.has(inode))) continue;
        const files = new Map<string, Buffer>();
        for (const [name, inode] of names) files.set(name, this.#afterPowerLoss(inode, lost));
        const which = kept.map(({ name, inode }) => (inode === undefined ? `without ${name}` : name)).join(', ');
        yield {
          what: `power lost with ${kept.length} of ${this.#changes.length} names (${which}), what was not synced is ${lost}`,
          files,
        };
      }
    }
  }

  #namesAfter(changes: readonly NameChange[]): Map<string, string> {
    const names = new Map(this.#names);
    for (const { name, inode } of changes) apply(names, name, inode);
    return names;
  }

  #afterPowerLoss(inode: string, lost: 'gone' | 'zeros' | 'punched'): Buffer {
    const synced = this.#synced.get(inode) ?? Buffer.alloc(0);
    if (lost === 'gone') return synced;
    const file = [...this.#files.values()].find((known) => known.inode === inode);
    const length = file === undefined ? synced.length : fs.statSync(file.current).size;
    const found = Buffer.alloc(Math.max(length, synced.length));
    synced.copy(found);
    if (lost === 'punched')
      for (const [start, end] of this.#punched.get(inode) ?? []) found.subarray(start, end).fill(0);
    return found;
  }

  #content(descriptor: number): Buffer | undefined {
    if (this.#inodes.get(descriptor) === 'folder') return undefined;
    const content = Buffer.alloc(fs.fstatSync(descriptor).size);
    fs.readSync(descriptor, content, 0, content.length, 0);
    return content;
  }

  #sync(descriptor: number, content: Buffer | undefined, inode = this.#inodes.get(descriptor)): void {
    if (content === undefined) {
      this.#names = this.#namesAfter(this.#changes);
      this.#changes = [];
      this.#after('sync folder');
    } else {
      this.#synced.set(inode ?? 'unknown', content);
      this.#punched.delete(inode ?? 'unknown');
      this.#after(`sync ${this.#nameOf(descriptor)}`);
    }
  }

  #nameOf(descriptor: number): string {
    const inode = this.#inodes.get(descriptor);
    return [...this.#files].find(([, file]) => file.inode === inode)?.[0] ?? '(a name that is gone)';
  }

  #change(name: string, inode: string | undefined): void {
    this.#changes.push({ name, inode });
  }

  #after(call: string): void {
    this.calls.push(call);
    this.#looked(this);
  }
}

/** All choices of these changes, each in their order. */
function* subsets(changes: readonly NameChange[]): Generator<NameChange[]> {
  for (let chosen = 0; chosen < 2 ** changes.length; chosen += 1) {
    yield changes.filter((_, index) => Math.floor(chosen / 2 ** index) % 2 === 1);
  }
}

function apply(names: Map<string, string>, name: string, inode: string | undefined): void {
  const [from, to] = name.split(' → ');
  if (to !== undefined && from !== undefined) {
    names.delete(from);
    names.set(to, inode ?? '');
  } else if (inode === undefined) {
    names.delete(name);
  } else {
    names.set(name, inode);
  }
}

/** Puts a wreck on a real disk. */
export function lay(wreck: Wreck, folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, content] of wreck.files) fs.writeFileSync(join(folder, name), content);
}
