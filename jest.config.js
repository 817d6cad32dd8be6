/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/spec'],
  testMatch: ['**/*.spec.ts'],
  // Worker threads, model-based tests and a machine with other work on it: a hang is found by the run's own time.
  testTimeout: 60_000,
  extensionsToTreatAsEsm: ['.ts'],
  // ts-jest only strips types here (`isolatedModules`); `npm run typecheck` is the check.
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};
