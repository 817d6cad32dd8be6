import { afterEach, describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';
import { download, type DownloadOptions, type DownloadProgress } from '../../../lib/http.js';
import type { Resource } from '../../../lib/index.js';
import { bytes } from '../../support/bytes.js';
import { coded, marbles } from '../../support/marbles.js';
import { range } from '../../support/range.js';
import { closeAll, closed, committed, failed, open, turn } from '../../support/resources.js';

afterEach(closeAll);

const SONG = 'http://127.0.0.1/song.flac';
const STATES = {
  q: 'requesting',
  i: 'idle',
  k: 'committed',
  x: 'closed',
  d: 'complete',
} satisfies Record<string, DownloadProgress['state']>;

/** A fetch that never answers, and how many requests it is asked for and told to abort. */
function silentFetch(): { fetch: typeof fetch; requests: { made: number; aborted: number } } {
  const requests = { made: 0, aborted: 0 };
  const fetch: typeof globalThis.fetch = (_, init) => {
    requests.made += 1;
    init?.signal?.addEventListener('abort', () => (requests.aborted += 1));
    return new Promise(() => undefined);
  };
  return { fetch, requests };
}

/** What a download says that it does, and the code that it ends with. */
function states(resource: Resource, options: DownloadOptions = {}): Observable<string> {
  return coded(download(resource, SONG, { fetch: silentFetch().fetch, ...options }).pipe(map(({ state }) => state)));
}

/**
 * In virtual time, in which no promise settles: so no request is made, and no content is kept
 * durably. What comes by requests is tested with real servers, in the other specs of this folder.
 */
describe('the observable of a download', () => {
  it('makes no request before it is subscribed to, and aborts what it has made when it is unsubscribed from', async () => {
    const { fetch, requests } = silentFetch();
    const resource = open();
    const states$ = states(resource, { fetch });
    await turn();
    expect(requests).toEqual({ made: 0, aborted: 0 });
    const subscription = states$.subscribe();
    await turn();
    expect(requests).toEqual({ made: 1, aborted: 0 });
    subscription.unsubscribe();
    expect(requests).toEqual({ made: 1, aborted: 1 });
    expect(resource.status.state).toBe('active');
  });

  it('says at once that it requests, and nothing more while nothing comes', () => {
    marbles(({ expectLogged }) => {
      expectLogged(states(open()), '--^----!').toBe('--q', '--^----!', STATES);
    });
  });

  it('is one download for each subscription: a second one errors while the first is running', () => {
    marbles(({ expectLogged }) => {
      const states$ = states(open());
      expectLogged(states$, '^----!').toBe('q', '^----!', STATES);
      expectLogged(states$, '--^').toBe('--#', '--(^!)', STATES, 'INVALID_ARGUMENT');
      expectLogged(states$, '------^-!').toBe('------q', '------^-!', STATES);
    });
  });

  it('emits once, completes and makes no request where all is there', async () => {
    const { fetch, requests } = silentFetch();
    const partial = open({ identity: '"v1"' });
    partial.writeAt(0, bytes(3));
    marbles(({ expectLogged }) => {
      expectLogged(states(committed(), { fetch }), '-^').toBe('-(k|)', '-(^!)', STATES);
      expectLogged(states(partial, { fetch, commit: false, range: range(0, 3) })).toBe('(d|)', '(^!)', STATES);
      expectLogged(states(open(), { fetch, commit: false, range: range(5, 5) })).toBe('(d|)', '(^!)', STATES);
    });
    await turn();
    expect(requests.made).toBe(0);
  });

  it('errors at once, and makes no request, where the resource is closed or the signal was aborted before', async () => {
    const { fetch, requests } = silentFetch();
    marbles(({ expectLogged }) => {
      expectLogged(states(closed(), { fetch })).toBe('#', '(^!)', STATES, 'CLOSED');
      expectLogged(states(open(), { fetch, signal: AbortSignal.abort() })).toBe('#', '(^!)', STATES, 'CANCELLED');
    });
    await turn();
    expect(requests.made).toBe(0);
  });

  it('completes when the resource is closed, or committed by somebody else', () => {
    marbles(({ expectLogged, at }) => {
      const [one, other] = [open(), open()];
      expectLogged(states(one, { commit: false })).toBe('q--(x|)', '^--!', STATES);
      expectLogged(states(other, { commit: false })).toBe('q----(k|)', '^----!', STATES);
      at('---c-k', { c: () => one.close(), k: () => other.writeAll(bytes(1)) });
    });
  });

  it('errors when the resource is failed or cancelled, and when its signal is aborted', () => {
    const [owner, caller] = [new AbortController(), new AbortController()];
    const [one, other, third] = [open(), open({ signal: owner.signal }), open()];
    marbles(({ expectLogged, at }) => {
      expectLogged(states(one)).toBe('q#', '^!', STATES, 'FAILED');
      expectLogged(states(other)).toBe('q--#', '^--!', STATES, 'CANCELLED');
      expectLogged(states(third, { signal: caller.signal })).toBe('q----#', '^----!', STATES, 'CANCELLED');
      at('-f-o-c', { f: () => one.fail('no route'), o: () => owner.abort(), c: () => caller.abort() });
    });
    expect(third.status.state).toBe('active');
  });

  it('reactivates a failed resource when it is subscribed to, and not before', () => {
    const resource = failed();
    const found: string[] = [];
    marbles(({ expectLogged, at }) => {
      expectLogged(states(resource), '--^-!').toBe('--q', '--^-!', STATES);
      const look = (): unknown => found.push(resource.status.state);
      at('-a-b', { a: look, b: look });
    });
    expect(found).toEqual(['failed', 'active']);
  });

  it('says that it idles where nothing is to be read ahead, and that it requests when somebody waits', () => {
    marbles(({ expectLogged, at }) => {
      const resource = open();
      expectLogged(states(resource, { readAhead: 0 }), '^------!').toBe('i--q', '^------!', STATES);
      at('---a', { a: () => resource.waitRange(range(10, 20)).subscribe({ error: () => undefined }) });
    });
  });
});
