// For driver authors
export { driverConformance } from './testing/driver-conformance.js';
export type { ConformanceHarness, ConformanceRunner } from './testing/driver-conformance.js';

// For authors of backends of stores
export { storeConformance } from './testing/store-conformance.js';
export type { StoreHarness } from './testing/store-conformance.js';
