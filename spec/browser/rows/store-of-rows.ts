import { memoryBackend, Store } from 'tidemark/store';

/** What a page with rows has for the spec that looks at it, as `rows`. */
export interface Rows {
  /** How often each row was rendered, by its key. */
  readonly renders: Readonly<Record<string, number>>;
  /** How often different parts of the page showed different states at the same time. */
  readonly torn: number;
  /** How often those parts were looked at. */
  readonly looks: number;
  /** Downloads an entry; resolves once all of it is there. */
  load(key: string): Promise<void>;
  /** Changes something else of an entry. */
  rename(key: string, title: string): Promise<void>;
}

declare global {
  /** In the page only. */
  var rows: Rows;
}

/** The entry that is downloaded. */
export const LOADING = 'row 500';
const COUNT = 1000;

/** A store with a thousand entries, one of which is to be downloaded. */
export async function openStoreOfRows(): Promise<Store> {
  const store = await Store.open(memoryBackend(), { source: () => new URL('/song.flac', location.href) });
  for (let row = 0; row < COUNT; row++) {
    const key = `row ${row}`;
    using lease = await store.acquire(key);
    if (key !== LOADING) lease.resource?.writeAll(new Uint8Array(10));
  }
  return store;
}

/** What both pages do on request. */
export function actionsOn(store: Store): Pick<Rows, 'load' | 'rename'> {
  return {
    load: async (key) => {
      const complete = new Promise<void>((resolve) => {
        store.entry$(key).subscribe((entry) => {
          if (entry?.state === 'complete') resolve();
        });
      });
      await store.download(key);
      await complete;
      await new Promise((resolve) => setTimeout(resolve, 100)); // what was emitted last is shown
    },
    rename: (key, title) => store.update(key, { metadata: { title } }),
  };
}
