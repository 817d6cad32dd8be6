// read-tags.js
// The tags of a file that is still being downloaded, by music-metadata, which asks for nothing else
// then.

import { parseFromTokenizer } from 'music-metadata';
import { AbstractTokenizer, EndOfStreamError } from 'strtok3';
import { byteSource } from 'tidemark';

/**
 * @param {import('tidemark').ResourceView} view
 * @param {import('music-metadata').IOptions} [options]
 */
export async function readTags(view, options) {
  const source = byteSource(view);
  try {
    return await parseFromTokenizer(new SourceTokenizer(source, await source.getSize()), options);
  } finally {
    source.dispose();
  }
}

/** How music-metadata reads what it can jump about in. */
class SourceTokenizer extends AbstractTokenizer {
  #source;

  /**
   * @param {import('tidemark').ByteSource} source
   * @param {number} size in bytes
   */
  constructor(source, size) {
    super();
    this.#source = source;
    this.fileInfo = { size };
  }

  supportsRandomAccess() {
    return true;
  }

  /** @param {number} position in bytes */
  setPosition(position) {
    this.position = position;
  }

  /**
   * @param {Uint8Array} target
   * @param {import('strtok3').IReadChunkOptions} [options]
   */
  async peekBuffer(target, options) {
    const { position, length, mayBeLess } = this.normalizeOptions(target, options);
    const bytes = await this.#source.read(position, position + length);
    if (bytes.length < length && !mayBeLess) throw new EndOfStreamError();
    target.set(bytes);
    return bytes.length;
  }

  /**
   * @param {Uint8Array} target
   * @param {import('strtok3').IReadChunkOptions} [options]
   */
  async readBuffer(target, options) {
    const length = await this.peekBuffer(target, options);
    this.position = (options?.position ?? this.position) + length;
    return length;
  }
}
