// The store
export { Store } from './store/store.js';
export type { AcquireOptions, EntryUpdate, StoreOptions, StoreSource, StoreUrl } from './store/store-options.js';
export type { EntryDownload, StoreChange, StoreEntry, StoreUsage } from './store/store-entry.js';
export type { Metadata } from './store/entry-record.js';
export type { Lease } from './store/leases/lease.js';

export { prefetch } from './store/prefetch.js';
export type { PlannedEntry, PrefetchPlan } from './store/prefetch.js';

// The same store elsewhere: in other threads, tabs and processes
export { connectStore } from './store/remote/connect-store.js';
export type { ConnectStoreOptions } from './store/remote/connect-store.js';
export type { RemoteStore } from './store/remote/remote-store.js';
export { runStore } from './store/remote/run-store.js';
export { serveStore } from './store/remote/serve-store.js';
export type { ServedStore } from './store/remote/serve-store.js';

// Where it keeps its entries
export { memoryBackend } from './store/memory-backend.js';

// For authors of backends
export type { BackendDriverOptions, DroppedEntry, StoreBackend, StoredEntries, StoredEntry } from './store/backend.js';
export type { EntryRecord, Intent } from './store/entry-record.js';
