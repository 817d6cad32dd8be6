import { bundlers } from './bundlers.js';
import { entries } from './entries.js';

/**
 * `node bundle-all.js BUNDLER FOLDER` bundles the entries in the folder and prints what came of
 * each, or the message of its error.
 */

const [, , bundler = '', folder = ''] = process.argv;
/** @type {Record<string, import('./bundlers.js').Bundle | { error: string }>} */
const results = {};
for (const name of Object.keys(entries)) {
  const bundled = bundlers[bundler]?.(folder, name) ?? Promise.reject(new Error(`There is no bundler ${bundler}.`));
  results[name] = await bundled.catch((/** @type {Error} */ { message }) => ({ error: message }));
}
console.log(JSON.stringify(results));
