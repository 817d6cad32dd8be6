// The peers that come without types; what is used of them.
declare module 'random-access-storage' {
  export interface RandomAccessStorage {
    read(offset: number, length: number, done: (error: Error | null, bytes: Buffer) => void): void;
    write(offset: number, bytes: Buffer, done: (error: Error | null) => void): void;
  }
}
declare module 'random-access-file' {
  import type { RandomAccessStorage } from 'random-access-storage';
  const RandomAccessFile: new (path: string, options?: { writable?: boolean }) => RandomAccessStorage;
  export default RandomAccessFile;
}
declare module 'random-access-memory' {
  import type { RandomAccessStorage } from 'random-access-storage';
  const RandomAccessMemory: new (bytes?: Buffer) => RandomAccessStorage;
  export default RandomAccessMemory;
}
