import './cached-reads.stress.spec.js';
