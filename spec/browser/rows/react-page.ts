import {
  createElement,
  memo,
  type ReactNode,
  startTransition,
  StrictMode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import { createRoot } from 'react-dom/client';
import type { StoreEntry } from 'tidemark/store';
import { actionsOn, LOADING, openStoreOfRows } from './store-of-rows.js';

/** A thousand rows in React: each shows an entry of a store. */

const store = await openStoreOfRows();
const renders: Record<string, number> = {};
const cells = { torn: 0, looks: 0 };
const CELLS = 50;

function useEntry(key: string): StoreEntry | undefined {
  const subscribe = useCallback(
    (changed: () => void) => {
      const subscription = store.entry$(key).subscribe(changed);
      return () => {
        subscription.unsubscribe();
      };
    },
    [key],
  );
  return useSyncExternalStore(subscribe, () => store.entry(key));
}

const Row = memo(function Row({ name }: { readonly name: string }): ReactNode {
  const entry = useEntry(name);
  renders[name] = (renders[name] ?? 0) + 1;
  const title = String(entry?.metadata.title ?? name);
  return createElement('li', {}, `${title}: ${entry?.coveredBytes} of ${entry?.expectedLength}`);
});

function List(): ReactNode {
  const subscribe = useCallback((changed: () => void) => {
    const subscription = store.keys$.subscribe(changed);
    return () => {
      subscription.unsubscribe();
    };
  }, []);
  const keys = useSyncExternalStore(subscribe, () => store.keys);
  return createElement(
    'ul',
    {},
    keys.map((key) => createElement(Row, { key, name: key })),
  );
}

/** Takes so long to render that React lets others run before all of them are. */
function Cell({ turn }: { readonly turn: number }): ReactNode {
  const entry = useEntry(LOADING);
  for (const since = performance.now(); performance.now() < since + 0.4;);
  return createElement('b', { 'data-turn': turn }, String(entry?.coveredBytes));
}

/** Renders cells that show the same entry again and again, and looks whether they agree. */
function Cells(): ReactNode {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      startTransition(() => {
        setTurn((before) => before + 1);
      });
    }, 50);
    return () => {
      clearInterval(timer);
    };
  }, []);
  useLayoutEffect(() => {
    const shown = new Set(Array.from(document.querySelectorAll('b'), ({ textContent }) => textContent));
    cells.looks += 1;
    if (shown.size > 1) cells.torn += 1;
  });
  return Array.from({ length: CELLS }, (_, key) => createElement(Cell, { key, turn }));
}

const root = document.body.appendChild(document.createElement('main'));
createRoot(root).render(createElement(StrictMode, {}, createElement(Cells), createElement(List)));
globalThis.rows = {
  renders,
  ...actionsOn(store),
  get torn() {
    return cells.torn;
  },
  get looks() {
    return cells.looks;
  },
};
