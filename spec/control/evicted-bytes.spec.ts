import './evicted-bytes.stress.spec.js';
