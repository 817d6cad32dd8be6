import { opfsBackend } from 'tidemark/browser';
import { runStore } from 'tidemark/store';

/** The worker of a shared store, as its name says: what it keeps its entries in, and more. */

const { backend = 'opfs', source } = JSON.parse(self.name) as {
  /** `none`: there is no such storage; `never`: it never opens. */
  backend?: 'opfs' | 'none' | 'never';
  /** Where its own source says that keys are. */
  source?: string;
};

addEventListener('message', ({ data }) => {
  if (data === 'die') close();
});

if (backend === 'none') Object.defineProperty(navigator, 'storage', { value: undefined });
if (backend === 'never') await new Promise(() => undefined);

await runStore(opfsBackend({ path: 'songs' }), {
  ...(source !== undefined && { source: (key) => `${source}/${key}` }),
});
