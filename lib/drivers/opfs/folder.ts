/**
 * A file of the origin private file system that is open for synchronous calls: what a
 * `FileSystemSyncAccessHandle` has. Offsets and sizes are in bytes.
 */
export interface SyncFile {
  read(target: Uint8Array, options: { at: number }): number;
  write(data: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** The folder that holds the content of one path. */
export interface Folder {
  /** The names of the files in it. */
  names(): Promise<readonly string[]>;
  /** Opens a file; makes it if it is not there, unless the folder is only to be read. */
  open(name: string): Promise<SyncFile>;
  /** The bytes of a file that somebody else may have open; undefined if it is not there. */
  load(name: string): Promise<Uint8Array | undefined>;
  /** The size of a file that somebody else may have open; 0 if it is not there. */
  size(name: string): Promise<number>;
  /** Removes a file that is closed; does nothing if it is not there. */
  remove(name: string): Promise<void>;
  /** Removes the folder itself if nothing is left in it. */
  removeIfEmpty(): Promise<void>;
}

/** The two slots of the record. */
export const SLOTS = ['record-0', 'record-1'] as const;

const CHUNK = /^chunk-(0|[1-9]\d{0,8})$/;

export function chunkName(chunk: number): string {
  return `chunk-${chunk}`;
}

/** The number of the chunk that a file holds; undefined if it holds none. */
export function chunkOf(name: string): number | undefined {
  const [, number] = CHUNK.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** True if the file is one of ours. */
export function isOurs(name: string): boolean {
  return chunkOf(name) !== undefined || (SLOTS as readonly string[]).includes(name);
}
