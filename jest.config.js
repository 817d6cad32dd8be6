import { BROWSER_FOLDERS } from './spec/browser/browser-specs.js';
import { RESOURCE_FOLDERS } from './spec/run/resource-folders.js';

const STRESS = '**/*.stress.spec.ts';
const BROWSER = BROWSER_FOLDERS.map((folder) => `**/${folder}/**`);

const OF_RESOURCES = [...RESOURCE_FOLDERS.map((folder) => `**/${folder}/**/*.spec.ts`), '!**/spec/sync/emscripten/**'];

const common = {
  testEnvironment: 'node',
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  roots: ['<rootDir>/spec'],
  extensionsToTreatAsEsm: ['.ts'],
  // ts-jest only strips types here (`isolatedModules`); `npm run typecheck` is the check.
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/spec/run/begin.js',
  globalTeardown: '<rootDir>/spec/run/end.js',
};

/** @type {import('jest').Config} */
export default {
  // Worker threads, model-based tests and a machine with other work on it: a hang is found by the
  // run's own time.
  testTimeout: 60_000,
  globalSetup: '<rootDir>/spec/drivers/mmap/say-what-is-missing.js',
  filter: '<rootDir>/spec/run/leave-out.cjs',
  projects: [
    // `npm test` runs these two,
    {
      ...common,
      displayName: 'memory',
      testMatch: ['**/*.spec.ts', ...[STRESS, ...BROWSER].map((glob) => `!${glob}`)],
    },
    {
      ...common,
      displayName: 'browser',
      testMatch: [...BROWSER.map((glob) => `${glob}/*.spec.ts`), `!${STRESS}`],
    },
    // and `npm run test:stress` these: what takes long, and what a resource promises once more,
    // over files and over windows.
    { ...common, displayName: 'stress', testMatch: [STRESS] },
    { ...common, displayName: 'file', testMatch: OF_RESOURCES, setupFiles: ['<rootDir>/spec/run/over-files.js'] },
    {
      ...common,
      displayName: 'window',
      testMatch: OF_RESOURCES,
      setupFiles: ['<rootDir>/spec/run/over-windows.js'],
    },
  ],
};
