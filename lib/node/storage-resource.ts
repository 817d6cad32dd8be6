import type { MmapDriver } from '../drivers/mmap/mmap-driver.js';
import type { MemResource } from '../resource/mem-resource.js';
import type { Resource } from '../resource/resource.js';

/** A resource in a file. */
export type MmapResource = Resource<MmapDriver>;

/** A resource in a file or in memory. */
export type StorageResource = MmapResource | MemResource;
