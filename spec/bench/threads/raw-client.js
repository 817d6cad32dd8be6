// A client of HTTP in a process of its own, that takes less than any server gives: where the system
// can, it has the bytes counted and thrown away (MSG_TRUNC), instead of copying them. Told what to
// fetch, it says how many bytes came and how long it took.
import { connect as connectSocket } from 'node:net';
import koffi from 'koffi';

const MIB = 2 ** 20;

/** @typedef {{ port: number, path: string }} Wanted */
/** @typedef {{ received: number, ms: number }} Fetched */

const fetchFrom = process.platform === 'linux' ? bindSockets() : fetchByNode;

process.on(
  'message',
  (/** @type {Wanted} */ wanted) => void Promise.resolve(fetchFrom(wanted)).then((fetched) => process.send?.(fetched)),
);
process.on('disconnect', () => process.exit());
process.send?.('ready');

/** @param {Wanted} wanted */
function requestOf({ port, path }) {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
}

/** Blocking sockets of the C library. @returns {(wanted: Wanted) => Fetched} */
function bindSockets() {
  const [AF_INET, SOCK_STREAM, MSG_TRUNC] = [2, 1, 0x20];
  const library = koffi.load(null);
  const socket = library.func('int socket(int, int, int)');
  const connect = library.func('int connect(int, void *, int)');
  const send = library.func('int64_t send(int, void *, size_t, int)');
  const recv = library.func('int64_t recv(int, void *, size_t, int)');
  const close = library.func('int close(int)');
  const buffer = Buffer.alloc(MIB);
  return (wanted) => {
    const descriptor = socket(AF_INET, SOCK_STREAM, 0);
    const address = Buffer.alloc(16);
    address.writeUInt16LE(AF_INET, 0);
    address.writeUInt16BE(wanted.port, 2);
    address.set([127, 0, 0, 1], 4);
    if (connect(descriptor, address, address.length) !== 0) throw new Error('The server does not listen.');
    const begin = performance.now();
    const request = requestOf(wanted);
    send(descriptor, request, request.length, 0);
    let received = 0;
    for (let more = 1; more > 0; received += more) more = Math.max(0, Number(recv(descriptor, buffer, MIB, MSG_TRUNC)));
    const ms = performance.now() - begin;
    close(descriptor);
    return { received, ms };
  };
}

/** @param {Wanted} wanted @returns {Promise<Fetched>} */
async function fetchByNode(wanted) {
  let received = 0;
  const begin = performance.now();
  await new Promise((resolve, reject) => {
    const buffer = Buffer.alloc(MIB);
    const callback = (/** @type {number} */ length) => (received += length) >= 0;
    const socket = connectSocket({ port: wanted.port, host: '127.0.0.1', onread: { buffer, callback } });
    socket.on('close', resolve).on('error', reject).write(requestOf(wanted));
  });
  return { received, ms: performance.now() - begin };
}
