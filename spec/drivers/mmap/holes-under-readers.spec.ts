import './holes-under-readers.stress.spec.js';
