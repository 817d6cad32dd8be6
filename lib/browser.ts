// The origin private file system
export { openOpfs } from './browser/open-opfs.js';
export type { OpfsOptions, OpfsResource } from './browser/open-opfs.js';
export { opfsBackend } from './browser/opfs-backend.js';
export type { OpfsBackendOptions } from './browser/opfs-backend.js';
export { OpfsDriver } from './drivers/opfs/opfs-driver.js';
export type { OpfsInspection } from './drivers/opfs/inspect-content.js';
export type { OpfsDriverOptions } from './drivers/opfs/options.js';
export type { CheckpointOptions } from './drivers/checkpoints.js';

// Media elements
export { serveMedia } from './media/serve-media.js';
export type { ExposedMedia, ExposeOptions, ServedMedia, ServeMediaOptions } from './media/serve-media.js';

// A store that tabs share
export { shareStore } from './browser/share-store.js';
export type { ShareStoreOptions } from './browser/share-store.js';
