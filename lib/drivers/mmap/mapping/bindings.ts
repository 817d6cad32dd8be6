import { createRequire } from 'node:module';

import { StorageError } from '../../../errors/storage-error.js';
import { type FileSystem, NODE_FILES, TO_LOOK } from '../file-system.js';
import { systemCode } from '../io-error.js';
import { BINDING_NAMES, type BindingName, type MapBinding } from './binding.js';
import { bindKoffi } from './koffi.js';
import { bindMmapIo } from './mmap-io.js';

/** Which bindings to use: all that work, one of them, or none. */
export type MappingOption = 'auto' | BindingName | 'off';

const PROBE_BYTES = 64;
const BINDERS: Record<BindingName, (load: (name: string) => unknown) => MapBinding> = {
  'mmap-io': bindMmapIo,
  koffi: bindKoffi,
};

/** Loaded once a thread; an error is kept, too, if it is the binding's. */
const loaded = new Map<BindingName, MapBinding | Error>();

/** The bindings to try for each window, in this order; throws `UNSUPPORTED` if one that is asked for by name does not work. */
export function bindingsFor(option: MappingOption, path: string): readonly MapBinding[] {
  if (option === 'off') return [];
  if (option === 'auto') {
    return BINDING_NAMES.map(bind).filter((binding): binding is MapBinding => !(binding instanceof Error));
  }
  const binding = bind(option);
  if (!(binding instanceof Error)) return [binding];
  throw new StorageError(
    'UNSUPPORTED',
    `Asked to map files with ${option}, and that does not work here: ${binding.message} ${cure(option)} ` +
      "Or leave `mapping` out ('auto'): what works is used then, and plain reads where nothing does.",
    { path, cause: binding },
  );
}

function cure(name: BindingName): string {
  return name === 'mmap-io'
    ? 'Install it with "npm install mmap-io@npm:@riaskov/mmap-io", which compiles it: that takes a C++ compiler, and Node 20 or 22.'
    : 'Install it with "npm install koffi", which brings it ready-made for most 64-bit systems.';
}

function bind(name: BindingName): MapBinding | Error {
  let binding = loaded.get(name);
  if (binding === undefined) {
    try {
      binding = BINDERS[name](createRequire(import.meta.url));
      probe(binding, NODE_FILES);
    } catch (error) {
      binding = error instanceof Error ? error : new Error(String(error));
      // Whether it works cannot be told while there are no descriptors.
      if (['EMFILE', 'ENFILE'].includes(systemCode(error) ?? '')) return binding;
    }
    loaded.set(name, binding);
  }
  return binding;
}

/** A binding may load and not work (Electron forbids memory that is not V8's own): it has to map a file that is certainly there. */
function probe(binding: MapBinding, files: FileSystem): void {
  const descriptor = files.open(process.execPath, TO_LOOK);
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
