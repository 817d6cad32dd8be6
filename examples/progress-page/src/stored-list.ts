// The songs that are stored: in the order in which they were added, so that no row moves.

import { map, type Observable } from 'rxjs';
import type { SongStore } from './open-store.js';
import { element } from './page.js';
import { storedRow, type StoredRow } from './stored-row.js';

/** @param open$ - the key of the song that is shown; replays */
export function showStored(store: SongStore, open$: Observable<string | undefined>, open: (key: string) => void): void {
  const list = element('stored');
  const rows = new Map<string, StoredRow>();
  const addedAt = (key: string): number => store.entry(key)?.metadata.addedAt ?? 0;

  store.keys$.subscribe((keys) => {
    for (const [key, row] of rows) {
      if (keys.includes(key)) continue;
      rows.delete(key);
      leave(row.item);
      row.remove();
    }
    const ordered = keys.toSorted((a, b) => addedAt(a) - addedAt(b));
    ordered.forEach((key, index) => {
      const row =
        rows.get(key) ?? storedRow(store, key, open$.pipe(map((current) => current === key)), () => open(key));
      rows.set(key, row);
      if (list.children[index] !== row.item) list.insertBefore(row.item, list.children[index] ?? null);
    });
    element('nothing-stored').hidden = keys.length > 0;
  });
}

/** The focus of a row that goes is its neighbour's; that of the last one the title's. */
function leave(item: HTMLElement): void {
  if (!item.contains(document.activeElement)) return;
  const neighbour = item.nextElementSibling ?? item.previousElementSibling;
  (neighbour?.querySelector<HTMLElement>('.open') ?? element('stored-title')).focus();
}
