import { dirname } from 'node:path';

import { type FileSystem, NODE_FILES } from '../../../lib/drivers/mmap/files/file-system.js';

/** An error as the operating system makes them. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: by the test`), { code });
}

type Call = (...args: never[]) => unknown;

/**
 * The real file system, with something done before each call; it counts descriptors, so that a leak
 * shows.
 */
export function faultyFiles(before: (call: keyof FileSystem, args: readonly unknown[]) => void): {
  files: FileSystem;
  open: Set<number>;
} {
  const open = new Set<number>();
  const wrap =
    (name: keyof FileSystem): Call =>
    (...args) => {
      // Closing frees the descriptor whatever happens.
      if (name === 'close') open.delete(args[0] as unknown as number);
      else before(name, args);
      const answer = (NODE_FILES[name] as Call)(...args);
      if (name === 'open') open.add(answer as number);
      return answer;
    };
  const wrapped = Object.keys(NODE_FILES).map((key) => {
    const name = key as keyof FileSystem;
    const call = wrap(name);
    // What an asynchronous call throws is a rejection.
    return [
      name,
      name.endsWith('Later') ? (...args: never[]) => Promise.resolve(args).then((given) => call(...given)) : call,
    ];
  });
  return { files: Object.fromEntries(wrapped) as FileSystem, open };
}

/** Fails those calls for the folder of a path for which there is a code. */
export function faultyFolder(path: string, codeFor: (call: keyof FileSystem) => string | undefined): FileSystem {
  const folders = new Set<unknown>();
  const { files } = faultyFiles((call, [target]) => {
    const isFolder = call === 'open' ? target === dirname(path) : folders.has(target);
    const code = isFolder ? codeFor(call) : undefined;
    if (code !== undefined) throw systemError(code);
  });
  return {
    ...files,
    open: (name, flags) => {
      const descriptor = files.open(name, flags);
      if (name === dirname(path)) folders.add(descriptor);
      else folders.delete(descriptor);
      return descriptor;
    },
  };
}
