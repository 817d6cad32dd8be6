// What all songs take, and where they are kept.

import { combineLatest } from 'rxjs';
import { bytesText } from './format.js';
import type { OpenedStore } from './open-store.js';
import { element, setAttribute, write } from './page.js';

export function showUsage({ store, keptIn, reason }: OpenedStore): void {
  const kept = element('kept');
  setAttribute(kept, 'data-kept', keptIn);
  write(kept, keptIn === 'files' ? KEPT.files : `${KEPT[keptIn]} ${reason}`);
  combineLatest([store.keys$, store.usage$]).subscribe(([{ length }, { bytes, maxBytes = Infinity }]) => {
    const songs = length === 1 ? '1 song' : `${length} songs`;
    write(element('usage'), `${songs} · ${bytesText(bytes)} of ${bytesText(maxBytes)}`);
    element('used').style.setProperty('--share', String(bytes / maxBytes));
  });
}

const KEPT = {
  files: 'Kept by this browser, for all tabs: a reload, or another day, finds them here.',
  tabs: 'Kept in memory, until the last tab with this page is closed.',
  tab: 'Kept in memory, until this tab is closed.',
};
