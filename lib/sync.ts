// Blocking reads in worker threads
export { openSync } from './sync/open-sync.js';
export { SyncReader } from './sync/sync-reader.js';
export type { SyncReadOptions, SyncWaitOptions, TakenInterrupt } from './sync/sync-reader.js';

// Files of WASM libraries
export { emscriptenFile } from './sync/emscripten-file.js';
export type { EmscriptenFile, EmscriptenFileOptions } from './sync/emscripten-file.js';
export type { EmscriptenFS } from './sync/emscripten-fs.js';
export type { EmscriptenReader } from './sync/buffered-reader.js';

// What they speak of
export { ownerGone } from './handle/owner-gone.js';
export type { ReaderHandle } from './handle/reader-handle.js';
export { WaitOutcome } from './waits/wait-outcome.js';
export type { ResourceStatus } from './control/resource-status.js';
export type { Coverage } from './coverage/coverage.js';
export type { ByteRange } from './range/byte-range.js';
export { isStorageError, StorageError } from './errors/storage-error.js';
export type { StorageErrorCode, StorageErrorDetails } from './errors/storage-error.js';
