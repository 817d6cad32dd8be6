import { afterEach, describe, expect, it } from '@jest/globals';
import { map, type Observable, Subscription } from 'rxjs';
import { type ActiveDownload, type DownloadOptions, Downloader, type DownloadPriority } from '../../../lib/http.js';
import { bytes } from '../../support/bytes.js';
import { type Marbles, marbles } from '../../support/marbles.js';
import { closeAll, committed, open } from '../../support/resources.js';

afterEach(closeAll);

/** A download in virtual time, in which no promise settles: its request stays queued. */
function begin(downloader: Downloader, priority: DownloadPriority, resource = open()): Subscription {
  const options: DownloadOptions & { priority: DownloadPriority } = {
    priority,
    commit: false,
    fetch: () => new Promise(() => undefined),
  };
  return downloader.download(resource, 'http://127.0.0.1/song.flac', options).subscribe({ error: () => undefined });
}

/** Which downloads there are, in their order: of each its priority, and what it does. */
function told({ downloads$ }: Downloader): Observable<string> {
  return downloads$.pipe(
    map((downloads) => downloads.map(({ priority, progress }) => `${priority} ${progress.state}`).join(', ')),
  );
}

/** Expects of `downloads$` what it emits to who subscribes and unsubscribes so. */
function expectDownloads(
  { expectLogged }: Marbles,
  downloader: Downloader,
  subscription: string,
): { toBe(marbles: string, values: Record<string, string>): void } {
  return {
    toBe(frames, values) {
      expectLogged(told(downloader), subscription).toBe(frames, subscription, values);
    },
  };
}

describe('the downloads$ of a downloader', () => {
  it('emits at once that there is no download, and neither completes nor errors', () => {
    marbles((helpers) => {
      expectDownloads(helpers, new Downloader(), '-^---!').toBe('-e', { e: '' });
    });
  });

  it('emits when a download comes and when it goes', () => {
    marbles((helpers) => {
      const downloader = new Downloader();
      expectDownloads(helpers, downloader, '^--------!').toBe('e-a-b-c-e', {
        e: '',
        a: 'prefetch queued',
        b: 'prefetch queued, playback queued',
        c: 'playback queued',
      });
      let [first, second] = [Subscription.EMPTY, Subscription.EMPTY];
      helpers.at('--a-b-c-d', {
        a: () => (first = begin(downloader, 'prefetch')),
        b: () => (second = begin(downloader, 'playback')),
        c: () => first.unsubscribe(),
        d: () => second.unsubscribe(),
      });
    });
  });

  it('emits once for all that changes in one turn', () => {
    marbles((helpers) => {
      const downloader = new Downloader();
      const both = 'playback queued, background queued';
      expectDownloads(helpers, downloader, '^-----!').toBe('e-b--e', { e: '', b: both });
      const begun: Subscription[] = [];
      helpers.at('--a--b', {
        a: () => begun.push(begin(downloader, 'playback'), begin(downloader, 'background')),
        b: () => {
          for (const download of begun) download.unsubscribe();
        },
      });
    });
  });

  it('emits when a download is given another priority, or does something else', () => {
    marbles((helpers) => {
      const downloader = new Downloader();
      begin(downloader, 'prefetch');
      let active: readonly ActiveDownload[] = [];
      downloader.downloads$.subscribe((downloads) => (active = downloads));
      expectDownloads(helpers, downloader, '^-------!').toBe('a-b-c-a', {
        a: 'prefetch queued',
        b: 'playback queued',
        c: 'playback paused',
      });
      const give = (priority: DownloadPriority): void => {
        for (const download of active) download.priority = priority;
      };
      helpers.at('--a-b-c', {
        a: () => give('playback'),
        b: () => downloader.pause(),
        c: () => {
          downloader.resume();
          give('prefetch');
        },
      });
    });
  });

  it('tells at once how it is now who subscribes late, or again', () => {
    marbles((helpers) => {
      const downloader = new Downloader();
      helpers.at('--a', { a: () => begin(downloader, 'playback') });
      const values = { e: '', a: 'playback queued' };
      expectDownloads(helpers, downloader, '^!').toBe('e', values);
      expectDownloads(helpers, downloader, '-----^-!').toBe('-----a', values);
      expectDownloads(helpers, downloader, '------^-!').toBe('------a', values);
    });
  });

  it('emits that a download is gone when it completes or errors', () => {
    marbles((helpers) => {
      const downloader = new Downloader();
      const [one, other] = [open(), open()];
      begin(downloader, 'playback', one);
      begin(downloader, 'prefetch', other);
      expectDownloads(helpers, downloader, '^-----!').toBe('a-b-e', {
        a: 'playback queued, prefetch queued',
        b: 'prefetch queued',
        e: '',
      });
      helpers.at('--a-b', { a: () => one.writeAll(bytes(1)), b: () => other.fail('no route') });
    });
  });

  it('never has a download that is not subscribed to, or ends at once', () => {
    marbles((helpers) => {
      const downloader = new Downloader();
      const seen: number[] = [];
      downloader.downloads$.subscribe(({ length }) => seen.push(length));
      downloader.download(open(), 'http://127.0.0.1/song.flac');
      helpers.at('--a', { a: () => begin(downloader, 'playback', committed()) });
      helpers.flush();
      expect(seen).toEqual([0, 0]);
    });
  });

  it('has one object for each download, which stays the same and says how it is now', () => {
    marbles((helpers) => {
      const downloader = new Downloader();
      const seen = new Set<ActiveDownload>();
      downloader.downloads$.subscribe((downloads) => {
        for (const download of downloads) seen.add(download);
      });
      helpers.at('--a-b', { a: () => begin(downloader, 'playback'), b: () => downloader.pause() });
      helpers.flush();
      expect([...seen].map(({ progress }) => progress.state)).toEqual(['paused']);
    });
  });
});
