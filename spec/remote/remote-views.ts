import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach } from '@jest/globals';
import type { ResourceView } from '../../lib/index.js';
import { connectView, type RemoteView, type ServedView, serveView } from '../../lib/remote.js';

const open: MessagePort[] = [];

afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** Two ends of a channel, which are closed after the test. */
export function channel(): [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  return [port1, port2];
}

/** A view of `view`, by way of a channel. */
export async function remote(view: ResourceView, name?: string): Promise<{ served: ServedView; view: RemoteView }> {
  const [one, other] = channel();
  const served = serveView(view, one);
  return { served, view: await connectView(other, { name }) };
}

/** Resolves once `holds` does; what is tested has to make it so. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}
