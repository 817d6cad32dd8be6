import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What apps import, by the name of the bundle that it becomes. */
export const entries = {
  resource: "export { Resource } from 'tidemark';",
  memory: "export { MemDriver, Resource } from 'tidemark';",
  window: "export { Resource, WindowDriver } from 'tidemark';",
  sync: "export { openSync } from 'tidemark/sync';",
  browser: "export { openOpfs } from 'tidemark/browser';",
  http: "export { download, rangeResponse } from 'tidemark/http';",
  store: "export { memoryBackend, Store } from 'tidemark/store';",
  remote: "export { connectView, serveView } from 'tidemark/remote';",
  remoteStore: "export { connectStore, serveStore } from 'tidemark/store';",
  sharedStore: "export { opfsBackend, shareStore } from 'tidemark/browser'; export { runStore } from 'tidemark/store';",
  serviceWorker: "import 'tidemark/service-worker';",
  /** What no browser can run. */
  node: "export { MmapDriver } from 'tidemark/node';",
};

/**
 * A new folder with the entries in it, from which this package is found by its name, as an app
 * finds it.
 */
export function makeApp() {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bundles-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'tidemark'), 'junction');
  symlinkSync(join(root, 'node_modules', 'rxjs'), join(folder, 'node_modules', 'rxjs'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, source] of Object.entries(entries)) writeFileSync(join(folder, `${name}.js`), source);
  return folder;
}
