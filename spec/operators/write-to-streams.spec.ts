import { afterEach, describe, expect, it } from '@jest/globals';
import { finalize, from, lastValueFrom, type ObservableInput } from 'rxjs';

import { writeTo } from '../../lib/index.js';
import { closeAll, open, ranges, turn } from '../support/resources.js';

afterEach(closeAll);

/** A web stream as RxJS sees it in a browser whose streams are no async iterables. */
function withoutAsyncIterator(stream: ReadableStream<Uint8Array>): ObservableInput<Uint8Array> {
  return { getReader: () => stream.getReader() } as unknown as ObservableInput<Uint8Array>;
}

/** A web stream that one can write into, and what became of it. */
function idleStream(): {
  stream: ReadableStream<Uint8Array>;
  enqueue: (chunk: Uint8Array) => void;
  cancelled: () => boolean;
} {
  let cancelled = false;
  let control: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      control = controller;
      controller.enqueue(new Uint8Array(3));
    },
    cancel: () => {
      cancelled = true;
    },
  });
  return { stream, enqueue: (chunk) => control?.enqueue(chunk), cancelled: () => cancelled };
}

describe('writeTo, fed from a web stream', () => {
  it.each<[string, (stream: ReadableStream<Uint8Array>) => ObservableInput<Uint8Array>]>([
    ['that is an async iterable', (stream) => stream],
    ['that is none', withoutAsyncIterator],
  ])('asks for a chunk only when the one before it is written: one %s', async (_, wrap) => {
    const resource = open();
    const ahead: number[] = [];
    let made = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          ahead.push(made - resource.coveredBytes);
          made += 4;
          if (made <= 400) controller.enqueue(new Uint8Array(4));
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    await lastValueFrom(from(wrap(source)).pipe(writeTo(resource)));
    expect(ahead).toEqual(new Array(101).fill(0));
    expect(resource.length).toBe(400);
  });

  it('fails the resource with its error, and keeps what it had given', async () => {
    const resource = open();
    const source = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (resource.coveredBytes === 0) controller.enqueue(new Uint8Array(4));
          else controller.error(new Error('connection reset'));
        },
      },
      { highWaterMark: 0 },
    );
    const written = lastValueFrom(from<ObservableInput<Uint8Array>>(source).pipe(writeTo(resource)));
    await expect(written).rejects.toThrow('connection reset');
    expect(resource.status).toEqual({ state: 'failed', reason: 'connection reset' });
    expect(ranges(resource)).toEqual([{ start: 0, end: 4 }]);
  });

  it.each<[string, (stream: ReadableStream<Uint8Array>) => ObservableInput<Uint8Array>, boolean]>([
    ['cancels it then, where it is an async iterable', (stream) => stream, true],
    ['only unlocks it then, where it is none', withoutAsyncIterator, false],
  ])('leaves it locked when unsubscribed, until its next chunk, and %s', async (_, wrap, cancels) => {
    const resource = open();
    const { stream, enqueue, cancelled } = idleStream();
    const subscription = from(wrap(stream)).pipe(writeTo(resource)).subscribe();
    await turn();
    subscription.unsubscribe();
    await turn();
    expect([cancelled(), stream.locked]).toEqual([false, true]);
    enqueue(new Uint8Array(3));
    await turn();
    expect([cancelled(), stream.locked, resource.coveredBytes]).toEqual([cancels, false, 3]);
  });

  it('has it cancelled by a signal at once, as documented', async () => {
    const resource = open();
    const { stream, cancelled } = idleStream();
    const abort = new AbortController();
    const errors: unknown[] = [];
    const source = stream.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal: abort.signal });
    const subscription = from<ObservableInput<Uint8Array>>(source)
      .pipe(
        writeTo(resource),
        finalize(() => abort.abort()),
      )
      .subscribe({ error: (error: unknown) => errors.push(error) });
    await turn();
    expect(resource.coveredBytes).toBe(3);
    subscription.unsubscribe();
    await turn();
    expect([cancelled(), resource.status.state, errors]).toEqual([true, 'active', []]);
  });
});
