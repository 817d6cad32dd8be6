import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { sendRangeResponse, toNodeReadable } from 'tidemark/node';
import { newResource } from '../http/fixtures.js';
import { filled } from '../support/bytes.js';
import { untilDemandedAt } from '../support/demands-of.js';
import { range } from '../support/range.js';

describe('neededBy', () => {
  it('of sendRangeResponse orders what a client of http waits for', async () => {
    const resource = newResource();
    resource.expectedLength = 4;
    const server = createServer((request, response) => {
      void sendRangeResponse(resource, request, response, { neededBy: 1000 });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const request = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false });
    const demands = await untilDemandedAt(resource, 0);
    expect(demands.map(({ neededBy }) => neededBy)).toEqual([1000]);
    resource.writeAt(0, filled(4));
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
    server.close();
  });

  it('of toNodeReadable is that of its stream', async () => {
    const resource = newResource();
    const read = toNodeReadable(resource, range(2, 4), { neededBy: (offset) => 1000 + offset }).toArray();
    const demands = await untilDemandedAt(resource, 2);
    expect(demands.map(({ neededBy }) => neededBy)).toEqual([1002]);
    resource.writeAt(0, filled(4));
    expect(await read).toHaveLength(1);
  });
});
