const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/spec'],
  extensionsToTreatAsEsm: ['.ts'],
  // ts-jest only strips types here (`isolatedModules`); `npm run typecheck` is the check.
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

/** @type {import('jest').Config} */
export default {
  // Worker threads, model-based tests and a machine with other work on it: a hang is found by the run's own time.
  testTimeout: 60_000,
  projects: [
    { ...common, displayName: 'memory', testMatch: ['**/*.spec.ts'] },
    // What a resource promises, once more over files: `spec/drivers/tested-driver.js` makes the driver.
    {
      ...common,
      displayName: 'file',
      testMatch: ['**/spec/{resource,operators,threads,waits,errors}/**/*.spec.ts'],
      setupFiles: ['<rootDir>/spec/drivers/file-project/environment.js'],
      globalSetup: '<rootDir>/spec/drivers/file-project/make-folder.js',
      globalTeardown: '<rootDir>/spec/drivers/file-project/remove-folder.js',
    },
  ],
};
