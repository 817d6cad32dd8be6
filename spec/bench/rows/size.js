import { bundleSize } from '../tools/bundle-size.js';

/** @import { Row } from '../tools/row.js' */

/** What `import { Resource } from 'tidemark'` brings into an app. */
const CORE = "export { Resource } from 'tidemark';";

/** @type {Row[]} */
export const sizeRows = [
  {
    // The index of waits is a package of its own, as RxJS is: an app that has it, has it once.
    id: 'size',
    what: 'core (`Resource`): minified, brotli-compressed, without rxjs, node-interval-tree',
    unit: 'bytes',
    budget: 13_000,
    measure: async () => ({ figure: await bundleSize(CORE, ['rxjs', 'node-interval-tree']) }),
  },
  {
    // Not what the contract allows, but what is reached: it must not grow unseen.
    id: 'size-whole',
    what: 'the same, with node-interval-tree',
    unit: 'bytes',
    budget: 15_200,
    measure: async () => ({ figure: await bundleSize(CORE, ['rxjs']) }),
  },
  {
    id: 'size-used',
    what: 'Resource, MemDriver, isStorageError, with node-interval-tree',
    unit: 'bytes',
    measure: async () => ({
      figure: await bundleSize("export { Resource, MemDriver, isStorageError } from 'tidemark';", ['rxjs']),
    }),
  },
  {
    id: 'size-all',
    what: 'all of `tidemark`, with node-interval-tree',
    unit: 'bytes',
    measure: async () => ({ figure: await bundleSize("export * from 'tidemark';", ['rxjs']) }),
  },
  {
    id: 'size-sync',
    what: '`tidemark/sync`; minified, brotli-compressed',
    unit: 'bytes',
    measure: async () => ({ figure: await bundleSize("export * from 'tidemark/sync';", ['rxjs']) }),
  },
];
