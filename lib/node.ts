// Serving over HTTP
export { sendRangeResponse } from './node/send-range-response.js';
export type { RangeResponseOptions } from './http/serve/range-response.js';

// Node's streams
export { toNodeReadable } from './node/to-node-readable.js';

// Files
export { MmapDriver } from './drivers/mmap/mmap-driver.js';
export type { FileInspection, ReplacementInspection } from './drivers/mmap/inspect-file.js';
export type { CheckpointOptions } from './drivers/checkpoints.js';
export type { MmapDriverOptions, OpenMode } from './drivers/mmap/options.js';
export type { BindingName } from './drivers/mmap/mapping/binding.js';
export type { MappingOption } from './drivers/mmap/mapping/bindings.js';
export type { MmapResource, StorageResource } from './node/storage-resource.js';

// Stores
export { folderBackend } from './node/folder-backend.js';
export type { FolderBackendOptions } from './node/folder-backend.js';
