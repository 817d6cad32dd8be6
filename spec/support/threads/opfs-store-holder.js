import { opfsBackend } from 'tidemark/browser';
import { Store } from 'tidemark/store';

/** Opens a store, writes into it, and has it open until this thread is ended. */

const path = new URL(location.href).searchParams.get('path') ?? '';
const store = await Store.open(opfsBackend({ path }));
const { resource } = await store.acquire('song', { url: 'http://nowhere.invalid/' });
for (let at = 0; at < 3 * 2 ** 24; at += 2 ** 22) {
  resource?.writeAt(at, new Uint8Array(2 ** 22).fill(at / 2 ** 22));
  await resource?.checkpoint();
}
postMessage('open');
