import './opfs-killed.stress.spec.js';
