import { readdirSync } from 'node:fs';
import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import jest from 'eslint-plugin-jest';
import rxjsX from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

/**
 * Which folders of `lib` a folder may import. What a row does not name is forbidden, so a new
 * folder starts with nothing until it has a row here. The entry points (`lib/*.ts`) may import
 * every one of them.
 *
 * @type {Record<string, string[]>}
 */
const foundation = {
  errors: ['range'],
  range: ['errors'],
  memory: ['errors', 'range'],
  record: ['errors', 'range'],
  drivers: ['errors', 'range', 'memory', 'record', 'waits', 'cold', 'window'],
  coverage: ['errors', 'range', 'memory'],
  waits: ['errors', 'range'],
  control: ['errors', 'range', 'memory', 'coverage', 'waits'],
  bytes: ['errors', 'range', 'waits', 'coverage', 'control'],
  cold: ['errors', 'range', 'memory', 'waits', 'coverage', 'control', 'bytes'],
  window: ['errors', 'range', 'memory', 'waits', 'coverage', 'control', 'bytes'],
  handle: ['errors', 'range', 'memory', 'drivers', 'coverage', 'waits', 'control', 'bytes', 'cold', 'window'],
};
const views = [...Object.keys(foundation), 'changes', 'view'];
/** @type {Record<string, string[]>} */
const mayImport = {
  ...foundation,
  changes: ['errors', 'range', 'waits'],
  view: [...Object.keys(foundation), 'changes'],
  reader: views,
  sync: Object.keys(foundation),
  resource: views,
  operators: [...views, 'resource', 'reader'],
  http: [...views, 'resource', 'reader', 'operators'],
  store: [...views, 'resource', 'reader', 'operators', 'http', 'remote'],
  remote: [...views, 'resource', 'reader', 'operators'],
  media: [...views, 'operators', 'http', 'remote'],
  browser: [...views, 'resource', 'reader', 'operators', 'http', 'remote', 'store'],
  testing: [...views, 'resource', 'reader', 'sync', 'operators', 'http', 'store'],
  node: [...views, 'resource', 'reader', 'operators', 'http', 'store'],
};
/**
 * Work without RxJS: drivers know nothing but ranges, and `tidemark/sync` loads quickly in a
 * worker.
 */
const withoutRxjs = [...Object.keys(foundation), 'sync'];
/** Nothing else under `lib` may know that Node exists. */
const nodeFiles = ['lib/node.ts', 'lib/node/**', 'lib/drivers/mmap/**'];
/** Nothing else under `lib` may use what browsers alone have. */
const BROWSER_ONLY = ['lib/browser.ts', 'lib/browser', 'lib/media', 'lib/drivers/opfs'];

const folders = readdirSync(new URL('lib', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const layers = folders.map((folder) => {
  const allowed = mayImport[folder] ?? [];
  const list = allowed.length === 0 ? 'no other folder of lib' : allowed.join(', ');
  return {
    target: `./lib/${folder}`,
    from: './lib',
    except: [folder, ...allowed].map((name) => `./${name}`),
    message: `lib/${folder} may import ${list} (table in eslint.config.js).`,
  };
});

const structure = [
  ...layers,
  {
    target: ['./lib/!(node).ts', './lib/!(node|drivers)/**', './lib/drivers/*.ts', './lib/drivers/!(mmap)/**'],
    from: ['./lib/node.ts', './lib/node', './lib/drivers/mmap'],
    message: 'Only tidemark/node reaches Node; the core is isomorphic.',
  },
  {
    target: [
      './lib/!(browser|service-worker).ts',
      './lib/!(browser|media|drivers)/**',
      './lib/drivers/*.ts',
      './lib/drivers/!(opfs)/**',
    ],
    from: BROWSER_ONLY.map((path) => `./${path}`),
    message:
      'Only tidemark/browser and tidemark/service-worker reach what browsers alone have; the core is isomorphic.',
  },
  { target: './lib', from: ['./spec', './examples', './dist'], message: 'The library imports its own sources only.' },
];

export default defineConfig(
  globalIgnores(['dist/', 'examples/progress-page/dist/', 'docs/api/', 'coverage/']),

  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  rxjsX.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.js'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [
        createNodeResolver({
          extensions: ['.ts', '.js'],
          extensionAlias: { '.js': ['.ts', '.js'] },
          conditionNames: ['import', 'default'],
        }),
      ],
    },
    rules: {
      'import-x/no-default-export': 'error',
      // Of comments alone: the width of code is prettier's.
      'max-len': ['error', { code: Infinity, comments: 100, ignoreUrls: true }],
      'rxjs-x/finnish': [
        'error',
        {
          properties: true,
          functions: false,
          methods: false,
          objects: false,
          parameters: false,
          variables: false,
          strict: true,
          // A function that may return an observable is taken for one.
          names: { '^project$': false },
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreUsingDeclarations: true }],
      // `() => unsubscribe()` returns nothing on purpose.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Numbers in messages are wanted; anything else is a mistake.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `while (true)` is a loop left from its middle.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // It asks for `!`, which is forbidden here.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
    },
  },

  {
    files: ['lib/**'],
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: structure }],
      'import-x/no-extraneous-dependencies': ['error', { devDependencies: false, includeTypes: true }],
    },
  },
  {
    files: ['lib/**'],
    ignores: nodeFiles,
    rules: { 'import-x/no-nodejs-modules': 'error' },
  },
  {
    files: withoutRxjs.map((folder) => `lib/${folder}/**`),
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['rxjs', 'rxjs/*'], message: 'This folder works without RxJS (eslint.config.js).' }] },
      ],
    },
  },

  {
    files: ['spec/**/*.ts'],
    extends: [jest.configs['flat/recommended']],
    rules: {
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect*', '**.expect*', 'fc.assert', 'marbles'] }],
      'jest/consistent-test-it': ['error', { fn: 'it', withinDescribe: 'it' }],
      // With its `describe` it is one sentence, which says what holds; a row of a table is no
      // sentence.
      'jest/valid-title': [
        'error',
        {
          mustNotMatch: {
            it: [
              '^(should|works)\\b|^(never|empty|one|many|error|early unsubscribe): |[.!]$|^%\\w$|^\\$name$',
              'A title is a sentence that says what holds.',
            ],
          },
        },
      ],
      'jest/no-commented-out-tests': 'error',
      'jest/no-disabled-tests': 'error',
      // A failure says nothing but `false`.
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.name='expect'] > LogicalExpression[operator=/^(&&|\\|\\|)$/]",
          message: 'Expect each on its own, or what is left over to be nothing.',
        },
      ],
      // The commands of a fast-check model assert in their methods.
      'jest/no-standalone-expect': 'off',
      // `expect(object.method)` is fine, and jest's own version of the rule knows it.
      '@typescript-eslint/unbound-method': 'off',
      'jest/unbound-method': 'error',
    },
  },

  {
    // Plain JavaScript receives `any` (`workerData`, messages) and has no way to say what it is but
    // JSDoc casts.
    files: ['**/*.{js,cjs,mjs}'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      // These two want a type annotation.
      'rxjs-x/no-implicit-any-catch': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      // `tsc` with `checkJs` knows the globals of Node and of the web.
      'no-undef': 'off',
    },
  },
  {
    // The tools ask for one, and some packages have one.
    files: [
      '**/*.config.js',
      'spec/run/{begin,end}.js',
      'spec/drivers/mmap/say-what-is-missing.js',
      'spec/bench/tools/random-access.d.ts',
    ],
    rules: { 'import-x/no-default-export': 'off' },
  },
  {
    files: ['**/*[A-Z_]*.{ts,js}'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'Program', message: 'File names are kebab-case.' }] },
  },
);
