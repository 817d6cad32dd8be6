import { parentPort } from 'node:worker_threads';
import vm from 'node:vm';
import { MemDriver, Resource } from 'tidemark';

/**
 * Loads the built library into another realm of this thread, and blocks there on a resource of this
 * one. In a thread of its own: were it not recognised, nothing would ever wake it.
 *
 * @param {Record<string, unknown>} globals - what the other realm is given
 */
async function codeInOtherRealm(globals) {
  const context = vm.createContext(globals);
  /** @type {Map<string, vm.SourceTextModule>} */
  const modules = new Map();
  const { readFileSync } = await import('node:fs');
  /** @param {string} url */
  const load = (url) => {
    const known = modules.get(url);
    if (known !== undefined) return known;
    const module = new vm.SourceTextModule(readFileSync(new URL(url), 'utf8'), { context, identifier: url });
    modules.set(url, module);
    return module;
  };
  /** @param {string} specifier @param {vm.Module} referrer */
  const link = async (specifier, referrer) => {
    if (specifier.startsWith('.')) return load(new URL(specifier, referrer.identifier).href);
    const outside = await import(specifier);
    const names = Object.keys(outside);
    return new vm.SyntheticModule(
      names,
      function () {
        for (const name of names) this.setExport(name, outside[name]);
      },
      { context },
    );
  };
  const sync = load(import.meta.resolve('tidemark/sync'));
  await sync.link(link);
  await sync.evaluate();
  const resource = Resource.open(new MemDriver());
  const reader = /** @type {any} */ (sync.namespace).openSync(resource.createPort().handle);
  try {
    return reader.waitRange({ start: 0, end: 1 });
  } catch (error) {
    return /** @type {any} */ (error).code;
  } finally {
    resource.close();
  }
}

parentPort?.postMessage({
  asJestDoes: await codeInOtherRealm({ process: { ...process }, performance }),
  bare: await codeInOtherRealm({ performance }),
});
