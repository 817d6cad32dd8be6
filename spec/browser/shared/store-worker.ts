import { opfsBackend } from 'tidemark/browser';
import { runStore } from 'tidemark/store';

/** The worker of a shared store, as its name says: what it keeps its entries in, and more. */

const { backend = 'opfs', source } = JSON.parse(self.name) as {
  /**
   * `none`: there is no such storage; `never`: it never opens; `full`: what is to be made durable
   * at its end cannot be; `dies`: the worker does, at that.
   */
  backend?: 'opfs' | 'none' | 'never' | 'full' | 'dies';
  /** Where its own source says that keys are. */
  source?: string;
};

addEventListener('message', ({ data }) => {
  if (data === 'die') close();
});

if (backend === 'none') Object.defineProperty(navigator, 'storage', { value: undefined });
if (backend === 'never') await new Promise(() => undefined);

const songs = opfsBackend({ path: 'songs' });
const closeSongs = songs.close.bind(songs);
if (backend === 'full') songs.close = () => closeSongs().then(() => Promise.reject(new Error('The disk is full.')));
if (backend === 'dies') songs.close = () => new Promise(() => close());

await runStore(songs, {
  ...(source !== undefined && { source: (key) => `${source}/${key}` }),
});
