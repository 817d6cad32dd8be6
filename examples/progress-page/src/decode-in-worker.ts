import { Observable } from 'rxjs';
import { attachReader, ownerGone, type ReaderHandle, type Resource, type ResourceReader } from 'tidemark';
import type { WorkerMessage } from './decode-worker.js';
import type { Decoder, DecoderEvent } from './decoder.js';

/**
 * A thread of its own, which blocks where bytes of `resource` are missing. The page reads its
 * samples out of shared memory.
 */
export function decodeInWorker(resource: Resource): Decoder {
  const port = resource.createPort({ name: 'decoder' });
  const events$ = new Observable<DecoderEvent>((subscriber) => {
    let samples: { handle: ReaderHandle; reader: ResourceReader } | undefined;
    const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), { type: 'module', name: 'decoder' });
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.type === 'format') {
        samples = { handle: data.samples, reader: attachReader(data.samples) };
        subscriber.next({ ...data, samples: samples.reader });
      } else subscriber.next(data);
    };
    worker.onerror = ({ message }) => {
      subscriber.next({ type: 'failed', message: message || 'The worker could not be loaded.' });
    };
    worker.postMessage(port.handle);
    return () => {
      worker.terminate(); // also where it blocks; it owned the samples, and can tell nobody
      if (samples) ownerGone(samples.handle);
      samples?.reader.close();
      port.close();
    };
  });
  return { events$, seek: (sample) => port.interrupt(sample) };
}
