import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RESOURCE_FOLDERS } from '../run/resource-folders.js';

/**
 * Which of our specs run in a browser too: all of them, but for what is named here. A folder's name
 * ends with a slash.
 */

const withoutBrowser: Record<string, string> = {
  'spec/bench/': 'measures Node',
  'spec/bundles/': 'runs bundlers',
  'spec/browser/': 'starts the browser',
  'spec/cold/': "compares by Node's Buffer",
  'spec/docs/': 'reads the docs',
  'spec/drivers/mmap/': 'stores into files',
  'spec/drivers/opfs/': 'has a file system in memory; opfs.spec.ts has the real one',
  'spec/examples/': 'runs programs of Node',
  'spec/http/':
    'changes the manners of a server of its own as it goes; http.spec.ts has what is particular to browsers',
  'spec/install/': 'installs the package',
  'spec/media/': 'reads media from files',
  'spec/node/': "is about Node's http",
  'spec/remote/': "is about Node's ports: see suites/remote.ts",
  'spec/run/': 'runs jest',
  'spec/runtimes/': 'runs Bun and Deno',
  'spec/store/': 'keeps entries in folders, too: rows/ and testing/ have stores in memory',
  'spec/sync/emscripten/': 'loads ffmpeg from a file',
  'spec/drivers/memory/many-resources.spec.ts': 'has more open than a browser has addresses for: see suites/memory.ts',
  'spec/errors/messages.spec.ts': 'asks for files',
  'spec/errors/other-realms.spec.ts': "makes contexts with Node's vm",
  'spec/errors/wrong-arguments.spec.ts': 'calls all there is in Node, too',
  'spec/operators/read-chunks-memory.spec.ts': 'collects garbage',
  'spec/operators/read-chunks-memory.stress.spec.ts': 'collects garbage',
  'spec/operators/to-readable-stream-node.spec.ts': "is about Node's streams",
  'spec/operators/write-to-node.spec.ts': "is about Node's streams, and has a server",
  'spec/record/': "digests by Node's crypto",
  'spec/resource/at-exit.spec.ts': 'ends processes and threads',
  'spec/reader/keep-alive.spec.ts': 'is about what keeps a process alive',
  'spec/resource/owner-exits.spec.ts': "is about threads that hear of their end, as Node's do alone",
  'spec/sync/other-realms.spec.ts': "makes contexts with Node's vm",
  'spec/control/slow-snapshots.spec.ts': 'starts a thread and is busy at once: a browser starts none meanwhile',
  'spec/control/without-wait-async-node.spec.ts': 'starts processes, and has a server',
  'spec/control/without-wait-async-node.stress.spec.ts': 'starts processes, and has a server',
  'spec/changes/failing-actions.spec.ts': "hears of unhandled errors as Node's threads do",
  // What runs in threads of those.
  'spec/support/threads/keep-alive.js': 'is a process',
  'spec/support/threads/other-realm.js': "makes contexts with Node's vm",
  'spec/support/threads/node-owner-thread.js': 'ends by itself',
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Paths from the root of the project. */
function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file}`)
    .filter((file) => file.endsWith(ending))
    .filter((file) => !Object.keys(withoutBrowser).some((excluded) => file.startsWith(excluded)))
    .sort();
}

/** What is excluded, and is not there any more. */
export const staleExclusions = Object.keys(withoutBrowser).filter((path) => !existsSync(join(ROOT, path)));
const specs = filesOf('spec', '.spec.ts');
export const stressSpecs = specs.filter((file) => file.endsWith('.stress.spec.ts'));
export const coreSpecs = specs.filter((file) => !stressSpecs.includes(file));
/** What a resource promises, over whichever driver. */
export const resourceSpecs = coreSpecs.filter((file) =>
  RESOURCE_FOLDERS.some((folder) => file.startsWith(`${folder}/`)),
);
/** What runs in the threads of those, each loaded by its address. */
export const threadFixtures = [...filesOf('spec/support/threads', '.js'), 'spec/errors/damaged-memory.js'];
