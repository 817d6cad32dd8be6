import { createRequire } from 'node:module';

import { StorageError } from '../../../errors/storage-error.js';
import { type FileSystem, NODE_FILES, TO_READ_THROUGH_LINKS } from '../files/file-system.js';
import { systemCode } from '../files/io-error.js';
import { RUNTIME } from '../native/runtime.js';
import { BINDING_NAMES, type BindingName, type MapBinding } from './binding.js';
import { bindKoffi } from './koffi.js';
import { bindMmapIo } from './mmap-io.js';

/** Which bindings to use: all that work, one of them, or none. */
export type MappingOption = 'auto' | BindingName | 'off';

export const MAPPINGS: readonly MappingOption[] = ['auto', ...BINDING_NAMES, 'off'];

export function isMappingOption(value: unknown): value is MappingOption {
  return MAPPINGS.some((option) => option === value);
}

const PROBE_BYTES = 64;
const BINDERS: Record<BindingName, (load: (name: string) => unknown) => MapBinding> = {
  'mmap-io': bindMmapIo,
  koffi: bindKoffi,
};

/** Loaded once a thread. An error is kept, too, if it is the binding's own. */
const loaded = new Map<BindingName, MapBinding | Error>();

/**
 * Returns the bindings to try for each mapping, in order. Throws `UNSUPPORTED` if one that is asked
 * for by name does not work.
 */
export function bindingsFor(option: MappingOption, path: string): readonly MapBinding[] {
  if (option === 'off') return [];
  if (option === 'auto') {
    return BINDING_NAMES.map(bind).filter((binding): binding is MapBinding => !(binding instanceof Error));
  }
  const binding = bind(option);
  if (!(binding instanceof Error)) return [binding];
  throw new StorageError(
    'UNSUPPORTED',
    `Asked to map files with ${option}, and that does not work here: ${binding.message} ${remedy(option)} ` +
      "Or leave `mapping` out ('auto'): what works is used then, and plain reads where nothing does.",
    { path, cause: binding },
  );
}

/** Returns what to do to have views, as a sentence, where there are none. */
export function viewAdvice(option: MappingOption): string {
  if (option === 'off') return "Leave `mapping: 'off'` out to have them.";
  const found = BINDING_NAMES.map((name) => {
    const binding = bind(name);
    const missing = systemCode(binding) === 'MODULE_NOT_FOUND';
    return `${name} ${missing ? 'is not installed' : 'does not work here'}. ${remedy(name)}`;
  });
  return `They take a package that maps files. ${found.reverse().join(' ')}`;
}

function remedy(name: BindingName): string {
  if (RUNTIME === 'Node' && name === 'mmap-io') {
    return 'Install it with "npm install mmap-io@npm:@riaskov/mmap-io", which compiles it: that takes a C++ compiler, and Node 20 or 22.';
  }
  if (RUNTIME === 'Node')
    return 'Install it with "npm install koffi", which brings it ready-made for most 64-bit systems.';
  if (RUNTIME === 'Deno' && name === 'koffi') {
    return 'Install it with "deno add npm:koffi", and run Deno with --allow-ffi.';
  }
  return `Choose 'off' on ${RUNTIME}.`;
}

function bind(name: BindingName): MapBinding | Error {
  let binding = loaded.get(name);
  if (binding === undefined) {
    try {
      binding = BINDERS[name](createRequire(import.meta.url));
      probe(binding, NODE_FILES);
    } catch (error) {
      binding = error instanceof Error ? error : new Error(String(error));
      // Without a free descriptor it cannot be found out whether the binding works: ask again.
      if (['EMFILE', 'ENFILE'].includes(systemCode(error) ?? '')) return binding;
    }
    loaded.set(name, binding);
  }
  return binding;
}

/**
 * Throws unless the binding maps a file that is certainly there. A binding may load and not work:
 * Electron forbids memory that is not V8's own.
 */
function probe(binding: MapBinding, files: FileSystem): void {
  const descriptor = files.open(process.execPath, TO_READ_THROUGH_LINKS);
  try {
    const expected = new Uint8Array(PROBE_BYTES);
    files.read(descriptor, expected, 0, PROBE_BYTES, 0);
    const mapping = binding.mapShared(descriptor, 0, PROBE_BYTES);
    const same = Buffer.compare(mapping, expected) === 0;
    binding.unmap?.(mapping);
    if (!same) throw new Error('What it maps is not what is in the file.');
  } finally {
    files.close(descriptor);
  }
}
