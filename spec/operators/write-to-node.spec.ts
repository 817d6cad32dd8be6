import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';

import { afterEach, describe, expect, it } from '@jest/globals';
import { finalize, from, lastValueFrom, type ObservableInput } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';

import { MemDriver, Resource, writeTo } from '../../lib/index.js';
import { closeAll, open, ranges, turn } from '../support/resources.js';

afterEach(closeAll);

const chunks = [Buffer.from('one '), Buffer.from('two '), Buffer.from('three')];

describe('writeTo, fed from a Node stream', () => {
  it('writes its chunks, and commits at its end', async () => {
    const resource = open();
    expect(await lastValueFrom(from(Readable.from(chunks)).pipe(writeTo(resource)))).toEqual({ start: 8, end: 13 });
    expect(Buffer.from(resource.readAll()).toString()).toBe('one two three');
  });

  it('asks for a chunk only when the one before it is written', async () => {
    const resource = open();
    const ahead: number[] = [];
    let made = 0;
    const source = new Readable({
      highWaterMark: 1,
      read() {
        ahead.push(made - resource.coveredBytes);
        made += 4;
        this.push(made <= 400 ? Buffer.alloc(4) : null);
      },
    });
    await lastValueFrom(from(source).pipe(writeTo(resource)));
    expect(ahead).toEqual(new Array(101).fill(0));
  });

  it('fails the resource with its error, and keeps what it had given', async () => {
    const resource = open();
    const source = new PassThrough();
    const written = lastValueFrom(from(source).pipe(writeTo(resource)));
    source.write('some');
    await turn();
    source.destroy(new Error('connection reset'));
    await expect(written).rejects.toThrow('connection reset');
    expect(resource.status).toEqual({ state: 'failed', reason: 'connection reset' });
    expect(ranges(resource)).toEqual([{ start: 0, end: 4 }]);
  });

  it('closes it when a write fails', async () => {
    const source = new PassThrough();
    const resource = Resource.open(new MemDriver({ capacity: 4 }));
    const written = lastValueFrom(from(source).pipe(writeTo(resource)));
    source.write('too much');
    await expect(written).rejects.toMatchObject({ code: 'CAPACITY' });
    await turn();
    expect(source.destroyed).toBe(true);
  });

  it('leaves it open when unsubscribed, until its next chunk, and `finalize` closes it, as documented', async () => {
    for (const documented of [false, true]) {
      const resource = open();
      const source = new PassThrough();
      source.write('some');
      const errors: unknown[] = [];
      const subscription = from(source)
        .pipe(writeTo(resource), documented ? finalize(() => source.destroy()) : (same) => same)
        .subscribe({ error: (error: unknown) => errors.push(error) });
      await turn();
      subscription.unsubscribe();
      await turn();
      expect([source.destroyed, resource.status.state, resource.coveredBytes]).toEqual([documented, 'active', 4]);
      if (!documented) source.write('more');
      await turn();
      // What came too late is not written.
      expect([source.destroyed, resource.coveredBytes, errors]).toEqual([true, 4, []]);
    }
  });
});

describe('writeTo, fed from a server', () => {
  it('ends the request by `fromFetch` when unsubscribed, as documented', async () => {
    let ended = (): void => undefined;
    const requestEnded = new Promise<void>((resolve) => (ended = resolve));
    const server = createServer((_, response) => {
      response.on('close', ended).write('some');
    }).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const resource = open();
      const selector = ({ body }: Response): ObservableInput<Uint8Array> => body ?? [];
      const written: unknown[] = [];
      const subscription = fromFetch(url, { selector })
        .pipe(writeTo(resource))
        .subscribe((range) => {
          written.push(range);
          subscription.unsubscribe();
        });
      await requestEnded;
      expect([written, resource.status.state]).toEqual([[{ start: 0, end: 4 }], 'active']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
