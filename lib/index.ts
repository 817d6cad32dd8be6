// Resources
export { Resource } from './resource/resource.js';
export type { ResourceOptions, ResourceOrigin } from './resource/resource-options.js';
export type { Hold } from './resource/hold.js';
export type { Demand } from './resource/demand.js';
export type { ReaderPort } from './resource/reader-port.js';
export type { ResourceView } from './view/resource-view.js';
export type { ReadOptions } from './waits/read-options.js';
export type { WaitOptions } from './waits/wait-options.js';
export { WaitOutcome } from './waits/wait-outcome.js';
export type { ResourceStatus } from './control/resource-status.js';

// Ranges
export type { ByteRange } from './range/byte-range.js';
export type { NeededBy } from './range/times.js';
export type { Coverage } from './coverage/coverage.js';

// Other threads
export { attachReader } from './reader/attach-reader.js';
export type { ResourceReader } from './reader/resource-reader.js';
export { ownerGone } from './handle/owner-gone.js';
export type { ReaderHandle } from './handle/reader-handle.js';

// Drivers
export { MemDriver } from './drivers/memory/mem-driver.js';
export { WindowDriver } from './drivers/window/window-driver.js';
export type { WindowDriverOptions } from './drivers/window/window-options.js';
export { WindowUse } from './window/window-use.js';
export type { WindowUseOptions } from './window/window-use.js';
export { ColdBytes } from './cold/cold-bytes.js';
export type { ColdBytesOptions } from './cold/cold-bytes.js';
export type { MemResource } from './resource/mem-resource.js';
export { attachDriver, registerAttachment } from './drivers/attachments.js';
export type {
  Attach,
  Attachment,
  Driver,
  DriverCapabilities,
  DriverCold,
  DriverDescription,
  DriverUse,
  FinalStep,
  RefusedContent,
  RoomUse,
  StoredContent,
} from './drivers/driver.js';
export type { ContentRecord } from './record/content-record.js';

// Operators
export { byteSource } from './operators/byte-source.js';
export type { ByteSource } from './operators/byte-source.js';
export { progress } from './operators/progress.js';
export type { Progress } from './operators/progress.js';
export { readChunks } from './operators/read-chunks.js';
export type { ReadChunksOptions } from './operators/read-chunks.js';
export { toReadableStream } from './operators/to-readable-stream.js';
export type { StreamOptions } from './operators/to-readable-stream.js';
export { whenCommitted } from './operators/when-committed.js';
export { writeTo } from './operators/write-to.js';
export type { OffsetChunk, WriteToOptions } from './operators/write-to.js';

// Errors
export { isStorageError, StorageError } from './errors/storage-error.js';
export type { StorageErrorCode, StorageErrorDetails } from './errors/storage-error.js';
