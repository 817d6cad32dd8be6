import { tableOf } from '../../../../bench/tools/table.js';
import { Planner } from '../../../../../lib/http/download/plan/planner.js';
import type { VirtualPlanner } from './client.js';
import { patterns } from './patterns.js';
import type { Ranges } from './ranges.js';
import type { ServerTraits } from './server.js';
import { type Outcome, simulate } from './simulate.js';

/** One line of the table. */
export interface Row {
  readonly server: string;
  /** See {@link ServerTraits}. */
  readonly latency: number;
  readonly pattern: string;
  readonly outcome: Outcome;
}

interface Server {
  readonly name: string;
  readonly traits: ServerTraits;
  /** Which patterns are tried on it. `@default` all */
  readonly only?: RegExp;
}

const servers: readonly Server[] = [
  { name: '5 MB/s, 50 ms', traits: { bytesPerSecond: 5e6, latency: 50 } },
  { name: '50 MB/s, 10 ms', traits: { bytesPerSecond: 50e6, latency: 10 } },
  { name: '0.5 MB/s, 200 ms', traits: { bytesPerSecond: 0.5e6, latency: 200 } },
  {
    name: '5 MB/s, 50 ms, two at once',
    traits: { bytesPerSecond: 5e6, latency: 50, connections: 2 },
    only: /in turn$|readers/,
  },
];

/** Each pattern on each server; by the plan of the library if nothing else is given. */
export function measure(newPlanner: (length: number) => VirtualPlanner = libraryPlanner): Row[] {
  return servers.flatMap(({ name, traits, only = /./ }) =>
    patterns
      .filter((pattern) => only.test(pattern.name))
      .map((pattern) => ({
        server: name,
        latency: traits.latency,
        pattern: pattern.name,
        outcome: simulate(pattern, traits, newPlanner(pattern.length)),
      })),
  );
}

function libraryPlanner(length: number): VirtualPlanner {
  const planner = new Planner(Infinity, 0);
  const { pace } = planner;
  const gapsOf = (store: Ranges) => (from: number, limit: number) => store.nextGap(from, Math.min(limit, length));
  return {
    demanded: (demands, store, now) => {
      planner.demanded(demands, gapsOf(store), now);
    },
    plan: (transits, store, now) =>
      planner.plan({ transits, nextGap: gapsOf(store), end: length, concurrency: 4, chunkSize: 64 * 2 ** 20 }, now),
    answered: (milliseconds) => {
      pace.answered(milliseconds);
    },
    received: (bytes, now) => {
      pace.received(bytes, now);
    },
    rest: () => {
      pace.rest();
    },
  };
}

/** The table of `docs/http.md`. */
export function renderTable(rows: readonly Row[]): string {
  const number = (value: number): string => value.toLocaleString('en');
  const lines = rows.map(({ server, pattern, outcome }) => [
    server,
    pattern,
    number(outcome.requests),
    number(Math.round(outcome.wasted / 1024)),
    number(outcome.waited),
    number(outcome.longestWait),
    number(outcome.completeAt),
  ]);
  return tableOf([['server', 'access', 'requests', 'wasted', 'waited', 'longest', 'complete'], ...lines]);
}

/** A page with the table of these rows where it has one. */
export function renderPage(page: string, rows: readonly Row[]): string {
  const [open, close] = ['<!-- simulation -->', '<!-- / -->'];
  const [before, rest] = [page.slice(0, page.indexOf(open)), page.slice(page.indexOf(open))];
  if (!rest.startsWith(open) || !rest.includes(close)) throw new Error('The page has no place for the table.');
  return `${before}${open}\n\n${renderTable(rows)}\n\n${rest.slice(rest.indexOf(close))}`;
}
