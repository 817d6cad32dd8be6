import { isSameBytes, type Sha256 } from '../record/record-codec.js';
import type { EntryRecord, Intent, Metadata } from './entry-record.js';

/**
 * The format of the record of an entry: text of three lines.
 *
 * | line | |
 * |---|---|
 * | 1 | `tidemark entry 1`, the last word being the version of the format |
 * | 2 | SHA-256 of everything behind this line, in lower-case hexadecimal |
 * | 3 | JSON: `key`, `group`, `contentType`, `metadata`, `validatedAt`, `pinned`, `intent` … |
 *
 * What is undefined is missing in the JSON. Lone surrogates of a key are escaped there, so that
 * each key is distinct. The digest is checked before the version: so a record of a newer version
 * can be distinguished from a damaged one.
 */
const MAGIC = 'tidemark entry ';
const VERSION = '1';
const ENCODER = new TextEncoder();
const DIGEST = /^[0-9a-f]{64}$/;

/** Why a record cannot be used. */
export interface RefusedEntry {
  readonly reason: 'damaged' | 'format';
  /** What was found, for people. */
  readonly message: string;
}

/** Returns the bytes of a record. */
export function encodeEntry(record: EntryRecord, sha256: Sha256): Uint8Array {
  const body = ENCODER.encode(JSON.stringify(record));
  const head = ENCODER.encode(`${MAGIC}${VERSION}\n${hex(sha256(body))}\n`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** Returns the record that `bytes` hold, or why it cannot be used. */
export function decodeEntry(bytes: Uint8Array, sha256: Sha256): EntryRecord | RefusedEntry {
  const first = bytes.indexOf(10);
  const second = bytes.indexOf(10, first + 1);
  const magic = new TextEncoder().encode(MAGIC);
  if (first < 0 || second < 0 || !isSameBytes(bytes.subarray(0, magic.length), magic)) {
    return { reason: 'damaged', message: 'it is no record of an entry' };
  }
  const decoder = new TextDecoder();
  const digest = decoder.decode(bytes.subarray(first + 1, second));
  const body = bytes.subarray(second + 1);
  if (!DIGEST.test(digest) || hex(sha256(body)) !== digest) {
    return { reason: 'damaged', message: 'its digest does not match its content' };
  }
  const version = decoder.decode(bytes.subarray(magic.length, first));
  if (version !== VERSION) {
    return { reason: 'format', message: `it is of version ${version}, and this library reads version ${VERSION}` };
  }
  const record = parse(decoder.decode(body));
  return record ?? { reason: 'damaged', message: 'its content is not that of a record' };
}

function parse(text: string): EntryRecord | undefined {
  let given: Partial<Record<keyof EntryRecord, unknown>>;
  try {
    given = JSON.parse(text) as typeof given;
  } catch {
    return undefined;
  }
  const { key, group, contentType, metadata, validatedAt, pinned, intent, boot } = given;
  const isSound =
    typeof key === 'string' &&
    [group, contentType, boot].every((value) => value === undefined || typeof value === 'string') &&
    (validatedAt === undefined || typeof validatedAt === 'number') &&
    (typeof pinned === 'boolean' || typeof pinned === 'number') &&
    typeof metadata === 'object' &&
    metadata !== null &&
    (intent === undefined || (typeof intent === 'object' && intent !== null));
  if (!isSound) return undefined;
  return {
    key,
    group: group as string | undefined,
    contentType: contentType as string | undefined,
    metadata: Object.freeze(metadata as Metadata),
    validatedAt,
    pinned,
    intent: intent as Intent | undefined,
    boot: boot as string | undefined,
  };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
}
