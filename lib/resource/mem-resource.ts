import type { MemDriver } from '../drivers/memory/mem-driver.js';
import type { Resource } from './resource.js';

/** A resource in memory. */
export type MemResource = Resource<MemDriver>;
