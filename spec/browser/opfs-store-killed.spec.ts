import './opfs-store-killed.stress.spec.js';
