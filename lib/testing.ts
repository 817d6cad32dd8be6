// For driver authors
export { driverConformance } from './testing/driver-conformance.js';
export type { ConformanceHarness, ConformanceRunner } from './testing/driver-conformance.js';
