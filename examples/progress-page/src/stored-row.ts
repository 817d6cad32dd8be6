// A row of the list: one song, what there is of it, and what can be done with it.

import { distinctUntilChanged, filter, fromEvent, type Observable, Subscription } from 'rxjs';
import { remove, toggleDownload, togglePin } from './actions.js';
import { type DownloadState, downloadState, isUnderWay } from './download-state.js';
import { bytesText, percentText } from './format.js';
import type { SongStore } from './open-store.js';
import { element, setAttribute, write } from './page.js';
import { nameOf, type SongEntry } from './songs.js';

export interface StoredRow {
  readonly item: HTMLElement;
  /** Removes it. */
  remove(): void;
}

/**
 * Makes a row, which follows its entry.
 *
 * @param isOpen$ - whether its song is the one that is shown
 */
export function storedRow(store: SongStore, key: string, isOpen$: Observable<boolean>, open: () => void): StoredRow {
  const item = element('stored-row', HTMLTemplateElement).content.firstElementChild?.cloneNode(true) as HTMLElement;
  const parts = partsOf(item);
  const subscription = new Subscription();
  const on = (button: HTMLElement, act: () => unknown): void => {
    subscription.add(fromEvent(button, 'click').subscribe(act));
  };
  on(parts.open, open);
  on(parts.pin, () => togglePin(store, key));
  on(parts.pause, () => {
    const entry = store.entry(key);
    return entry && toggleDownload(store, key, downloadState(entry));
  });
  on(parts.remove, () => remove(store, key));

  const name = nameOf(key);
  write(parts.name, name);
  setAttribute(parts.open, 'title', key);
  setAttribute(parts.pin, 'aria-label', `Pin ${name}`);
  setAttribute(parts.remove, 'aria-label', `Remove ${name}`);
  subscription.add(
    store
      .entry$(key)
      .pipe(filter((entry) => entry !== undefined))
      .subscribe((entry) => show(parts, name, entry)),
  );
  subscription.add(
    isOpen$
      .pipe(distinctUntilChanged())
      .subscribe((isOpen) => setAttribute(parts.open, 'aria-current', String(isOpen))),
  );
  return {
    item,
    remove: () => {
      subscription.unsubscribe();
      item.remove();
    },
  };
}

type Parts = Readonly<Record<'open' | 'name' | 'size' | 'filled' | 'state', HTMLElement>> &
  Readonly<Record<'pin' | 'pause' | 'remove', HTMLButtonElement>>;

/** By their classes. */
function partsOf(item: HTMLElement): Parts {
  const names = ['open', 'name', 'size', 'filled', 'state', 'pin', 'pause', 'remove'];
  return Object.fromEntries(names.map((name) => [name, item.querySelector(`.${name}`)])) as unknown as Parts;
}

function show(parts: Parts, name: string, entry: SongEntry): void {
  const { coveredBytes, expectedLength, pinned, download } = entry;
  const state = downloadState(entry);
  const share = state.name === 'complete' ? 1 : coveredBytes / Math.max(1, expectedLength ?? Infinity);
  write(parts.size, bytesText(expectedLength ?? coveredBytes));
  parts.filled.style.setProperty('--share', String(share));
  write(parts.state, state.name === 'complete' ? 'complete' : `${percentText(share)} · ${stateText(state, download)}`);
  setAttribute(parts.state, 'data-bad', String(state.name === 'failed'));
  setAttribute(parts.state, 'title', state.name === 'failed' ? state.message : '');
  setAttribute(parts.pin, 'aria-pressed', String(pinned));
  const action = isUnderWay(state) ? 'Pause' : state.name === 'failed' ? 'Retry' : 'Resume';
  write(parts.pause, state.name === 'complete' ? 'Pause' : action);
  setAttribute(parts.pause, 'aria-label', `${parts.pause.textContent} ${name}`);
  parts.pause.disabled = state.name === 'complete';
}

function stateText({ name }: DownloadState, download: SongEntry['download']): string {
  switch (name) {
    case 'running':
      return `${bytesText(download?.bytesPerSecond ?? 0)}/s`;
    case 'queued':
      return 'waits for room';
    case 'retrying':
      return 'tries again';
    case 'stopped':
      return 'paused';
    default:
      return name;
  }
}
